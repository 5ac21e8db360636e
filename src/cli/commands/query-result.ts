// hedgerow query result: what came out of a query, for people, or as a file that other programs read.
import { resolve } from "node:path";
import type { CallerInput, PeopleAnswer, QueryView, ResultItem } from "../../sdk/index.ts";
import { answerExitCode, endText } from "../answer-end.ts";
import { CommandFailed, type ExitCode, exitCodes, needNewFile, usageFault } from "../failure.ts";
import { csvHead, csvRow } from "../formats/csv.ts";
import { answerTable, type Cell, columnsIn, recordsRow, type TableColumn } from "../formats/table.ts";
import { pickQuery } from "../pick-query.ts";
import { isWhole, itemText } from "../render/query.ts";
import type { Session } from "../session.ts";
import { counted, shortQuery } from "../words.ts";
import { type Written, writtenTo } from "../written.ts";
import { logText } from "./query-after.ts";

type ResultFormat = "text" | "json" | "csv" | "arrow";

interface ResultOptions {
  readonly follow?: boolean;
  readonly from?: number;
  readonly format?: ResultFormat;
  readonly output?: string;
}

/** An Arrow file is made in memory. */
const maxArrowRows = 5_000_000;

export async function result(session: Session, [given]: string[], options: ResultOptions): Promise<ExitCode> {
  const { follow = false, from = 0, format = "text", output } = options;
  if (format === "arrow" && output === undefined)
    throw usageFault("Arrow is not for a terminal.", "Name a file: --format arrow --output FILE");
  if (format === "text" && output !== undefined)
    throw usageFault("--output is for files.", "Say which: --format json, csv or arrow");
  const file = output === undefined ? null : resolve(session.terminal.cwd, output);
  // With --follow it may be opened hours before there is anything to write.
  if (file !== null) needNewFile(file);
  const id = await pickQuery(session, given);
  if (format === "text") return printResult(session, { id, follow, from });
  const written = writtenTo(session.terminal, file);
  try {
    const { exitCode, rows } = await writeResult(session, { id, follow, from }, format, written);
    await written.done();
    if (output !== undefined) session.note(`${counted(rows, "row")} in ${output}\n`);
    return exitCode;
  } finally {
    written.giveUp();
  }
}

/** Exit code 1 when the query ended badly, so that a script that follows one notices; of a question as `query run` has it. */
export async function printResult(session: Session, input: CallerInput<"queryResult">): Promise<ExitCode> {
  let answer: PeopleAnswer | null = null;
  let end: Settled | null = null;
  const over = new AbortController();
  const troubles = input.follow === true && !session.json ? tellTroubles(session, input.id, over.signal) : null;
  try {
    for await (const item of session.client.queryResult(input, { signal: session.signal })) {
      await session.data(item);
      const text = itemText(item, session.style);
      if (item.type === "settled" && !session.json) session.note(text);
      else await session.say(text);
      if (item.type === "answer") answer = item.answer;
      if (item.type === "settled") end = item;
    }
  } finally {
    over.abort();
    await troubles;
  }
  checkEnded(input, end);
  return exitCodeOf(answer, end);
}

/** Why nothing may come for a while: who waits for results would not know that a cell has failed. */
async function tellTroubles(session: Session, id: CallerInput<"queryLogs">["id"], over: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([over, session.signal]);
  try {
    for await (const line of session.client.queryLogs({ id, follow: true, level: "warn" }, { signal }))
      if (line.event !== "settled") session.note(logText(session, line));
  } catch {
    // Of a node that is gone, and of Ctrl-C, the results tell.
  }
}

type Settled = Extract<ResultItem, { type: "settled" }>;

function checkEnded({ follow }: CallerInput<"queryResult">, end: Settled | null): void {
  if (follow !== true || end !== null) return;
  throw new CommandFailed("The results ended before the query did.", {
    code: "connection-lost",
    next: "See how it is: hedgerow query show",
  });
}

function exitCodeOf(answer: PeopleAnswer | null, end: Settled | null): ExitCode {
  const outcome = end?.outcome ?? null;
  const askedFew = outcome?.reasons.some(({ code }) => code === "ask-too-few") === true;
  if (answer !== null || askedFew) return answerExitCode({ answer, outcome, assurance: null });
  const badly = outcome !== null && (["refused", "failed"].includes(outcome.outcome) || !isWhole(outcome));
  return badly ? exitCodes.failed : exitCodes.done;
}

type Format = Exclude<ResultFormat, "text">;

async function writeResult(
  session: Session,
  input: CallerInput<"queryResult">,
  format: Format,
  written: Written,
): Promise<{ exitCode: ExitCode; rows: number }> {
  const view = await session.client.queryShow({ id: input.id }, { signal: session.signal });
  const asksPeople = view.vertices.some(({ operator }) => operator === "people-total");
  let answer: PeopleAnswer | null = null;
  let end: Settled | null = null;
  const table = tableOf(format, written);
  for await (const item of session.client.queryResult(input, { signal: session.signal })) {
    if (item.type === "settled") end = item;
    else if (item.type === "answer") answer = item.answer;
    else if (item.type === "rows") await table.records(view, item);
    else if (item.type === "missed")
      session.note(session.style.doubtful(`${counted(item.items, "item")} no longer held by the node\n`));
  }
  checkEnded(input, end);
  if (asksPeople && answer === null) throw noAnswer(view, end);
  const rows = await (answer === null ? table.end() : table.answer(answer));
  // A table has no room to say so.
  if (answer !== null) session.note(endText({ answer, outcome: end?.outcome ?? null, assurance: null }, session.style));
  return { exitCode: exitCodeOf(answer, end), rows };
}

/** An empty file would look like an empty answer. */
function noAnswer({ id }: QueryView, end: Settled | null): CommandFailed {
  const [reason] = end?.outcome.reasons ?? [];
  if (end === null) {
    return new CommandFailed("There is no answer yet.", {
      code: "not-answered",
      next: `Wait for it: hedgerow query result ${shortQuery(id)} --follow`,
    });
  }
  return new CommandFailed(reason?.sentence ?? "It ended without an answer.", {
    code: reason?.code ?? "not-answered",
    exitCode: reason?.code === "ask-too-few" ? exitCodes.tooFewPeople : exitCodes.failed,
  });
}

type Records = Extract<ResultItem, { type: "rows" }>;

interface Making {
  records(view: QueryView, item: Records): Promise<void>;
  answer(answer: PeopleAnswer): Promise<number>;
  /** How many rows there were. */
  end(): Promise<number>;
}

function tableOf(format: Format, written: Written): Making {
  let columns: readonly TableColumn[] = [];
  let sink: string | null = null;
  const kept: (readonly Cell[])[] = [];
  let count = 0;

  function begin(view: QueryView, { vertex }: Records): void {
    if (sink === vertex) return;
    // One file is one table.
    if (sink !== null) throw usageFault(`Two cells gave results, ${sink} and ${vertex}: they do not fit in one table.`);
    sink = vertex;
    columns = columnsIn(view, vertex);
  }

  async function end(): Promise<number> {
    if (format === "json") await written.write(count === 0 ? "[]\n" : "\n]\n");
    if (format === "arrow") {
      const { arrowFile } = await import("../formats/arrow.ts");
      await written.write(arrowFile({ columns, rows: kept }));
    }
    return count;
  }

  return {
    end,
    async records(view, item) {
      const first = sink === null;
      if (format !== "json") begin(view, item);
      if (format === "csv" && first) await written.write(csvHead(columns));
      for (const row of item.rows) {
        const before = count === 0 ? "[\n" : ",\n";
        if (format === "json") await written.write(`${before}${JSON.stringify(row)}`);
        else if (format === "csv") await written.write(csvRow(columns, recordsRow(columns, row)));
        else if (kept.push(recordsRow(columns, row)) > maxArrowRows)
          throw new CommandFailed(`There are more than ${maxArrowRows} rows.`, { next: "Take --format csv." });
        count++;
      }
    },
    async answer(answer) {
      if (format === "json") {
        await written.write(`${JSON.stringify(answer)}\n`);
        return answer.rows.length;
      }
      const table = answerTable(answer);
      columns = table.columns;
      if (format === "csv") {
        await written.write(csvHead(columns) + table.rows.map((row) => csvRow(columns, row)).join(""));
        return table.rows.length;
      }
      kept.push(...table.rows);
      count = kept.length;
      return end();
    },
  };
}
