// The benchmark's source: batches as fast as they are taken, or so many per second. The references have the same in plain
// JavaScript (bench/reference/cell.mjs).
import { allocateBatch, BatchReader } from "../../src/core/batch/index.ts";
import type { RunningSource } from "../../src/operators/index.ts";
import { type Load, recordShape } from "./protocol.ts";

export function pacedSource({ batches, rows, perSecond }: Load): RunningSource {
  const template = allocateBatch(recordShape, rows).bytes;
  let startNs = 0n;
  let made = 0;
  const make = (): Uint8Array => {
    const batch = new BatchReader(template.slice(), recordShape);
    const values = batch.int64(0);
    let value = BigInt(made * rows);
    for (let i = 0; i < values.length; i++) {
      values[i] = value;
      value = BigInt.asIntN(64, value + 1n);
    }
    batch.int64(1)[0] = process.hrtime.bigint();
    made++;
    return batch.bytes;
  };
  const dueNs = () => startNs + BigInt(Math.round((made * 1e9) / perSecond));
  return {
    async next() {
      if (made === batches) return null;
      if (made === 0) startNs = process.hrtime.bigint();
      if (perSecond > 0)
        while (process.hrtime.bigint() < dueNs()) await new Promise((resolve) => setImmediate(resolve));
      return make();
    },
    async close() {
      made = batches;
    },
  };
}
