// hedgerow draw simulate
import { type Command, InvalidArgumentError, Option } from "commander";
import { drawLimits } from "../../sdk/draw.ts";
import type { OverlayName, StrategyName } from "../../sim/index.ts";
import { act, type Host, leaf } from "../leaf.ts";
import { wholeNumber } from "./top.ts";

const strategies = [
  "sep2p",
  "es-nav",
  "es-av",
  "m-hash",
  "server",
  "cost-optimal",
  "security-optimal",
] as const satisfies readonly StrategyName[];
const overlays = ["chord", "can", "kademlia"] as const satisfies readonly OverlayName[];
/** As in sim/draw/order.ts, which is not loaded for help. */
const most = { nodes: 150_000_000, actors: 4_096, cache: 131_072, setters: 1_000_000_000, tries: 10_000, workers: 64 };

function alpha(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= drawLimits.minAlpha && number <= drawLimits.maxAlpha) return number;
  throw new InvalidArgumentError(`Give a probability from ${drawLimits.minAlpha} to ${drawLimits.maxAlpha}.`);
}

export function addDrawSimulate(draw: Command, host: Host): void {
  const simulate = leaf(draw, {
    name: "simulate",
    summary: "Draw many times in a simulated network under attack, and say how random the draw stayed and what it cost",
    description:
      "Effectiveness is 1 if colluding nodes are drawn no more often than by chance. The same seed gives the same figures, " +
      "whatever the number of workers.",
    examples: [
      "hedgerow draw simulate --nodes 100000 --colluding 1000",
      "hedgerow draw simulate --nodes 100000 --colluding 1000 --strategy es-nav",
      "hedgerow draw simulate --nodes 10000000 --colluding 100000 --alpha 1e-10 --workers 2 --json",
    ],
    json: "document",
  })
    .requiredOption("--nodes <count>", "nodes of the network", wholeNumber(16, most.nodes))
    .requiredOption("--colluding <count>", "how many of them collude", wholeNumber(1, most.nodes))
    .option("--actors <count>", "processors to draw each time", wholeNumber(1, most.actors), 32)
    .option("--cache <nodes>", "nodes that a node knows round itself, on average", wholeNumber(1, most.cache), 512)
    .option("--alpha <probability>", "what is rare enough to call it never", alpha, 1e-6)
    .addOption(new Option("--strategy <name>", "who chooses, and how").choices(strategies).default("sep2p"))
    .addOption(new Option("--overlay <name>", "how nodes find each other").choices(overlays).default("chord"))
    .option("--setters <count>", "how many draws (default: each node is the setter once)", wholeNumber(1, most.setters))
    .option("--tries <count>", "rosters the attacker may look at before it uses one", wholeNumber(1, most.tries), 1)
    .option("--seed <seed>", "same seed, same figures", wholeNumber(0, 0xffff_ffff), 1)
    .option("--workers <count>", "threads to use (default: one for each core)", wholeNumber(1, most.workers));
  act(simulate, host, async () => (await import("../commands/draw-simulate.ts")).simulate);
}
