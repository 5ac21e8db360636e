// hedgerow draw …
import { type Command, InvalidArgumentError, Option } from "commander";
import { drawLimits } from "../../sdk/draw.ts";
import { act, group, type Host, leaf } from "../leaf.ts";
import { addDrawSimulate } from "./draw-simulate.ts";
import { wholeNumber } from "./top.ts";

export function probability(text: string): number {
  const number = Number(text);
  const { minAlpha, maxAlpha } = drawLimits;
  if (text.trim() !== "" && number >= minAlpha && number <= maxAlpha) return number;
  throw new InvalidArgumentError(`Give a probability from ${minAlpha} to ${maxAlpha}, such as 1e-6.`);
}

export function risk(): Option {
  return new Option("--risk <whose>", "whose probability alpha is: one region's, or that of the whole network")
    .choices(["region", "network"])
    .default("region");
}

export function addDrawCommands(program: Command, host: Host): void {
  const draw = group(
    program,
    "draw",
    "Processors drawn by lot, so that nobody chooses them",
    "hedgerow draw table --nodes 10000000 --colluding 100000 --alpha 1e-10",
  );

  const table = leaf(draw, {
    name: "table",
    summary: "Say how many witnesses a draw needs, and from how large a region; no node is needed",
    description:
      "Each row is a number k of witnesses and the largest region that holds k colluding nodes with a probability below " +
      "alpha. A node uses the first row that its neighbourhood can fill; practically every node can fill the last.",
    examples: [
      "hedgerow draw table --nodes 10000000 --colluding 100000 --alpha 1e-10",
      "hedgerow draw table --nodes 10000 --colluding 100 --alpha 1e-6 --risk network --json",
    ],
    json: "document",
  })
    .requiredOption("--nodes <count>", "nodes of the network", wholeNumber(2, drawLimits.maxNodes))
    .requiredOption("--colluding <count>", "how many may collude at most", wholeNumber(1, drawLimits.maxNodes))
    .option("--alpha <probability>", "what is rare enough to call it never", probability, 1e-6)
    .addOption(risk());
  act(table, host, async () => (await import("../commands/draw.ts")).table);

  const run = leaf(draw, {
    name: "run",
    summary: "Draw processors in the network, and show the regions, the witnesses and every check",
    description:
      "The node asks its witnesses for a beacon, the lot falls somewhere in the network, and the witnesses there draw. " +
      "With --out the signed roster is written to a file that anybody can verify. Only nodes with the role transform are drawn: " +
      "`hedgerow up --nodes 24` starts a network that has 8 of them.",
    examples: ["hedgerow draw run --actors 8", "hedgerow draw run --actors 2 --out roster.cbor"],
    json: "document",
    node: true,
  })
    .requiredOption("--actors <count>", "processors wanted", wholeNumber(1, drawLimits.maxActors))
    .option("--purpose <digest>", "digest of the query that it is for (default: none)")
    .option("--out <file>", "write the roster here");
  act(run, host, async () => (await import("../commands/draw-run.ts")).drawRun);

  const status = leaf(draw, {
    name: "status",
    summary: "Show what a node draws with: how many nodes there are, its witnesses, its cache, and who lied",
    description:
      "The number of nodes is estimated from how densely the node's own neighbourhood is filled; the error is that of 95 % " +
      "confidence. A node that signed its own lie is proven: hedgerow draw evidence writes the proof to a file.",
    examples: ["hedgerow draw status"],
    json: "document",
    node: true,
  });
  act(status, host, async () => (await import("../commands/draw-status.ts")).drawStatus);

  const evidence = leaf(draw, {
    name: "evidence",
    summary: "Write the proof of a node's lie to a file, for the keeper of the authority",
    description: "Anybody can check it offline: hedgerow authority revoke --evidence FILE does, and excludes the liar.",
    examples: ["hedgerow draw evidence venue-3 --out lie.cbor"],
    json: "document",
    node: true,
  })
    .argument("<node>", "the liar's id or name, as draw status shows it")
    .requiredOption("--out <file>", "write the evidence here");
  act(evidence, host, async () => (await import("../commands/draw-status.ts")).drawEvidence);

  const verify = leaf(draw, {
    name: "verify",
    summary: "Check a roster offline, and say what it proves; no node is needed",
    examples: ["hedgerow draw verify roster.cbor", "hedgerow draw verify roster.cbor --authority authority.crt"],
    json: "document",
  })
    .argument("<file>", "what draw run --out wrote")
    .option(
      "--authority <file>",
      "certificate of the network's authority (default: the node's, as --node would find it)",
    )
    .option("--purpose <digest>", "the query that it must have been drawn for");
  act(verify, host, async () => (await import("../commands/draw-run.ts")).drawVerify);

  addDrawSimulate(draw, host);
}
