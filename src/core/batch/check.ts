// Is this exactly one batch of the declared shape? Asked of every batch from a peer and from a sandbox, so it assumes
// nothing of the bytes. O(columns), and O(rows) for text and bytes only.
//
// INVARIANT 1: accepted bytes are canonical: every byte belongs to the header, to a declared column, or is padding of 0.
// INVARIANT 2: after acceptance no view that a reader makes can leave the batch.
import { accept, type Refusal, type Result, refuse } from "../base/index.ts";
import { align8, batchMagic, descriptorBytes, headerBytes, type ShapeCheck } from "./layout.ts";
import { maxBatchBytes, maxBatchRows } from "./limits.ts";

export interface BatchBounds {
  readonly maxBytes?: number;
  readonly maxRows?: number;
}

export function checkBatch(
  bytes: Uint8Array,
  expected: ShapeCheck,
  bounds: BatchBounds = {},
): Result<{ rows: number }> {
  const maxBytes = bounds.maxBytes ?? maxBatchBytes;
  const maxRows = bounds.maxRows ?? maxBatchRows;
  if (bytes.length > maxBytes)
    return refuse("batch-too-large", { detail: `${bytes.length} bytes, at most ${maxBytes}` });
  if (bytes.length < headerBytes) return malformed("shorter than its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== batchMagic) return malformed("not a batch");
  if (view.getUint32(8, true) !== bytes.length) return malformed("its length is not the length that it states");
  const rows = view.getUint32(4, true);
  if (rows > maxRows) return refuse("batch-too-large", { detail: `${rows} rows, at most ${maxRows}` });
  const { block } = expected;
  if (view.getUint16(12, true) !== expected.shape.length || view.getUint16(14, true) !== block.length)
    return wrongShape();
  if (bytes.length < expected.body) return malformed("shorter than its descriptors");
  for (let i = 0; i < block.length; i++) if (bytes[headerBytes + i] !== block[i]) return wrongShape();
  if (!zeros(bytes, headerBytes + block.length, expected.descriptors)) return malformed("padding is not 0");
  return checkColumns(bytes, view, expected, rows);
}

function checkColumns(bytes: Uint8Array, view: DataView, expected: ShapeCheck, rows: number): Result<{ rows: number }> {
  const total = bytes.length;
  let cursor = expected.body;
  for (let c = 0; c < expected.widths.length; c++) {
    const at = expected.descriptors + descriptorBytes * c;
    const validity = view.getUint32(at, true);
    const data = view.getUint32(at + 4, true);
    const length = view.getUint32(at + 8, true);
    const offsets = view.getUint32(at + 12, true);
    const width = expected.widths[c]!;
    if (validity !== 0) {
      if (!expected.nullable[c]) return malformed(`column ${c} has absent values and must not`);
      const end = cursor + ((rows + 7) >> 3);
      if (validity !== cursor || align8(end) > total) return malformed(`column ${c}: validity is out of place`);
      if ((rows & 7) !== 0 && bytes[end - 1]! >> (rows & 7) !== 0)
        return malformed(`column ${c}: validity past its rows`);
      if (!zeros(bytes, end, align8(end))) return malformed("padding is not 0");
      cursor = align8(end);
    }
    if (width === 0) {
      const end = cursor + 4 * (rows + 1);
      if (offsets !== cursor || align8(end) > total) return malformed(`column ${c}: offsets are out of place`);
      if (length > total || !monotone(bytes, view, offsets, rows, length)) return malformed(`column ${c}: offsets lie`);
      if (!zeros(bytes, end, align8(end))) return malformed("padding is not 0");
      cursor = align8(end);
    } else if (offsets !== 0 || length !== width * rows)
      return malformed(`column ${c}: length does not match its rows`);
    const end = cursor + length;
    if (data !== cursor || align8(end) > total) return malformed(`column ${c}: data is out of place`);
    if (!zeros(bytes, end, align8(end))) return malformed("padding is not 0");
    cursor = align8(end);
  }
  return cursor === total ? accept({ rows }) : malformed("bytes that belong to no column");
}

/** From 0 to the length of the data, never backwards. */
function monotone(bytes: Uint8Array, view: DataView, offsets: number, rows: number, length: number): boolean {
  let previous = 0;
  if (view.getUint32(offsets, true) !== 0) return false;
  if (((bytes.byteOffset + offsets) & 3) === 0) {
    const values = new Uint32Array(bytes.buffer, bytes.byteOffset + offsets, rows + 1);
    for (let i = 1; i <= rows; i++) {
      const value = values[i]!;
      if (value < previous) return false;
      previous = value;
    }
  } else {
    for (let i = 1; i <= rows; i++) {
      const value = view.getUint32(offsets + 4 * i, true);
      if (value < previous) return false;
      previous = value;
    }
  }
  return previous === length;
}

function zeros(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

function malformed(detail: string): Refusal {
  return refuse("batch-malformed", { detail });
}

function wrongShape(): Refusal {
  return refuse("batch-wrong-shape", { detail: "it does not carry exactly the declared attributes" });
}
