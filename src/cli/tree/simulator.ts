// hedgerow sim …
import { type Command, InvalidArgumentError } from "commander";
import { act, group, type Host, leaf } from "../leaf.ts";
import { wholeNumber } from "./top.ts";

function share(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0 && number < 1) return number;
  throw new InvalidArgumentError("Give a number from 0 to below 1.");
}

const mostSeeds = 1_000_000;
const mostSeed = 0xffff_ffff;

export function addSimulatorCommands(program: Command, host: Host): void {
  const simulator = group(
    program,
    "sim",
    "Put the node's own protocols through faults, in virtual time",
    "hedgerow sim lifecycle --seeds 1000",
  );

  const lifecycle = leaf(simulator, {
    name: "lifecycle",
    summary: "Run random queries under random faults, and check safety at every step",
    description:
      "Each seed is one network, one query and one set of faults; the same seed gives the same trace. Exit code 1 if any fails.",
    examples: ["hedgerow sim lifecycle --seeds 1000", "hedgerow sim lifecycle --first 4711 --seeds 1 --trace"],
    json: "lines",
  })
    .option("--seeds <count>", "how many seeds to run", wholeNumber(1, mostSeeds), 100)
    .option("--first <seed>", "the first of them", wholeNumber(0, mostSeed), 1)
    .option("--trace", "print every step of each run; with --json, as `trace` in the line of its seed");
  act(lifecycle, host, async () => (await import("../commands/simulator.ts")).lifecycle);

  const draw = leaf(simulator, {
    name: "draw",
    summary: "Draw processors among faults and colluders, and check that nobody influenced a roster",
    description:
      "Each seed is one network with churn, loss and up to k-1 colluding witnesses per region. Every roster is compared with the one that an honest run with the same honest randomness gives; in the end every honest trigger must have one. Exit code 1 if any seed fails.",
    examples: ["hedgerow sim draw --seeds 1000", "hedgerow sim draw --seed 4711 --seeds 1 --trace"],
    json: "lines",
  })
    .option("--seeds <count>", "how many seeds to run", wholeNumber(1, mostSeeds), 100)
    .option("--seed <seed>", "the first of them", wholeNumber(0, mostSeed), 1)
    .option("--trace", "print every step of each run; with --json, as `trace` in the line of its seed");
  act(draw, host, async () => (await import("../commands/simulator.ts")).draw);

  const membership = leaf(simulator, {
    name: "membership",
    summary: "Let many nodes find each other by gossip, and show that it converges and falls silent",
    examples: ["hedgerow sim membership --nodes 1000 --loss 0.1"],
    json: "document",
  })
    .option("--nodes <count>", "how many nodes", wholeNumber(2, 100_000), 1_000)
    .option("--loss <share>", "share of messages that are lost", share, 0.05)
    .option("--seed <seed>", "same seed, same run", wholeNumber(0, mostSeed), 1);
  act(membership, host, async () => (await import("../commands/simulator.ts")).membership);

  const query = leaf(simulator, {
    name: "query",
    summary: "Find many people, ask them and add up what they answer, and count what it costs each",
    description:
      "One question in SQL to so many people, each of whom decides by rules, grants and a budget of her own: the node's own machines, costs and noise; signatures and sealing are counted. Exit code 1 if a number of the answer is not where its noise lets it be, or somebody paid twice.",
    examples: ["hedgerow sim query --owners 2000", "hedgerow sim query --owners 100000"],
    json: "document",
  })
    .option("--owners <count>", "how many people", wholeNumber(20, 100_000), 1_000)
    .option("--seed <seed>", "same seed, same run", wholeNumber(0, mostSeed), 1);
  act(query, host, async () => (await import("../commands/simulator.ts")).query);
}
