// Batches of one column, as the cells that ask people pass them on: as many as it takes.
import { BatchBuilder, BatchReader, type RowValue } from "../../core/batch/index.ts";
import type { RecordShape } from "../../core/model/index.ts";
import { OperatorFault } from "../../operators/index.ts";

const batchBytes = 256 * 1024;

export function batchesOf(shape: RecordShape, values: Iterable<unknown>): Uint8Array[] {
  const batches: Uint8Array[] = [];
  const builder = new BatchBuilder(shape);
  const finish = () => {
    const batch = builder.finish();
    if (!batch.ok) throw new OperatorFault(batch);
    batches.push(batch.value);
  };
  for (const value of values) {
    const refusal = builder.append([value]);
    if (refusal !== null) throw new OperatorFault(refusal);
    if (builder.bytes > batchBytes) finish();
  }
  if (builder.rows > 0) finish();
  return batches;
}

export function valuesIn(shape: RecordShape, batch: Uint8Array): RowValue[] {
  const reader = new BatchReader(batch, shape);
  return Array.from({ length: reader.rows }, (_, row) => reader.value(0, row));
}
