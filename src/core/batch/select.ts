// Copies chosen rows and columns of a batch into a new one, without ever building a row.
import { assert } from "../base/index.ts";
import type { RecordShape } from "../model/index.ts";
import { allocateBatch } from "./allocate.ts";
import { prepareShape } from "./layout.ts";
import type { BatchReader } from "./reader.ts";

/**
 * The batch of `shape` whose column i is column `columns[i]` of `from`, with the rows listed, in that order. `rows` null
 * takes all of them. Types must agree; a nullable column may not become one that is not.
 */
export function selectBatch(
  from: BatchReader,
  shape: RecordShape,
  columns: readonly number[],
  rows: Uint32Array | null,
): Uint8Array {
  const count = rows === null ? from.rows : rows.length;
  const { widths } = prepareShape(shape);
  const validity = columns.map((column) => from.validity(column) !== null);
  const dataLengths = columns.map((column, c) => (widths[c] === 0 ? selectedLength(from, column, rows) : 0));
  const batch = allocateBatch(shape, count, { validity, dataLengths });
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!;
    assert(from.shape[column]!.type === shape[c]!.type, `column ${c} changes its type`);
    if (validity[c]) copyBits(from.validity(column)!, batch.validity(c)!, rows);
    if (widths[c] === 0) copyText(from, column, batch, c, rows);
    else if (widths[c] === 1) copyBytes(from.bool(column), batch.bool(c), rows);
    else copyWords(from.halves(column), batch.halves(c), rows);
  }
  return batch.bytes;
}

function selectedLength(from: BatchReader, column: number, rows: Uint32Array | null): number {
  if (rows === null) return from.dataLength(column);
  const offsets = from.offsets(column);
  let length = 0;
  for (const row of rows) length += offsets[row + 1]! - offsets[row]!;
  return length;
}

function copyBits(from: Uint8Array, into: Uint8Array, rows: Uint32Array | null): void {
  if (rows === null) {
    into.set(from);
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if ((from[row >> 3]! >> (row & 7)) & 1) into[i >> 3]! |= 1 << (i & 7);
  }
}

function copyBytes(from: Uint8Array, into: Uint8Array, rows: Uint32Array | null): void {
  if (rows === null) {
    into.set(from);
    return;
  }
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i]!]!;
}

/** As halves: no BigInt is made, and no floating-point register touches the bits of a NaN. */
function copyWords(from: Int32Array, into: Int32Array, rows: Uint32Array | null): void {
  if (rows === null) {
    into.set(from);
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    into[2 * i] = from[2 * row]!;
    into[2 * i + 1] = from[2 * row + 1]!;
  }
}

function copyText(
  from: BatchReader,
  column: number,
  into: BatchReader,
  target: number,
  rows: Uint32Array | null,
): void {
  const offsets = from.offsets(column);
  const data = from.data(column);
  const newOffsets = into.offsets(target);
  const newData = into.data(target);
  if (rows === null) {
    newOffsets.set(offsets);
    newData.set(data);
    return;
  }
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const start = offsets[rows[i]!]!;
    const end = offsets[rows[i]! + 1]!;
    for (let b = start; b < end; b++) newData[at++] = data[b]!;
    newOffsets[i + 1] = at;
  }
}
