// Tumbling windows: collects records until a window is complete, and names the window in a column. Windows are counted
// or follow the records' own timestamps; there is no clock here.
//
// INVARIANT 1: a batch carries whole windows only, so that an aggregate over each batch, by the window, is complete.
// INVARIANT 2: what is held is bounded: an operator that waits for a window that never closes fails, with a reason.
//
//   record ──▶ held in its window ── count reached, or the watermark passes its end ──▶ complete ──▶ sent when it fits
import { z } from "zod";
import { accept, type Result } from "../core/base/index.ts";
import { BatchBuilder, BatchReader, maxBatchBytes, maxBatchRows, type RowValue } from "../core/batch/index.ts";
import { type Attribute, attributeSchema, type Column, columnOf, type RecordShape } from "../core/model/index.ts";
import type { RunningTransform } from "./contract.ts";
import { defineOperator, faultOnData, orFault, refuseParam, requireColumn } from "./define.ts";
import { limits } from "./limits.ts";

const paramsSchema = z.union([
  z.strictObject({
    /** Records per window. */
    count: z.number().int().min(1).max(maxBatchRows),
    /** The column that numbers the windows, from 0. */
    as: attributeSchema.default("window" as Attribute),
  }),
  z.strictObject({
    /** Length of a window in the records' own time. */
    every_ms: z
      .number()
      .int()
      .min(1)
      .max(366 * 86_400_000),
    timestamp: attributeSchema,
    /** How far records may be out of order. */
    lateness_ms: z
      .number()
      .int()
      .min(0)
      .max(366 * 86_400_000)
      .default(0),
    /** What to do with a record whose window is already sent. */
    late: z.enum(["fail", "drop"]).default("fail"),
    /** The column that names a window by its beginning. */
    as: attributeSchema.default("window" as Attribute),
  }),
]);
type WindowParams = z.output<typeof paramsSchema>;

function shapeOf(params: WindowParams, input: RecordShape): Result<RecordShape> {
  if (columnOf(input, params.as) !== undefined) return refuseParam("as", `the input carries ${params.as} already`);
  if (input.length === 64) return refuseParam("as", "the input has 64 columns; there is no room for one more");
  if ("timestamp" in params) {
    const found = requireColumn(input, "timestamp", params.timestamp, ["timestamp"]);
    if (!found.ok) return found;
    if (found.value.column.nullable)
      return refuseParam("timestamp", `${params.timestamp} may be absent; filter those records out first`);
  }
  const column: Column = { name: params.as, type: "timestamp" in params ? "timestamp" : "int64", nullable: false };
  return accept([column, ...input]);
}

export const window = defineOperator({
  name: "window",
  version: 1,
  kind: "transform",
  summary: "Collects records into windows of a count or of a time.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer(params, [input]) {
    const shape = shapeOf(params, input!);
    return shape.ok ? accept({ output: shape.value, stateless: false }) : shape;
  },
  start(params, { inputs: [input] }) {
    const shape = shapeOf(params, input!);
    if (!shape.ok) return shape;
    const assign = "count" in params ? byCount(params.count) : byTime(params, input!);
    return accept({ kind: "transform", transform: new Windows(input!, shape.value, assign) });
  },
});

interface Assigner {
  /** The window of a record; null drops it. */
  assign(batch: BatchReader, row: number): bigint | null;
  /** Windows before this one are complete. */
  completeBefore(): bigint;
}

function byCount(count: number): Assigner {
  let seen = 0n;
  const size = BigInt(count);
  return { assign: () => seen++ / size, completeBefore: () => seen / size };
}

function byTime(params: Extract<WindowParams, { timestamp: Attribute }>, input: RecordShape): Assigner {
  const column = input.findIndex((each) => each.name === params.timestamp);
  const size = BigInt(params.every_ms) * 1000n;
  const lateness = BigInt(params.lateness_ms) * 1000n;
  const startOf = (time: bigint) => time - (((time % size) + size) % size);
  let open: bigint | null = null;
  return {
    assign(batch, row) {
      const time = batch.value(column, row) as bigint;
      const start = startOf(time);
      if (open !== null && start < open) {
        if (params.late === "drop") return null;
        throw faultOnData(
          "a record came after its window was sent; raise params.lateness_ms or set params.late to drop",
        );
      }
      const horizon = startOf(time - lateness);
      if (open === null || horizon > open) open = horizon;
      return start;
    },
    completeBefore: () => open ?? -(2n ** 63n),
  };
}

class Windows implements RunningTransform {
  readonly #input: RecordShape;
  readonly #builder: BatchBuilder;
  readonly #assigner: Assigner;
  /** In order of their windows once complete; insertion order otherwise. */
  readonly #held = new Map<bigint, RowValue[][]>();
  #rows = 0;

  constructor(input: RecordShape, output: RecordShape, assigner: Assigner) {
    this.#input = input;
    this.#builder = new BatchBuilder(output);
    this.#assigner = assigner;
  }

  process(_: number, bytes: Uint8Array): Uint8Array | null {
    const batch = new BatchReader(bytes, this.#input);
    for (let row = 0; row < batch.rows; row++) {
      const start = this.#assigner.assign(batch, row);
      if (start === null) continue;
      const values: RowValue[] = [start, ...this.#input.map((_, column) => batch.value(column, row))];
      const window = this.#held.get(start);
      if (window === undefined) this.#held.set(start, [values]);
      else window.push(values);
      if (++this.#rows > limits.maxHeldRows)
        throw faultOnData(`more than ${limits.maxHeldRows} records wait for their windows; make them smaller`);
    }
    return this.#sendBefore(this.#assigner.completeBefore());
  }

  end(): Uint8Array[] {
    const batches: Uint8Array[] = [];
    for (let batch = this.#sendBefore(null); batch !== null; batch = this.#sendBefore(null)) batches.push(batch);
    return batches;
  }

  /** As many whole windows as fit one batch, oldest first; null bound: all are complete. */
  #sendBefore(bound: bigint | null): Uint8Array | null {
    const complete = [...this.#held.keys()].filter((start) => bound === null || start < bound);
    complete.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const start of complete) {
      const rows = this.#held.get(start)!;
      if (this.#builder.rows > 0 && !this.#fits(rows)) break;
      for (const values of rows) {
        const refusal = this.#builder.append(values);
        if (refusal !== null)
          throw faultOnData(`one window has more than ${maxBatchRows} records; make windows smaller`);
      }
      this.#held.delete(start);
      this.#rows -= rows.length;
    }
    return this.#builder.rows === 0 ? null : orFault(this.#builder.finish());
  }

  /** By an upper bound of what the rows will take. */
  #fits(rows: readonly RowValue[][]): boolean {
    if (this.#builder.rows + rows.length > maxBatchRows) return false;
    let bytes = this.#builder.bytes;
    for (const values of rows)
      for (const value of values)
        bytes += 16 + (typeof value === "string" ? 3 * value.length : value instanceof Uint8Array ? value.length : 0);
    return bytes <= maxBatchBytes;
  }
}
