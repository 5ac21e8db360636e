// The thread's side of the bridge into QuickJS: a batch as text that the prelude reads, and back, checked on the way.
import { BatchBuilder, BatchReader, type RowValue } from "../../core/batch/index.ts";
import type { RecordShape } from "../../core/model/index.ts";
import { GuestFault } from "./guest.ts";

type Special = readonly [column: number, row: number, kind: "i" | "f" | "b", text: string];
type Plain = string | number | boolean | null;

/** int64 and timestamp are numbers where a number holds them exactly, BigInt beyond. */
export function batchToText(bytes: Uint8Array, shape: RecordShape): string {
  const batch = new BatchReader(bytes, shape);
  const special: Special[] = [];
  const columns = shape.map((_, column) => {
    const values: Plain[] = new Array(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = batch.value(column, row);
      const kind = specialKind(value);
      if (kind !== null) special.push([column, row, kind, specialText(value)]);
      values[row] = kind !== null ? null : typeof value === "bigint" ? Number(value) : (value as Plain);
    }
    return values;
  });
  return JSON.stringify({ rows: batch.rows, columns, special });
}

function specialKind(value: RowValue): Special[2] | null {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? null : "i";
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? null : "f";
  return value instanceof Uint8Array ? "b" : null;
}

function specialText(value: RowValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The text comes from a body that may have meddled with everything; nothing is taken for granted. */
export function textToBatch(text: string, shape: RecordShape, outputBytes: number): Uint8Array {
  const { rows, columns } = parse(text, shape);
  const builder = new BatchBuilder(shape);
  const values: unknown[] = new Array(shape.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < shape.length; column++) values[column] = columns[column]![row];
    const refusal = builder.append(values);
    if (refusal !== null) wrong(`record ${row + 1}: ${refusal.detail}`);
  }
  const finished = builder.finish(outputBytes);
  return finished.ok ? finished.value : wrong(finished.detail ?? "too large");
}

function parse(text: string, shape: RecordShape): { rows: number; columns: unknown[][] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    wrong("it did not give records");
  }
  const { rows, columns, special } = (parsed ?? {}) as { rows?: unknown; columns?: unknown; special?: unknown };
  if (
    typeof rows !== "number" ||
    !Array.isArray(columns) ||
    columns.length !== shape.length ||
    !Array.isArray(special)
  ) {
    wrong("it did not give records");
  }
  if (!columns.every((column) => Array.isArray(column) && column.length === rows)) wrong("it did not give records");
  for (const each of special) revive(each, columns);
  return { rows, columns };
}

function revive(special: unknown, columns: unknown[][]): void {
  const [column, row, kind, text] = Array.isArray(special) ? special : [];
  const values = typeof column === "number" ? columns[column] : undefined;
  if (values === undefined || typeof row !== "number" || !(row in values) || typeof text !== "string")
    wrong("it did not give records");
  if (kind === "i" && /^-?\d{1,20}$/.test(text)) values[row] = BigInt(text);
  else if (kind === "f") values[row] = Number(text);
  else if (kind === "b") values[row] = new Uint8Array(Buffer.from(text, "hex"));
  else wrong("it did not give records");
}

function wrong(detail: string): never {
  throw new GuestFault("operator-wrong-output", detail);
}
