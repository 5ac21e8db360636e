// hedgerow operator …
import { type Command, Option } from "commander";
import { act, group, type Host, leaf } from "../leaf.ts";
import { collected } from "./node.ts";

export function addOperatorCommands(program: Command, host: Host): void {
  const operator = group(
    program,
    "operator",
    "Write and try operators of your own; no network is needed",
    "hedgerow operator new ./double",
  );

  const fresh = leaf(operator, {
    name: "new",
    summary: "Lay out an operator to start from: manifest, source, sample input",
    examples: ["hedgerow operator new ./double", "hedgerow operator new ./double --language c"],
    json: "document",
  })
    .argument("<folder>", "where it goes; the folder's name becomes the operator's")
    .addOption(
      new Option("--language <language>", "what its body is written in")
        .choices(["javascript", "assemblyscript", "c"])
        .default("javascript"),
    );
  act(fresh, host, async () => (await import("../commands/operator.ts")).operatorNew);

  const inspect = leaf(operator, {
    name: "check",
    summary: "Check an operator's manifest and body, as a node would",
    examples: ["hedgerow operator check ./double"],
    json: "document",
  }).argument("<folder>", "the operator's folder, with its operator.yaml");
  act(inspect, host, async () => (await import("../commands/operator.ts")).operatorCheck);

  const run = leaf(operator, {
    name: "run",
    summary: "Run an operator in its sandbox over records from a file, and print what comes out",
    description: "Records are read from CSV or NDJSON and printed as NDJSON, one record per line.",
    examples: [
      "hedgerow operator run ./double --input ./double/input.csv",
      "hedgerow operator run ./double --input records.ndjson --param factor=3",
    ],
    json: "lines",
  })
    .argument("<folder>", "the operator's folder, with its operator.yaml")
    .requiredOption("--input <file>", "records: a .csv, .ndjson or .jsonl file")
    .option("--param <name=value...>", "params of the operator, over its manifest's defaults", collected);
  act(run, host, async () => (await import("../commands/operator.ts")).operatorRun);
}
