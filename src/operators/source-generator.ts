// A stream of integers: `from`, `from + step`, … (PBDS §6.3, SourceGeneratorFunction). Payload columns make the records
// as wide as a measurement wants them.
import { z } from "zod";
import { accept } from "../core/base/index.ts";
import { allocateBatch, BatchReader, batchBytes, maxBatchBytes, prepareShape } from "../core/batch/index.ts";
import { type Attribute, attributeSchema, type Column, type RecordShape } from "../core/model/index.ts";
import type { RunningSource } from "./contract.ts";
import { defineOperator, refuseParam } from "./define.ts";
import { limits } from "./limits.ts";

const safeInteger = z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

const paramsSchema = z.strictObject({
  /** First value. */
  from: safeInteger.default(0),
  /** How many values; 0 = endless. */
  count: safeInteger.min(0).default(0),
  step: safeInteger.default(1),
  /** Values per batch. */
  batch: z.number().int().min(1).max(limits.maxSourceRows).default(1),
  /** Pause after each batch. */
  every_ms: z.number().int().min(0).max(86_400_000).default(0),
  attribute: attributeSchema.default("value" as Attribute),
  /** Further columns that fill the record: int64 carries 8 bytes, text and bytes as many as said. */
  payload: z
    .array(
      z.strictObject({
        attribute: attributeSchema,
        type: z.enum(["int64", "text", "bytes"]).default("bytes"),
        bytes: z.number().int().min(0).max(65_536).default(8),
      }),
    )
    .max(32)
    .default([]),
});
type GeneratorParams = z.output<typeof paramsSchema>;

function shapeOf(params: GeneratorParams): RecordShape {
  const value: Column = { name: params.attribute, type: "int64", nullable: false };
  return [value, ...params.payload.map(({ attribute, type }): Column => ({ name: attribute, type, nullable: false }))];
}

const dataLengthsOf = (params: GeneratorParams, rows: number): number[] => [
  0,
  ...params.payload.map((column) => column.bytes * rows),
];

export const sourceGenerator = defineOperator({
  name: "source-generator",
  version: 1,
  kind: "source",
  summary: "Produces integers: from, from + step, and so on.",
  inputs: { min: 0, max: 0 },
  params: paramsSchema,
  infer(params) {
    const shape = shapeOf(params);
    const doubled = params.payload.findIndex(
      (column, i) => shape.findIndex((each) => each.name === column.attribute) !== i + 1,
    );
    if (doubled >= 0) return refuseParam(`payload.${doubled}.attribute`, "two columns share a name");
    if (params.count > 0 && !Number.isSafeInteger(params.from + params.step * (params.count - 1))) {
      return refuseParam("count", "the last value would not be an exact integer");
    }
    const bytes = batchBytes(prepareShape(shape), params.batch, { dataLengths: dataLengthsOf(params, params.batch) });
    if (bytes > maxBatchBytes)
      return refuseParam("batch", `a batch would have ${bytes} bytes, at most ${maxBatchBytes}`);
    return accept({ output: shape, stateless: false });
  },
  start(params, { ports }) {
    return accept({ kind: "source", source: generate(params, ports.sleep) });
  },
});

function generate(params: GeneratorParams, sleep: (ms: number, signal: AbortSignal) => Promise<void>): RunningSource {
  const closing = new AbortController();
  let made = 0;
  let template = templateOf(params, params.batch);
  return {
    async next() {
      if (made > 0 && params.every_ms > 0) await sleep(params.every_ms, closing.signal);
      const left = params.count === 0 ? params.batch : Math.min(params.batch, params.count - made);
      if (left === 0 || closing.signal.aborted) return null;
      if (left < params.batch) template = templateOf(params, left);
      const batch = new BatchReader(template.slice(), shapeCache(params));
      fill(batch.int64(0), params.from + made * params.step, params.step);
      made += left;
      return batch.bytes;
    },
    async close() {
      closing.abort();
    },
  };
}

const shapes = new WeakMap<GeneratorParams, RecordShape>();
function shapeCache(params: GeneratorParams): RecordShape {
  const known = shapes.get(params) ?? shapeOf(params);
  shapes.set(params, known);
  return known;
}

/** A whole batch but for the values: only they change from batch to batch. */
function templateOf(params: GeneratorParams, rows: number): Uint8Array {
  const batch = allocateBatch(shapeCache(params), rows, { dataLengths: dataLengthsOf(params, rows) });
  params.payload.forEach(({ type, bytes }, i) => {
    if (type === "int64") {
      batch.halves(i + 1).fill(0x0101_0101);
      return;
    }
    batch.data(i + 1).fill(0x2e);
    const offsets = batch.offsets(i + 1);
    for (let row = 0; row <= rows; row++) offsets[row] = row * bytes;
  });
  return batch.bytes;
}

/** `BigInt.asIntN(64, …)` keeps the sum in a machine register: no BigInt is made. */
function fill(values: BigInt64Array, from: number, step: number): void {
  const addend = BigInt(step);
  let value = BigInt(from);
  for (let i = 0; i < values.length; i++) {
    values[i] = value;
    value = BigInt.asIntN(64, value + addend);
  }
}
