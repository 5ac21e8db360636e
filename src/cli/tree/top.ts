// hedgerow up, hedgerow doctor
import { type Command, InvalidArgumentError } from "commander";
import { act, type Host, leaf } from "../leaf.ts";

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

export function addTopCommands(program: Command, host: Host): void {
  const up = leaf(program, {
    name: "up",
    summary: "Start a local network on this machine",
    description:
      "An authority, venue nodes, households of invented people and an analyst, each node a process of its own, below ./.hedgerow. Ctrl-C ends them all. " +
      "Meanwhile every other command, run from the same folder, speaks to this network's analyst.",
    examples: ["hedgerow up", "hedgerow up --nodes 8 --keep", "hedgerow up --show --once"],
    json: "lines",
  })
    .option("--nodes <count>", "venue nodes to start beside the analyst's, 1 to 64 (default: 5)", wholeNumber(1, 64))
    .option("--people <count>", "invented people, in four households beside them; 0: none", wholeNumber(0, 4_000), 600)
    .option("--keep", "keep the nodes' folders after the end, and go on with them and their ports next time")
    .option(
      "--show",
      "once the network has converged, run examples on it: a question about people, the paper's pipeline, an operator in WebAssembly, a query that " +
        "a policy refuses, the same with a plan B, throughput; then audit each",
    )
    .option("--once", "end after that: exit code 0 only if every part succeeded");
  act(up, host, async () => (await import("../commands/up.ts")).up, "when interrupted");

  const doctor = leaf(program, {
    name: "doctor",
    summary: "Check this machine and the node on it, and say what to mend",
    description:
      "Each line is ok, warn or fail; a warning bears watching, a failure keeps something from working (exit code 1).",
    examples: ["hedgerow doctor", "hedgerow doctor --node /var/lib/hedgerow --json"],
    node: true,
    json: "document",
  });
  act(doctor, host, async () => (await import("../commands/doctor.ts")).doctor);
}
