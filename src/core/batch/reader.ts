// Reads a checked batch. Columns are typed-array views over the batch's own bytes: writing to them writes the batch.
// A batch that arrived unaligned is copied once, so that the views exist.
import { assert } from "../base/index.ts";
import type { RecordShape } from "../model/index.ts";
import { prepareShape, type ShapeCheck } from "./layout.ts";
import { decodeText } from "./utf8.ts";

/** int64 and timestamp are bigint: 64 bits do not fit a number. */
export type RowValue = boolean | number | bigint | string | Uint8Array | null;
export type Row = Record<string, RowValue>;

export class BatchReader {
  readonly bytes: Uint8Array;
  readonly shape: RecordShape;
  readonly rows: number;
  readonly #check: ShapeCheck;
  readonly #words: Uint32Array;

  /** The bytes must have passed checkBatch for this shape. */
  constructor(bytes: Uint8Array, shape: RecordShape) {
    const aligned = (bytes.byteOffset & 7) === 0 ? bytes : new Uint8Array(bytes);
    this.bytes = aligned;
    this.shape = shape;
    this.#check = prepareShape(shape);
    this.#words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
    this.rows = this.#words[1]!;
  }

  /** Index of a column by its attribute, -1 when there is none. */
  indexOf(name: string): number {
    return this.shape.findIndex((column) => column.name === name);
  }

  int64(column: number): BigInt64Array {
    return new BigInt64Array(this.bytes.buffer, this.#at(column, 1, 8), this.rows);
  }
  float64(column: number): Float64Array {
    return new Float64Array(this.bytes.buffer, this.#at(column, 1, 8), this.rows);
  }
  /** An 8-byte column as pairs of 32-bit halves, low half first. */
  halves(column: number): Int32Array {
    return new Int32Array(this.bytes.buffer, this.#at(column, 1, 8), 2 * this.rows);
  }
  bool(column: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.#at(column, 1, 1), this.rows);
  }
  /** The bytes of all values of a text or bytes column, one after another. */
  data(column: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.#at(column, 1, 0), this.dataLength(column));
  }
  /** rows + 1 offsets into `data`. */
  offsets(column: number): Uint32Array {
    return new Uint32Array(this.bytes.buffer, this.#at(column, 3, 0), this.rows + 1);
  }
  /** Bit set = present; null = all present. */
  validity(column: number): Uint8Array | null {
    if (this.#descriptor(column, 0) === 0) return null;
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.#descriptor(column, 0), (this.rows + 7) >> 3);
  }
  dataLength(column: number): number {
    return this.#descriptor(column, 2);
  }

  isPresent(column: number, row: number): boolean {
    const validity = this.#descriptor(column, 0);
    return validity === 0 || ((this.bytes[validity + (row >> 3)]! >> (row & 7)) & 1) === 1;
  }

  value(column: number, row: number): RowValue {
    return this.isPresent(column, row) ? this.#getter(column)(row) : null;
  }

  rowsAsObjects(): Row[] {
    const rows: Row[] = Array.from({ length: this.rows }, () => ({}));
    for (let c = 0; c < this.shape.length; c++) {
      const name = this.shape[c]!.name;
      const get = this.#getter(c);
      for (let r = 0; r < rows.length; r++) rows[r]![name] = this.isPresent(c, r) ? get(r) : null;
    }
    return rows;
  }

  /** Reads present values of one column; hoist it out of a loop over rows. */
  #getter(column: number): (row: number) => RowValue {
    const { type } = this.shape[column]!;
    if (type === "float64") {
      const values = this.float64(column);
      return (row) => values[row]!;
    }
    if (type === "int64" || type === "timestamp") {
      const values = this.int64(column);
      return (row) => values[row]!;
    }
    if (type === "bool") {
      const values = this.bool(column);
      return (row) => values[row] !== 0;
    }
    const offsets = this.offsets(column);
    const data = this.data(column);
    if (type === "text") return (row) => decodeText(data, offsets[row]!, offsets[row + 1]!);
    return (row) => data.slice(offsets[row]!, offsets[row + 1]!);
  }

  #descriptor(column: number, field: number): number {
    return this.#words[(this.#check.descriptors >> 2) + 4 * column + field]!;
  }

  #at(column: number, field: number, width: 0 | 1 | 8): number {
    assert(this.#check.widths[column] === width, `column ${column} has another type`);
    return this.bytes.byteOffset + this.#descriptor(column, field);
  }
}
