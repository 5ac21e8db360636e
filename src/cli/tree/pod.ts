// hedgerow pod …
import { type Command, InvalidArgumentError, Option } from "commander";
import { act, group, type Host, leaf } from "../leaf.ts";
import { collected } from "./node.ts";
import { wholeNumber } from "./top.ts";

export function addPodCommands(program: Command, host: Host): void {
  const pod = group(
    program,
    "pod",
    "Keep your own data in an encrypted store of your node, and look at it",
    "hedgerow pod import statement.csv",
  );

  const take = leaf(pod, {
    name: "import",
    summary: "Import a file that you downloaded about yourself",
    description:
      "Shows what it found (tables, types, units) and asks before it imports; importing the same file again adds nothing.\n" +
      "Formats: csv, json (and NDJSON), apple-health (export.xml or export.zip), timeline (Google location history),\n" +
      "green-button, fhir (Blue Button), ofx, gpx, sqlite. Rows that do not fit go to a side file with the reason.",
    examples: [
      "hedgerow pod import statement.csv",
      "hedgerow pod import export.zip --yes",
      "hedgerow pod import readings.csv --table electricity --type taken=timestamp --type used=float64:kWh",
    ],
    node: true,
    json: "document",
  })
    .argument("<file>", "the file; .gz and .zip are unpacked on the way")
    .option("--format <name>", "the file's format (default: told by its beginning)")
    .option("--table <name>", "the table for a CSV, JSON or SQLite file (default: after the file)")
    .option("--encoding <name>", "the file's encoding, such as windows-1252 (default: UTF-8, or UTF-16 with a mark)")
    .option(
      "--type <column=type...>",
      "a column's type and unit, against what was inferred: used=float64:kWh, day=date/dmy",
      collected,
    )
    .option("--yes", "import without asking");
  act(take, host, async () => (await import("../commands/pod-import.ts")).podImport);

  const list = leaf(pod, {
    name: "ls",
    summary: "List the tables of the pod and the files they came from",
    examples: ["hedgerow pod ls"],
    node: true,
    json: "document",
  });
  act(list, host, async () => (await import("../commands/pod-view.ts")).podList);

  const schema = leaf(pod, {
    name: "schema",
    summary: "Show columns with their types, units and attributes, and map them to attributes",
    description:
      "A column without an attribute is private: nobody can ask for it. The standard catalogue comes with the package; your own\n" +
      "attributes go into pod/catalogue.yaml of the node's folder, in the same form.",
    examples: [
      "hedgerow pod schema",
      "hedgerow pod schema --map statement.amount_eur=bank.amount",
      "hedgerow pod schema --map statement.shop=private",
      "hedgerow pod schema --attributes",
    ],
    node: true,
    json: "document",
  })
    .argument("[table]", "this table (default: all)")
    .option("--map <column=attribute...>", "TABLE.COLUMN=ATTRIBUTE, or =private", collected)
    .option("--attributes", "the catalogue: what can be asked for, and how it is made less revealing");
  act(schema, host, async () => (await import("../commands/pod-schema.ts")).podSchema);

  const sql = leaf(pod, {
    name: "sql",
    summary: "Ask your pod in SQL; it is only read",
    examples: [
      "hedgerow pod sql 'select category, sum(amount) from statement group by category'",
      "hedgerow pod sql 'select * from statement limit 5' --json",
    ],
    node: true,
    json: "lines",
  }).argument("<question>", "one SELECT statement");
  act(sql, host, async () => (await import("../commands/pod-view.ts")).podSql);

  const rules = leaf(pod, {
    name: "rules",
    summary: "Check your rules (pod/owner.yaml), and show them and what is spent of your budget",
    description:
      "The file says by which concepts you can be found, who may ask about what, and how much privacy a period may cost. It is read\n" +
      "again at each use: what you write holds from the next one on. Faults are named, and end this command with exit code 1.",
    examples: ["hedgerow pod rules"],
    node: true,
    json: "document",
  });
  act(rules, host, async () => (await import("../commands/pod-consent.ts")).podRules);

  const history = leaf(pod, {
    name: "history",
    summary: "Show who asked, what became of it, and what it cost you",
    examples: ["hedgerow pod history", "hedgerow pod history --limit 1000 --json"],
    node: true,
    json: "lines",
  }).option("--limit <count>", "how many of the latest", wholeNumber(1, 1_000), 20);
  act(history, host, async () => (await import("../commands/pod-consent.ts")).podHistory);

  const results = leaf(pod, {
    name: "results",
    summary: "Show answers that were told to everybody who was asked, you among them",
    description:
      "Without a round, a list of what is kept, the newest first; with one, its numbers, as a map where they are one.",
    examples: ["hedgerow pod results", "hedgerow pod results 3f9a61b2 --map noise.svg"],
    node: true,
    json: "lines",
  })
    .argument("[round]", "the beginning of a round's name, as the list shows it")
    .option("--map <file>", "draw it as a map, an SVG file");
  act(results, host, async () => (await import("../commands/pod-results.ts")).podResults);

  const inbox = leaf(pod, {
    name: "inbox",
    summary: "Read the messages that your rules have taken",
    description:
      "Without a name, a list, the newest first; with one, its text. Whose you take, you say under `messages` of owner.yaml.",
    examples: ["hedgerow pod inbox", "hedgerow pod inbox 3f9a61b2"],
    node: true,
    json: "lines",
  }).argument("[message]", "the beginning of a message's name, as the list shows it");
  act(inbox, host, async () => (await import("../commands/pod-inbox.ts")).podInbox);

  const out = leaf(pod, {
    name: "export",
    summary: "Take a table out of the pod, unencrypted",
    examples: ["hedgerow pod export statement --out statement.csv", "hedgerow pod export statement --as ndjson"],
    node: true,
    json: "document",
  })
    .argument("<table>", "the table")
    .addOption(new Option("--as <form>", "how it is written").choices(["csv", "ndjson", "json"]).default("csv"))
    .option("--out <file>", "where it goes, mode 0600 (default: standard output)");
  act(out, host, async () => (await import("../commands/pod-export.ts")).podExport);

  const forget = leaf(pod, {
    name: "forget",
    summary: "Delete a table, what came from a file, or the whole pod",
    description:
      "Deleted rows are overwritten with zeros in the pod's file and in its journal. --all destroys the key first: what is\n" +
      "left of the pod on the disk then stays unreadable. Files you imported from, exports and backups are not touched.",
    examples: [
      "hedgerow pod forget --table statement",
      "hedgerow pod forget --source statement.csv",
      "hedgerow pod forget --all --yes",
    ],
    node: true,
    json: "document",
  })
    .addOption(new Option("--table <name>", "this table").conflicts(["source", "all"]))
    .addOption(new Option("--source <name>", "all rows that this file brought").conflicts(["all"]))
    .option("--all", "everything, and the key")
    .option("--yes", "without asking");
  act(forget, host, async () => (await import("../commands/pod-forget.ts")).podForget);

  const synth = leaf(pod, {
    name: "synth",
    summary: "Invent a believable population to try things on",
    description:
      "Profession, age, city, sick days, salary, movie ratings, electricity, air and noise along tracks, bank records, and rules\n" +
      "(owner.yaml): most take part in research and statistics, some among many people only, some want to be asked, some deny, some\n" +
      "have little to spend. The same seed gives the same people; nobody real is among them.",
    examples: [
      "hedgerow pod synth --people 1000 --out people",
      "hedgerow pod synth --people 3 --out downloads --as files --seed 7",
    ],
    json: "document",
  })
    .requiredOption("--out <folder>", "where they go: a node folder for each, or a folder of files")
    .option("--people <count>", "how many", wholeNumber(1, 100_000), 1_000)
    .option("--seed <seed>", "which ones", wholeNumber(0, 0x7fff_ffff), 1)
    .option("--professions <list>", "only these, such as pilot=3,nurse=1: three pilots for each nurse", weights)
    .addOption(
      new Option("--as <what>", "a pod for each, or CSV files to import").choices(["pods", "files"]).default("pods"),
    );
  act(synth, host, async () => (await import("../commands/pod-synth.ts")).podSynth);
}

function weights(text: string): ReadonlyMap<string, number> {
  const parts = text.split(",").map((part) => /^([a-z][a-z ]*)(?:=([1-9]\d{0,5}))?$/.exec(part.trim()));
  if (parts.some((part) => part === null))
    throw new InvalidArgumentError("Write name or name=weight, with commas between them.");
  return new Map(parts.map((part) => [part![1]!, Number(part![2] ?? 1)]));
}
