// Takes a part of the records: every n-th, or those whose hash of one attribute falls below a fraction. The second keeps
// all records of a value or none, and needs no memory. Nothing random: the same input gives the same sample.
import { z } from "zod";
import { accept } from "../core/base/index.ts";
import { BatchReader, selectBatch } from "../core/batch/index.ts";
import { attributeSchema } from "../core/model/index.ts";
import { defineOperator, requireColumn, transform } from "./define.ts";

const paramsSchema = z.union([
  z.strictObject({ every: z.number().int().min(1).max(1_000_000_000) }),
  z.strictObject({
    fraction: z.number().min(0).max(1),
    by: attributeSchema,
    /** Another seed takes another sample. */
    seed: z.number().int().min(0).max(0xffff_ffff).default(0),
  }),
]);

export const sample = defineOperator({
  name: "sample",
  version: 1,
  kind: "transform",
  summary: "Takes every n-th record, or a fraction chosen by the hash of one attribute.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer(params, [input]) {
    if ("every" in params) return accept({ output: input!, stateless: params.every === 1 });
    const found = requireColumn(input!, "by", params.by);
    return found.ok ? accept({ output: input!, stateless: true }) : found;
  },
  start(params, { inputs: [input] }) {
    const columns = input!.map((_, index) => index);
    const choose =
      "every" in params
        ? everyNth(params.every)
        : byHash(params.fraction, columns[input!.findIndex((c) => c.name === params.by)]!, params.seed);
    return transform((_, bytes) => {
      const batch = new BatchReader(bytes, input!);
      const rows = choose(batch);
      if (rows.length === 0) return null;
      return rows.length === batch.rows ? bytes : selectBatch(batch, input!, columns, rows);
    });
  },
});

type Chooser = (batch: BatchReader) => Uint32Array;

/** The first record, and every n-th after it, counted over the whole stream. */
function everyNth(every: number): Chooser {
  let untilNext = 0;
  return (batch) => {
    const rows: number[] = [];
    let row = untilNext;
    for (; row < batch.rows; row += every) rows.push(row);
    untilNext = row - batch.rows;
    return Uint32Array.from(rows);
  };
}

function byHash(fraction: number, column: number, seed: number): Chooser {
  const bound = fraction * 4_294_967_296;
  return (batch) => {
    const rows = new Uint32Array(batch.rows);
    const bytesOf = valueBytes(batch, column);
    let count = 0;
    for (let row = 0; row < batch.rows; row++) if (hash32(bytesOf(row), seed) < bound) rows[count++] = row;
    return rows.subarray(0, count);
  };
}

const absent = new Uint8Array(0);
function valueBytes(batch: BatchReader, column: number): (row: number) => Uint8Array {
  const { type } = batch.shape[column]!;
  if (type === "text" || type === "bytes") {
    const offsets = batch.offsets(column);
    const data = batch.data(column);
    return (row) => data.subarray(offsets[row]!, offsets[row + 1]!);
  }
  const width = type === "bool" ? 1 : 8;
  const values = width === 1 ? batch.bool(column) : batch.halves(column);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return (row) => (batch.isPresent(column, row) ? bytes.subarray(row * width, row * width + width) : absent);
}

/** FNV-1a with the finalizer of MurmurHash3: spreads short and regular values evenly. Not a secret. */
function hash32(bytes: Uint8Array, seed: number): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
