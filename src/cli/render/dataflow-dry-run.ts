// A dataflow's dry run as text: what arrived at each sink, marked as invented; what each cell did; and where it failed.
import type { DataflowDryRunView, TriedCell, TriedItem } from "../../sdk/dataflow-dry-run.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { counted, duration, listOf, milliseconds } from "../words.ts";
import { inventedText, shownRows } from "./dry-run.ts";
import { skippedText } from "./plan.ts";
import { itemText } from "./query.ts";

/** What is shown of each sink's records, and how many there were. */
export class Arrived {
  readonly #style: Style;
  readonly #sinks = new Map<string, { text: string; lines: number; shown: number }>();

  constructor(style: Style) {
    this.#style = style;
  }

  add(item: TriedItem): void {
    const sink = this.#sinks.get(item.vertex) ?? { text: "", lines: 0, shown: 0 };
    this.#sinks.set(item.vertex, sink);
    const room = shownRows - sink.shown;
    const lines = item.type === "rows" ? item.rows.length : 1;
    const part = item.type === "rows" ? { ...item, rows: item.rows.slice(0, room) } : item;
    if (room > 0) sink.text += itemText(part, this.#style);
    sink.shown += Math.min(room, lines);
    sink.lines += lines;
  }

  text({ id, operator, at }: TriedCell): string {
    const sink = this.#sinks.get(id);
    const head = `\nWhat ${id} gets (${operator}, at ${placeText(at)})\n`;
    if (sink === undefined) return `${head}  nothing\n`;
    const left = sink.lines - sink.shown;
    return `${head}${sink.text}${left === 0 ? "" : `  and ${left} more; --json has all\n`}`;
  }
}

export function dataflowDryRunText(run: DataflowDryRunView, arrived: Arrived, style: Style): string {
  const { seed, records, cells, spanMs } = run;
  const cut = cells.filter((cell) => cell.cut).map(({ id }) => id);
  return [
    `${inventedText(style)} At most ${counted(records, "record")} from each source\n`,
    planText(run, style),
    ...cells
      .filter(({ kind, equipment }) => kind === "source" && equipment !== null)
      .map((one) => sensorText(one, seed)),
    ...cells.filter(({ kind }) => kind === "sink").map((cell) => arrived.text(cell)),
    `\nWhat each cell did${spanText(spanMs)}\n`,
    cellsText(run, style),
    cut.length === 0 ? "" : `  ${listOf(cut)} would have gone on, after ${counted(records, "record")} (--records)\n`,
    faultText(run, style),
    "\nNot looked at: which nodes there are, what their sensors give, what their policies allow. With a network: hedgerow query plan FILE\n",
  ].join("");
}

/** A source that waits for nothing takes none of its own time. */
function spanText(ms: number): string {
  if (ms === 0) return "";
  return `, in ${ms < 1_000 ? milliseconds(ms) : duration(ms)} of the sources' time`;
}

function planText({ alternative, alternatives, skipped }: DataflowDryRunView, style: Style): string {
  if (alternatives.length === 1) return "";
  const later = alternatives.slice(alternatives.indexOf(alternative) + 1);
  const which = skipped.length === 0 ? ", the preferred one" : "";
  const others = later.length === 0 ? "" : `; not tried: ${listOf(later)}, for networks whose policies refuse it`;
  return `  plan "${alternative}"${which}${others}\n${skippedText(skipped, new Map(), style)}`;
}

function sensorText({ id, equipment, produces }: TriedCell, seed: number): string {
  const columns = (produces ?? []).map(
    ({ name, type, unit, nullable }) =>
      `${name} ${type}${unit === null ? "" : ` in ${unit}`}${nullable ? ", now and then absent" : ""}`,
  );
  return `  sensor "${equipment}" of ${id} is invented from seed ${seed}, a record a second: ${columns.join("; ")}\n`;
}

function cellsText({ cells, fault }: DataflowDryRunView, style: Style): string {
  const rows = cells.map((cell) => [
    cell.id === fault?.cell ? style.bad(cell.id) : style.bold(cell.id),
    `${cell.operator}${cell.own ? " (own)" : ""}`,
    placeText(cell.at),
    cell.kind === "source" ? "-" : `${cell.recordsIn}`,
    cell.kind === "sink" ? "-" : `${cell.recordsOut}`,
    milliseconds(cell.ms),
    listOf(cell.withheld, ""),
  ]);
  return table(["CELL", "RUNS", "AT", "RECORDS IN", "OUT", "TOOK", "DOES NOT PASS ON"], rows);
}

function faultText({ fault }: DataflowDryRunView, style: Style): string {
  if (fault === null) return "";
  const { cell, operator, code, sentence, detail, batch } = fault;
  const lines = [`\n${style.bad("FAILED")} at ${style.bold(cell)} (${operator}): ${sentence} [${code}]\n`];
  if (detail !== "") lines.push(`  ${detail}\n`);
  if (batch !== null) {
    const others = batch.records - batch.first.length;
    lines.push(`  over its batch ${batch.number}, of ${counted(batch.records, "record")}:\n`);
    lines.push(...batch.first.map((record) => `    ${JSON.stringify(record)}\n`));
    if (others > 0) lines.push(`    and ${others} more\n`);
  }
  return lines.join("");
}

function placeText(at: TriedCell["at"]): string {
  if (at === "asker") return at;
  if ("node" in at) return at.node;
  if ("function" in at) return at.function;
  return "drawn" in at ? `drawn ${at.drawn}` : at.matching;
}
