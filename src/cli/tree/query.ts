// hedgerow query …
import { type Command, Option } from "commander";
import { limits } from "../../sdk/limits.ts";
import { act, group, type Host, leaf } from "../leaf.ts";
import { addExplainOptions, addQuestionOptions, addSeriesOptions, addWordsOption } from "./question-options.ts";
import { wholeNumber } from "./top.ts";

const idHelp = "a query's id, the start of one, or its name; without it, the newest query";

export function addQueryCommands(program: Command, host: Host): void {
  const query = group(
    program,
    "query",
    "Write, run and watch queries",
    "hedgerow query run examples/ten-becomes-eleven.yaml --follow",
  );
  addBefore(query, host);
  addDuring(query, host);
  addAfter(query, host);
}

function addBefore(query: Command, host: Host): void {
  const validate = leaf(query, {
    name: "validate",
    summary: "Find every fault of query files; no node is needed",
    description:
      "Faults are printed as file:line:column: message, which editors understand. Of several files each is looked at, whatever the others say.",
    examples: [
      "hedgerow query validate examples/ten-becomes-eleven.yaml",
      "hedgerow query validate examples/own-words/roofs.sql --catalogue examples/own-words/solar.yaml",
      "hedgerow query validate examples/*.yaml examples/*.sql --json",
    ],
    json: "lines",
  }).argument("<files...>", "query files, or - for standard input");
  addWordsOption(addQuestionOptions(validate, "values"));
  act(validate, host, async () => (await import("../commands/query-before.ts")).validate);

  const plan = leaf(query, {
    name: "plan",
    summary: "Say where each operator would run and which node would see what; nothing runs",
    description:
      "Of a question in SQL: what it costs each who contributes, how wrong its answer will be, who sees what, how many messages it " +
      "takes. Nothing is drawn and nothing sent for that. With --error it says which epsilon to write.",
    examples: [
      "hedgerow query plan examples/ten-becomes-eleven.yaml",
      "hedgerow query plan examples/pilots-sick-leave.sql --people 400 --error 0.5",
    ],
    node: true,
    json: "document",
  }).argument("<file>", "the query file, or - for standard input");
  addWordsOption(addQuestionOptions(plan, "all"));
  addExplainOptions(plan);
  act(plan, host, async () => (await import("../commands/query-before.ts")).plan);

  const run = leaf(query, {
    name: "run",
    summary: "Run a query over the network",
    description:
      "Returns once it runs, and leaves it running. With --follow it prints what comes out until the query has settled; " +
      "Ctrl-C then ends the printing, not the query. A question in SQL is followed to its answer unless --detach is given: exit " +
      "code 0 only for a whole answer, 5 for a partial one, 6 when too few people were found.",
    examples: [
      "hedgerow query run examples/ten-becomes-eleven.yaml --follow",
      "hedgerow query run examples/ten-becomes-eleven.yaml --detach --json",
      "hedgerow query run examples/pilots-sick-leave.sql --minimum-people 50 --within 60",
      "hedgerow query run examples/noise-map.sql --every 60 --windows 10 --map noise.svg --broadcast",
      "hedgerow query run examples/own-words/roofs.sql --catalogue examples/own-words/solar.yaml",
      "hedgerow query run examples/pilots-sick-leave.sql --dry-run --people 400",
      "hedgerow query run examples/windows-and-averages.yaml --dry-run --records 40",
    ],
    node: true,
    json: "lines",
  })
    .argument("<file>", "the query file, or - for standard input")
    .addOption(new Option("--follow", "print results until the query has settled").conflicts("detach"))
    .option("--detach", "return as soon as the query is planned and accepted");
  addWordsOption(addQuestionOptions(run, "all"));
  run
    .option(
      "--patience <seconds>",
      "of a question: wait for its answer so much longer than people have to answer (default: 120)",
      wholeNumber(1, 86_400),
    )
    .addOption(
      new Option(
        "--dry-run",
        "try it in this process on invented data; no node is needed. A question: over invented people, with the truth beside. A dataflow: fed by invented sensors, what arrives and what each cell did",
      ).conflicts(["detach", "follow"]),
    )
    .option("--people <count>", "with --dry-run, of a question: how many (default: 1000)", wholeNumber(1, 100_000))
    .option(
      "--seed <number>",
      "with --dry-run: which people, or what sensors give (default: 1)",
      wholeNumber(0, 2 ** 31 - 1),
    )
    .option(
      "--records <count>",
      `with --dry-run, of a dataflow: at most so many from each source (default: ${limits.usualTriedRecords})`,
      wholeNumber(1, limits.maxTriedRecords),
    )
    .addOption(
      new Option(
        "--willing <who>",
        "with --dry-run, of a question: who contributes: some, each by invented rules (default), or all of them",
      ).choices(["some", "all"]),
    );
  addSeriesOptions(run);
  act(run, host, async () => (await import("../commands/query-run.ts")).run);
}

function addDuring(query: Command, host: Host): void {
  const list = leaf(query, {
    name: "ls",
    summary: "List the queries that this node asked or takes part in, newest first",
    examples: ["hedgerow query ls"],
    node: true,
    json: "document",
  });
  act(list, host, async () => (await import("../commands/query-view.ts")).list);

  const show = leaf(query, {
    name: "show",
    summary: "Show one query: where each operator runs, how much passed, how it ended",
    examples: ["hedgerow query show", "hedgerow query show 3f9a"],
    node: true,
    json: "document",
  }).argument("[id]", idHelp);
  act(show, host, async () => (await import("../commands/query-view.ts")).show);

  const watch = leaf(query, {
    name: "watch",
    summary: "Show one query again at each change, until it has settled",
    examples: ["hedgerow query watch 3f9a"],
    node: true,
    json: "lines",
  }).argument("[id]", idHelp);
  act(watch, host, async () => (await import("../commands/query-view.ts")).watch);

  const logs = leaf(query, {
    name: "logs",
    summary: "Print what happened to a query",
    examples: ["hedgerow query logs 3f9a --follow --level debug"],
    node: true,
    json: "lines",
  })
    .argument("[id]", idHelp)
    .option("--follow", "go on until the query has settled")
    .addOption(new Option("--level <level>", "the least level to print").choices(["debug", "info", "warn", "error"]));
  act(logs, host, async () => (await import("../commands/query-after.ts")).logs);

  const stop = leaf(query, {
    name: "stop",
    summary: "Stop a query from its producers to its exits, draining what is in flight",
    examples: ["hedgerow query stop 3f9a"],
    node: true,
    json: "document",
  }).argument("<id>", "a query's id, the start of one, or its name");
  act(stop, host, async () => (await import("../commands/query-after.ts")).stop);

  const detach = leaf(query, {
    name: "detach",
    summary: "Leave a running query to itself",
    description: "It runs on without this node. Another node of the same analyst may attach to it, or this one later.",
    examples: ["hedgerow query detach 3f9a"],
    node: true,
    json: "document",
  }).argument("<id>", "a query's id, the start of one, or its name");
  act(detach, host, async () => (await import("../commands/query-after.ts")).detach);

  const attach = leaf(query, {
    name: "attach",
    summary: "Look after a running query that another node of this analyst started",
    examples: ["hedgerow query attach 3f9a1c52d0b84e6f9a7c1e2d3b4a5f60 --node ./laptop"],
    node: true,
    json: "document",
  }).argument("<id>", "the query's whole id: 32 hexadecimal digits");
  act(attach, host, async () => (await import("../commands/query-after.ts")).attach);
}

function addAfter(query: Command, host: Host): void {
  const result = leaf(query, {
    name: "result",
    summary: "Print what came out of a query at the asker",
    description:
      "As text or, with --format, as a table for other programs: csv (RFC 4180), json (one document), arrow (an Arrow IPC file). Of an answer " +
      "about people a table has a row for each group, and for each noised number its value, low and high (95 %) and noise (standard deviation).",
    examples: [
      "hedgerow query result 3f9a",
      "hedgerow query result 3f9a --follow --json | jq .rows",
      "hedgerow query result 3f9a --format arrow --output days.arrow",
    ],
    node: true,
    json: "lines",
  })
    .argument("[id]", idHelp)
    .option("--follow", "go on until the query has settled")
    .option("--from <sequence>", "begin at this item", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .addOption(
      new Option("--format <format>", "text (default), json, csv or arrow")
        .choices(["text", "json", "csv", "arrow"])
        .conflicts("json"),
    )
    .option("--output <file>", "write it there, to a new file, once all of it is there");
  act(result, host, async () => (await import("../commands/query-result.ts")).result);

  const audit = leaf(query, {
    name: "audit",
    summary: "Collect the receipts of all cells and say whether the chain from source to sink holds",
    description:
      "Exit code 0 only if it is shown to hold for every cell and every edge; 1 if something contradicts it; 4 if nothing " +
      "does, and receipts are missing or the query is still running: then it says what is not shown.",
    examples: ["hedgerow query audit 3f9a"],
    node: true,
    json: "document",
  }).argument("[id]", idHelp);
  act(audit, host, async () => (await import("../commands/query-audit.ts")).audit);
}
