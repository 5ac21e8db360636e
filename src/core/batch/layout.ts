// The layout of a batch: one block of bytes, little-endian, columnar, 8-byte aligned (docs/protocols/operators.md).
//
//    0 u32 magic "HGB1"   4 u32 rows   8 u32 total bytes   12 u16 columns   14 u16 length of the shape block
//   16 shape block, padded with 0 to 8: per column u8 type, u8 flags (1 = nullable), u8 name length, name
//      one descriptor of 16 bytes per column: u32 validity, u32 data, u32 data length, u32 offsets
//      per column: validity bitmap (if any), offsets (text and bytes), data; each begins at the next multiple of 8
//
// INVARIANT 1: the layout is canonical. Shape, rows, which columns have a validity bitmap and the lengths of the text
//   columns determine every offset, so there is no gap in which undeclared data could travel past a policy.
// INVARIANT 2: the shape block of a shape is canonical, so "exactly the declared attributes" is one comparison of bytes.
import { assert } from "../base/index.ts";
import { type Column, type ColumnType, columnTypes, type RecordShape } from "../model/index.ts";
import { decodeText, encodeText } from "./utf8.ts";

export const batchMagic = 0x31424748;
export const headerBytes = 16;
export const descriptorBytes = 16;

assert(new Uint8Array(new Uint32Array([1]).buffer)[0] === 1, "batches are little-endian, and so must the machine be");

export const align8 = (offset: number): number => (offset + 7) & ~7;

/** Bytes per row of a fixed-width column, 0 for text and bytes. */
export function widthOf(type: ColumnType): 0 | 1 | 8 {
  if (type === "text" || type === "bytes") return 0;
  return type === "bool" ? 1 : 8;
}

/** The part of a batch that says which attributes it carries. Unpadded. */
export function shapeBlock(shape: RecordShape): Uint8Array {
  const parts: number[] = [];
  for (const column of shape) {
    const name = encodeText(column.name);
    parts.push(columnTypes.indexOf(column.type), column.nullable ? 1 : 0, name.length, ...name);
  }
  return Uint8Array.from(parts);
}

/** What checking and building batches of one shape need, computed once. */
export interface ShapeCheck {
  readonly shape: RecordShape;
  readonly block: Uint8Array;
  readonly widths: readonly (0 | 1 | 8)[];
  readonly nullable: readonly boolean[];
  /** Where the descriptors and the columns begin. */
  readonly descriptors: number;
  readonly body: number;
}

const prepared = new WeakMap<RecordShape, ShapeCheck>();

export function prepareShape(shape: RecordShape): ShapeCheck {
  const known = prepared.get(shape);
  if (known !== undefined) return known;
  const block = shapeBlock(shape);
  const descriptors = headerBytes + align8(block.length);
  const check: ShapeCheck = {
    shape,
    block,
    widths: shape.map((column) => widthOf(column.type)),
    nullable: shape.map((column) => column.nullable),
    descriptors,
    body: descriptors + descriptorBytes * shape.length,
  };
  prepared.set(shape, check);
  return check;
}

/** What the layout depends on besides shape and rows, by column index. */
export interface BatchSizes {
  /** Total bytes of each text or bytes column. */
  readonly dataLengths?: readonly number[];
  /** Which columns carry a validity bitmap. */
  readonly validity?: readonly boolean[];
}

/** Bytes of a batch before it is made, so that a builder can stop in time. */
export function batchBytes(check: ShapeCheck, rows: number, sizes: BatchSizes = {}): number {
  let cursor = check.body;
  for (let c = 0; c < check.widths.length; c++) {
    const width = check.widths[c]!;
    if (sizes.validity?.[c]) cursor = align8(cursor + ((rows + 7) >> 3));
    if (width === 0) cursor = align8(cursor + 4 * (rows + 1)) + align8(sizes.dataLengths?.[c] ?? 0);
    else cursor = align8(cursor + width * rows);
  }
  return cursor;
}

/** Reads a shape back out of the shape block of a batch that was checked before, such as one kept on disk. */
export function shapeOf(batch: Uint8Array): RecordShape {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const columns = view.getUint16(12, true);
  const shape: Column[] = [];
  for (let at = headerBytes; shape.length < columns; ) {
    const name = decodeText(batch, at + 3, at + 3 + batch[at + 2]!);
    shape.push({ name: name as Column["name"], type: columnTypes[batch[at]!]!, nullable: (batch[at + 1]! & 1) === 1 });
    at += 3 + batch[at + 2]!;
  }
  return shape;
}
