// Comma-separated values as RFC 4180 has them: CRLF, quotes where they are needed and doubled within. A value that is not there is
// an empty field, an empty text is a quoted one.
import type { Cell, ColumnType, TableColumn } from "./table.ts";

const needsQuotes = /[",\r\n]|^$|^\s|\s$/;

export function csvHead(columns: readonly TableColumn[]): string {
  return line(columns.map(({ name }) => textField(name)));
}

export function csvRow(columns: readonly TableColumn[], row: readonly Cell[]): string {
  return line(columns.map(({ type }, at) => field(type, row[at] ?? null)));
}

function line(fields: readonly string[]): string {
  return `${fields.join(",")}\r\n`;
}

function textField(text: string): string {
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function field(type: ColumnType, cell: Cell): string {
  if (cell === null) return "";
  if (type === "date") return new Date(Number(cell) * 86_400_000).toISOString().slice(0, 10);
  if (type === "timestamp") return timeText(cell as bigint);
  return typeof cell === "string" ? textField(cell) : String(cell);
}

/** With all six digits of a second, as Date has three. */
function timeText(micros: bigint): string {
  const within = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (micros - within) / 1_000_000n;
  const whole = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19);
  return `${whole}.${String(within).padStart(6, "0")}Z`;
}
