// A pod, and what would become of a file, as people read it.
import type { ImportPlan, ImportReport, OpenPod, PodTable, SourceView } from "../../sdk/pod.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { bytes, counted, day, listOf } from "../words.ts";

const whole = (count: number) => count.toLocaleString("en-GB");

export function planText(plan: ImportPlan, pod: string, style: Style): string {
  const { source, title } = plan;
  const inside = source.entry === undefined ? "" : ` (${source.entry} in it)`;
  const heading = `${style.bold(source.name)}${inside}: ${title}, ${bytes(source.bytes)}\ninto the pod in ${pod}\n`;
  return `${heading}${plan.tables.map((one) => columnsText(one, style)).join("")}`;
}

export function columnsText(one: PodTable & { readonly rows?: number }, style: Style): string {
  const rows = one.columns.map((column) => [
    column.name,
    column.type + (column.form === "plain" ? "" : `/${column.form}`),
    column.unit ?? "",
    column.attribute ?? style.dim("private"),
  ]);
  const count = one.rows === undefined ? "" : `, ${counted(one.rows, "row")}`;
  return `\ntable ${style.bold(one.name)}${count}\n${table(["COLUMN", "TYPE", "UNIT", "ATTRIBUTE"], rows)}`;
}

export function planDocument(plan: ImportPlan, pod: string) {
  const { source, format, tables, confirmed } = plan;
  return { pod, file: source.name, entry: source.entry ?? null, bytes: source.bytes, format, confirmed, tables };
}

export function reportText(report: ImportReport, pod: string, style: Style): string {
  const rejected =
    report.rejected === 0 ? "none" : style.doubtful(`${whole(report.rejected)}, in ${report.rejectsFile}`);
  return `${report.resumed ? "Went on with" : "Imported"} ${style.bold(report.source)}\n${facts([
    ["added", `${whole(report.added)} to ${listOf(report.tables)}`],
    ["known before", whole(report.known)],
    ["rejected", rejected],
    ["pod", pod],
  ])}`;
}

export function tableRows(tables: ReturnType<OpenPod["tables"]>): string {
  const rows = tables.map(({ name, rows: count, columns }) => [
    name,
    whole(count),
    String(columns.length),
    listOf([...new Set(columns.map((column) => column.attribute).filter((known) => known !== null))]),
  ]);
  return table(["TABLE", "ROWS", "COLUMNS", "ATTRIBUTES"], rows);
}

export function sourceRows(sources: readonly SourceView[]): string {
  const rows = sources.map((one) => [
    String(one.id),
    one.source,
    one.format,
    day(one.startedMs),
    whole(one.added),
    one.rejected === 0 ? "" : whole(one.rejected),
    one.endedMs === null ? "unfinished: import it again" : "",
  ]);
  return table(["ID", "SOURCE", "FORMAT", "ON", "ROWS", "REJECTED", ""], rows);
}

export function cellText(value: unknown): string {
  if (value === null) return "";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  // A cell of a file may hold anything, also what moves a cursor.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const text = String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, "·");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
