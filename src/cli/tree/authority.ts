// hedgerow authority …
import type { Command } from "commander";
import { drawLimits } from "../../sdk/draw.ts";
import { act, group, type Host, leaf } from "../leaf.ts";
import { probability, risk } from "./draw.ts";
import { collected } from "./node.ts";
import { wholeNumber } from "./top.ts";

export function addAuthorityCommands(program: Command, host: Host): void {
  const authority = group(
    program,
    "authority",
    "Decide which nodes belong to a network; works offline",
    "hedgerow authority init ./authority --network garden",
  );

  const init = leaf(authority, {
    name: "init",
    summary: "Make the authority of a new network",
    description: "Its key is authority.key in the folder: keep it offline, and keep a copy. No node ever needs it.",
    examples: [
      "hedgerow authority init ./authority --network garden",
      "hedgerow authority init ./authority --network garden --colluding 20 --alpha 1e-4 --risk network",
    ],
    json: "document",
  })
    .argument("<folder>", "where the authority's files go")
    .requiredOption("--network <name>", "name of the network: letters a-z, digits, dots and hyphens")
    .option("--years <years>", "how long its certificate is valid (default: 20)", wholeNumber(1, 50))
    .option("--colluding <count>", "nodes that may collude at most, for draws", wholeNumber(1, drawLimits.maxNodes), 1)
    .option("--alpha <probability>", "how rarely they may fill a region, for draws", probability, 1e-6)
    .addOption(risk())
    .option(
      "--cache <nodes>",
      "nodes among which processors are drawn at least, in a large network",
      wholeNumber(drawLimits.minCacheNodes, drawLimits.maxCacheNodes),
      drawLimits.cacheNodes,
    );
  act(init, host, async () => (await import("../commands/authority.ts")).authorityInit);

  const issue = leaf(authority, {
    name: "issue",
    summary: "Certify a node: which principal runs it, and what it may do",
    examples: [
      "hedgerow authority issue ./desk/node.request --authority ./authority --principal ada --role analyst",
      "hedgerow authority issue ./camera --authority ./authority --principal greenhouse --role producer,transform",
    ],
    json: "document",
  })
    .argument("<subject>", "a node.request file, or the folder of a node on this machine")
    .requiredOption("--authority <folder>", "the authority's folder")
    .requiredOption("--principal <name>", "the person or operator who runs the node")
    .requiredOption("--role <role...>", "owner, analyst, localizer, producer, transform, exit", collected)
    .option("--days <days>", "how long it is valid (default: 365)", wholeNumber(1, 3_650))
    .option("--out <file>", "where the certificate goes (default: node.crt beside the request)");
  act(issue, host, async () => (await import("../commands/authority.ts")).authorityIssue);

  const revoke = leaf(authority, {
    name: "revoke",
    summary: "Exclude a node from the network for good",
    description:
      "Writes the list of revocations; give it to any running node, and the network spreads it. With --evidence the file " +
      "says who lied; it is checked here, and nobody is revoked for what it does not prove.",
    examples: [
      "hedgerow authority revoke 12D3KooW… --authority ./authority --reason 'device stolen'",
      "hedgerow authority revoke --evidence lie.cbor --authority ./authority",
    ],
    json: "document",
  })
    .argument("[node]", "the node's id, or the serial of its certificate")
    .requiredOption("--authority <folder>", "the authority's folder")
    .option("--reason <text>", "why, for everybody to read")
    .option("--evidence <file>", "what hedgerow draw evidence wrote; it names the node and the reason");
  act(revoke, host, async () => (await import("../commands/authority.ts")).authorityRevoke);
}
