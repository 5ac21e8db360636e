// Makes room for a batch: header and descriptors in place, columns to be filled.
import { assert } from "../base/index.ts";
import type { RecordShape } from "../model/index.ts";
import {
  align8,
  type BatchSizes,
  batchBytes,
  batchMagic,
  descriptorBytes,
  headerBytes,
  prepareShape,
} from "./layout.ts";
import { maxBatchBytes, maxBatchRows } from "./limits.ts";
import { BatchReader } from "./reader.ts";

/**
 * A batch with its header in place and its columns zeroed. Fill them through the reader's views; bitmaps start with all
 * rows absent. Whoever allocates has made sure that it fits.
 */
export function allocateBatch(shape: RecordShape, rows: number, sizes: BatchSizes = {}): BatchReader {
  const check = prepareShape(shape);
  const total = batchBytes(check, rows, sizes);
  assert(rows <= maxBatchRows && total <= maxBatchBytes, `a batch of ${rows} rows and ${total} bytes is too large`);
  const bytes = new Uint8Array(total);
  const words = new Uint32Array(bytes.buffer);
  words[0] = batchMagic;
  words[1] = rows;
  words[2] = total;
  words[3] = (shape.length | (check.block.length << 16)) >>> 0;
  bytes.set(check.block, headerBytes);
  let cursor = check.body;
  for (let c = 0; c < shape.length; c++) {
    const at = (check.descriptors + descriptorBytes * c) >> 2;
    const width = check.widths[c]!;
    if (sizes.validity?.[c]) {
      assert(check.nullable[c], `${shape[c]!.name} is not nullable`);
      words[at] = cursor;
      cursor = align8(cursor + ((rows + 7) >> 3));
    }
    if (width === 0) {
      words[at + 3] = cursor;
      cursor = align8(cursor + 4 * (rows + 1));
    }
    const length = width === 0 ? (sizes.dataLengths?.[c] ?? 0) : width * rows;
    words[at + 1] = cursor;
    words[at + 2] = length;
    cursor = align8(cursor + length);
  }
  return new BatchReader(bytes, check.shape);
}
