// hedgerow node …
import type { Command } from "commander";
import { act, group, type Host, leaf } from "../leaf.ts";
import { wholeNumber } from "./top.ts";

export function collected(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(",").map((part) => part.trim())];
}

export function addNodeCommands(program: Command, host: Host): void {
  const node = group(program, "node", "Make, start and look after a node", "hedgerow node status");

  const init = leaf(node, {
    name: "init",
    summary: "Make a node: its key, its configuration and a certificate request",
    description:
      "The key never leaves the folder. Give node.request to the network's authority, which answers with node.crt; " +
      "with --authority, when the authority's folder is on this machine, both happens at once.",
    examples: [
      "hedgerow node init ./camera --name camera --function producer --seed /ip4/192.0.2.7/tcp/4101",
      "hedgerow node init ./desk --authority ./authority --principal ada --role analyst",
    ],
    json: "document",
  })
    .argument("[folder]", "where the node's files go (default: ~/.hedgerow)")
    .option("--name <name>", "how people call the node (default: the folder's name)")
    .option("--function <function...>", "what it does in a venue: localizer, producer, transform, exit", collected)
    .option("--listen <address...>", "multiaddrs to listen on (default: /ip4/0.0.0.0/tcp/4101)", collected)
    .option("--seed <address...>", "multiaddrs of nodes to meet first; one suffices", collected)
    .option(
      "--api-port <port>",
      "also serve the API on 127.0.0.1 with a token; 0 takes a free port",
      wholeNumber(0, 65_535),
    )
    .option("--authority <folder>", "certify it at once with the authority in this folder")
    .option("--principal <name>", "who runs the node, for the certificate")
    .option("--role <role...>", "roles to certify (default: the node's functions)", collected);
  act(init, host, async () => (await import("../commands/node-init.ts")).nodeInit);

  const start = leaf(node, {
    name: "start",
    summary: "Run the node in this terminal, until Ctrl-C or SIGTERM",
    description:
      "It drains its cells before it ends, with exit code 0. With --background it goes on without this terminal.",
    examples: ["hedgerow node start ./camera", "hedgerow node start ./camera --background"],
    node: true,
    json: "document",
  })
    .argument("[folder]", "the node's folder; the same as --node")
    .option("--background", "return once the node answers, and leave it running");
  act(start, host, async () => (await import("../commands/node-start.ts")).nodeStart, "when interrupted");

  const plain = (name: string, summary: string, examples: [string, ...string[]], description?: string) =>
    leaf(node, { name, summary, examples, node: true, json: "document", ...(description ? { description } : {}) });

  const status = plain("status", "Say who the node is and how it is doing", ["hedgerow node status"]);
  act(status, host, async () => (await import("../commands/node-view.ts")).nodeStatus);
  const peers = plain("peers", "List the nodes that this node knows", [
    "hedgerow node peers",
    "hedgerow node peers --json | jq '.peers[].name'",
  ]);
  act(peers, host, async () => (await import("../commands/node-view.ts")).nodePeers);
  const connect = plain("connect", "Dial a node and admit each other", [
    "hedgerow node connect /ip4/192.0.2.7/tcp/4101",
  ]).argument("<address>", "a multiaddr, such as /ip4/192.0.2.7/tcp/4101");
  act(connect, host, async () => (await import("../commands/node-control.ts")).nodeConnect);
  const take = plain(
    "import-revocations",
    "Give the node the authority's list of revocations",
    ["hedgerow node import-revocations ./authority/revocations.hedgerow"],
    "One node suffices: it drops the revoked nodes and tells the others.",
  ).argument("<file>", "the file that `hedgerow authority revoke` wrote");
  act(take, host, async () => (await import("../commands/node-control.ts")).importRevocations);
  const metrics = plain("metrics", "Print counters and gauges in Prometheus' format", ["hedgerow node metrics"]);
  act(metrics, host, async () => (await import("../commands/node-view.ts")).nodeMetrics);
  const stop = plain("stop", "Drain the node's cells and end it", ["hedgerow node stop --node ./camera"]);
  act(stop, host, async () => (await import("../commands/node-control.ts")).nodeStop);
}
