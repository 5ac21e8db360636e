// Prints records (PBDS §6.3, SinkPrintFunction): one line each, the bare value when there is one column, JSON otherwise.
import { z } from "zod";
import { accept } from "../core/base/index.ts";
import { BatchReader } from "../core/batch/index.ts";
import { defineOperator } from "./define.ts";
import { plainValue } from "./formats/index.ts";

const paramsSchema = z.strictObject({
  /** Stands before each line. */
  label: z.string().max(80).default(""),
  /** Prints this many records, then only how many more there were. Absent: all. */
  limit: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
});

export const sinkPrint = defineOperator({
  name: "sink-print",
  version: 1,
  kind: "sink",
  summary: "Prints each record on the node that runs it.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  // What was written cannot be unwritten: a replaced sink would write again what was not acknowledged yet.
  infer: () => accept({ output: null, stateless: false }),
  start({ label, limit }, { inputs: [shape], ports }) {
    const prefix = label === "" ? "" : `${label} `;
    let seen = 0;
    return accept({
      kind: "sink",
      sink: {
        write(bytes) {
          const batch = new BatchReader(bytes, shape!);
          const printed = Math.min(batch.rows, Math.max(0, (limit ?? Number.POSITIVE_INFINITY) - seen));
          for (let row = 0; row < printed; row++) ports.print(prefix + lineOf(batch, row));
          seen += batch.rows;
        },
        async end() {
          if (limit !== undefined && seen > limit) ports.print(`${prefix}and ${seen - limit} more`);
        },
        async close() {},
      },
    });
  },
});

function lineOf(batch: BatchReader, row: number): string {
  const { shape } = batch;
  if (shape.length === 1) {
    const value = plainValue(shape[0]!.type, batch.value(0, row));
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return JSON.stringify(
    Object.fromEntries(shape.map((column, c) => [column.name, plainValue(column.type, batch.value(c, row))])),
  );
}
