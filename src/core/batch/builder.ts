// Builds batches row by row. For numeric data in bulk, fill the views of `allocateBatch` instead.
import { accept, type Refusal, type Result, refuse } from "../base/index.ts";
import type { Column, RecordShape } from "../model/index.ts";
import { allocateBatch } from "./allocate.ts";
import { batchBytes, prepareShape, type ShapeCheck } from "./layout.ts";
import { maxBatchBytes, maxBatchRows } from "./limits.ts";
import type { BatchReader } from "./reader.ts";
import { encodeText } from "./utf8.ts";

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

export class BatchBuilder {
  readonly #check: ShapeCheck;
  readonly #columns: (bigint | number | Uint8Array | null)[][];
  readonly #dataLengths: number[];
  readonly #validity: boolean[];
  #rows = 0;

  constructor(shape: RecordShape) {
    this.#check = prepareShape(shape);
    this.#columns = shape.map(() => []);
    this.#dataLengths = shape.map(() => 0);
    this.#validity = shape.map(() => false);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the batch as it stands. */
  get bytes(): number {
    return batchBytes(this.#check, this.#rows, { dataLengths: this.#dataLengths, validity: this.#validity });
  }

  /** One value per column, in the shape's order. On a refusal the row is not added. null = added. */
  append(values: readonly unknown[]): Refusal | null {
    const { shape } = this.#check;
    if (this.#rows === maxBatchRows) return refuse("batch-too-large", { detail: `more than ${maxBatchRows} rows` });
    for (let c = 0; c < shape.length; c++) {
      const stored = store(shape[c]!, values[c]);
      if (stored !== undefined) {
        this.#columns[c]!.push(stored);
        continue;
      }
      for (let undo = 0; undo < c; undo++) this.#columns[undo]!.pop();
      return refuse("batch-wrong-shape", { detail: fault(shape[c]!, values[c]) });
    }
    for (let c = 0; c < shape.length; c++) {
      const stored = this.#columns[c]![this.#rows];
      if (stored === null) this.#validity[c] = true;
      else if (stored instanceof Uint8Array) this.#dataLengths[c]! += stored.length;
    }
    this.#rows++;
    return null;
  }

  /** The batch, and the builder starts anew. */
  finish(maxBytes: number = maxBatchBytes): Result<Uint8Array> {
    const { bytes } = this;
    if (bytes > Math.min(maxBytes, maxBatchBytes)) {
      return refuse("batch-too-large", { detail: `${bytes} bytes, at most ${Math.min(maxBytes, maxBatchBytes)}` });
    }
    const sizes = { dataLengths: this.#dataLengths, validity: this.#validity };
    const batch = allocateBatch(this.#check.shape, this.#rows, sizes);
    for (let c = 0; c < this.#columns.length; c++) {
      writeColumn(batch, c, this.#columns[c]!);
      this.#columns[c] = [];
      this.#dataLengths[c] = 0;
      this.#validity[c] = false;
    }
    this.#rows = 0;
    return accept(batch.bytes);
  }
}

/** One batch of rows as objects. Each must carry exactly the declared attributes; an absent nullable one is null. */
export function encodeRows(
  shape: RecordShape,
  rows: readonly Readonly<Record<string, unknown>>[],
  maxBytes: number = maxBatchBytes,
): Result<Uint8Array> {
  const builder = new BatchBuilder(shape);
  const names = shape.map((column) => column.name as string);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const extra = Object.keys(row).find((key) => !names.includes(key));
    if (extra !== undefined) {
      return refuse("batch-wrong-shape", { detail: `row ${r + 1}: ${extra.slice(0, 80)} is not declared` });
    }
    const refusal = builder.append(names.map((name) => row[name]));
    if (refusal !== null) return { ...refusal, detail: `row ${r + 1}: ${refusal.detail}` };
  }
  return builder.finish(maxBytes);
}

/** As kept until `finish`; undefined when the value is not of the column's type. */
function store(column: Column, value: unknown): bigint | number | Uint8Array | null | undefined {
  if (value === null || value === undefined) return column.nullable ? null : undefined;
  switch (column.type) {
    case "bool":
      return typeof value === "boolean" ? (value ? 1 : 0) : undefined;
    case "float64":
      return typeof value === "number" ? value : undefined;
    case "int64":
    case "timestamp":
      if (typeof value === "bigint") return value >= minInt64 && value <= maxInt64 ? value : undefined;
      return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    case "text":
      return typeof value === "string" ? encodeText(value) : undefined;
    case "bytes":
      return value instanceof Uint8Array ? value : undefined;
  }
}

/** Names the column and the type of what came; never the value, which is data. */
function fault(column: Column, value: unknown): string {
  if (value === undefined) return `${column.name} is missing`;
  return `${column.name} must be ${column.type}, not ${value === null ? "null" : typeof value}`;
}

function writeColumn(
  batch: BatchReader,
  column: number,
  values: readonly (bigint | number | Uint8Array | null)[],
): void {
  const validity = batch.validity(column);
  if (validity !== null) {
    for (let r = 0; r < values.length; r++) if (values[r] !== null) validity[r >> 3]! |= 1 << (r & 7);
  }
  const { type } = batch.shape[column]!;
  if (type === "text" || type === "bytes") {
    const offsets = batch.offsets(column);
    const data = batch.data(column);
    let at = 0;
    for (let r = 0; r < values.length; r++) {
      const value = values[r] as Uint8Array | null;
      if (value !== null) {
        data.set(value, at);
        at += value.length;
      }
      offsets[r + 1] = at;
    }
  } else if (type === "float64") {
    const target = batch.float64(column);
    const halves = batch.halves(column);
    for (let r = 0; r < values.length; r++) setFloat64(target, halves, r, (values[r] ?? 0) as number);
  } else if (type === "bool") {
    batch.bool(column).set(values as number[]);
  } else {
    const target = batch.int64(column);
    for (let r = 0; r < values.length; r++) target[r] = (values[r] ?? 0n) as bigint;
  }
}

/** One NaN: its other bit patterns differ between machines, and with them the digest of the batch. */
export function setFloat64(target: Float64Array, halves: Int32Array, row: number, value: number): void {
  if (!Number.isNaN(value)) {
    target[row] = value;
  } else {
    halves[2 * row] = 0;
    halves[2 * row + 1] = 0x7ff8_0000;
  }
}
