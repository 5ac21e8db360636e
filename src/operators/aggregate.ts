// Counts, sums, means, least and greatest values, by key: over each batch (after a window: over each window), or over the
// whole stream, given at its end. Absent values are not counted in. Groups come out in the order of their keys, so the
// order in which records arrived does not show. An aggregate of `a.b` is named `a.b.mean`: a policy on `a` covers it.
import { z } from "zod";
import { accept, type Result } from "../core/base/index.ts";
import { BatchBuilder, BatchReader, type RowValue } from "../core/batch/index.ts";
import {
  type Attribute,
  attributeSchema,
  type Column,
  type ColumnType,
  type RecordShape,
  recordShapeSchema,
} from "../core/model/index.ts";
import { defineOperator, faultOnData, orFault, refuseParam, requireColumn, transform } from "./define.ts";
import { limits } from "./limits.ts";

const functionNames = ["count", "sum", "mean", "min", "max"] as const;
type FunctionName = (typeof functionNames)[number];

const paramsSchema = z.strictObject({
  by: z.array(attributeSchema).max(16).default([]),
  compute: z
    .array(
      z.strictObject({
        function: z.enum(functionNames),
        /** Absent for a count of records. */
        attribute: attributeSchema.optional(),
        as: attributeSchema.optional(),
      }),
    )
    .min(1)
    .max(32),
  over: z.enum(["batch", "stream"]).default("batch"),
});
type AggregateParams = z.output<typeof paramsSchema>;

const allowedTypes: Record<FunctionName, readonly ColumnType[]> = {
  count: ["bool", "int64", "float64", "timestamp", "text", "bytes"],
  sum: ["int64", "float64"],
  mean: ["int64", "float64"],
  min: ["int64", "float64", "timestamp", "text"],
  max: ["int64", "float64", "timestamp", "text"],
};

interface Step {
  readonly name: FunctionName;
  /** -1: counts records. */
  readonly column: number;
  readonly type: ColumnType;
}
interface Plan {
  readonly shape: RecordShape;
  readonly keys: readonly number[];
  readonly steps: readonly Step[];
}

function planOf(params: AggregateParams, input: RecordShape): Result<Plan> {
  const keys: { column: Column; index: number }[] = [];
  for (const [i, name] of params.by.entries()) {
    const found = requireColumn(input, `by.${i}`, name);
    if (!found.ok) return found;
    keys.push(found.value);
  }
  const columns: Column[] = keys.map(({ column }) => column);
  const steps: Step[] = [];
  for (const [i, each] of params.compute.entries()) {
    const made = stepOf(each, i, input);
    if (!made.ok) return made;
    steps.push(made.value.step);
    columns.push(made.value.column);
  }
  const shape = recordShapeSchema.safeParse(columns);
  if (!shape.success) return refuseParam("compute", shape.error.issues[0]!.message);
  return accept({ shape: shape.data, keys: keys.map(({ index }) => index), steps });
}

function stepOf(
  each: AggregateParams["compute"][number],
  i: number,
  input: RecordShape,
): Result<{ step: Step; column: Column }> {
  const { function: name, attribute } = each;
  if (attribute === undefined) {
    if (name !== "count") return refuseParam(`compute.${i}.attribute`, `${name} needs an attribute`);
    const column: Column = { name: each.as ?? ("count" as Attribute), type: "int64", nullable: false };
    return accept({ step: { name, column: -1, type: "int64" }, column });
  }
  const found = requireColumn(input, `compute.${i}.attribute`, attribute, allowedTypes[name]);
  if (!found.ok) return found;
  const { type, nullable } = found.value.column;
  const named = attributeSchema.safeParse(each.as ?? `${attribute}.${name}`);
  if (!named.success) return refuseParam(`compute.${i}.as`, "the name made from the attribute is too long; give one");
  const gives: ColumnType = name === "count" ? "int64" : name === "mean" ? "float64" : type;
  const column: Column = { name: named.data, type: gives, nullable: nullable && name !== "count" };
  return accept({ step: { name, column: found.value.index, type }, column });
}

export const aggregate = defineOperator({
  name: "aggregate",
  version: 1,
  kind: "transform",
  summary: "Counts, sums, means, least and greatest values by key.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer(params, [input]) {
    const plan = planOf(params, input!);
    return plan.ok ? accept({ output: plan.value.shape, stateless: params.over === "batch" }) : plan;
  },
  start(params, { inputs: [input] }) {
    const plan = planOf(params, input!);
    if (!plan.ok) return plan;
    let groups = new Map<unknown, Group>();
    const take = (): Uint8Array[] => {
      const batches = write(plan.value, [...groups.values()]);
      groups = new Map();
      return batches;
    };
    if (params.over === "stream") {
      return transform((_, bytes) => {
        collect(plan.value, new BatchReader(bytes, input!), groups);
        return null;
      }, take);
    }
    return transform((_, bytes) => {
      collect(plan.value, new BatchReader(bytes, input!), groups);
      const batches = take();
      if (batches.length > 1) throw faultOnData("the groups of one batch do not fit one batch");
      return batches[0] ?? null;
    });
  },
});

interface Group {
  readonly keys: readonly RowValue[];
  readonly cells: Cell[];
}
/** What one function has seen in one group. */
interface Cell {
  count: bigint;
  exact: bigint;
  float: number;
  extreme: RowValue;
}

function collect(plan: Plan, batch: BatchReader, groups: Map<unknown, Group>): void {
  for (let row = 0; row < batch.rows; row++) {
    const keys = plan.keys.map((column) => batch.value(column, row));
    const id = keys.length === 1 && !(keys[0] instanceof Uint8Array) ? keys[0] : keys.map(keyText).join("\u0000");
    let group = groups.get(id);
    if (group === undefined) {
      if (groups.size === limits.maxGroups) throw faultOnData(`more than ${limits.maxGroups} groups`);
      group = { keys, cells: plan.steps.map(() => ({ count: 0n, exact: 0n, float: 0, extreme: null })) };
      groups.set(id, group);
    }
    for (let s = 0; s < plan.steps.length; s++) {
      const step = plan.steps[s]!;
      if (step.column < 0) group.cells[s]!.count++;
      else add(step, group.cells[s]!, batch.value(step.column, row));
    }
  }
}

/** Distinct for distinct keys: each part carries its length. */
function keyText(value: RowValue): string {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
  return `${value === null ? "-" : text.length}:${text}`;
}

function add({ name, type }: Step, cell: Cell, value: RowValue): void {
  if (value === null) return;
  cell.count++;
  if (name === "sum" || name === "mean") {
    if (type === "int64") cell.exact += value as bigint;
    else cell.float += value as number;
  } else if (name === "min") {
    if (cell.extreme === null || value < cell.extreme || Number.isNaN(value)) cell.extreme = value;
  } else if (name === "max") {
    if (cell.extreme === null || value > cell.extreme || Number.isNaN(value)) cell.extreme = value;
  }
}

function result({ name, type }: Step, cell: Cell): RowValue {
  switch (name) {
    case "count":
      return cell.count;
    case "sum":
      if (cell.count === 0n) return null;
      if (type === "float64") return cell.float;
      if (BigInt.asIntN(64, cell.exact) !== cell.exact) throw faultOnData("a sum leaves the range of int64");
      return cell.exact;
    case "mean":
      if (cell.count === 0n) return null;
      return (type === "int64" ? Number(cell.exact) : cell.float) / Number(cell.count);
    case "min":
    case "max":
      return cell.extreme;
  }
}

function write({ shape, steps }: Plan, groups: Group[]): Uint8Array[] {
  groups.sort((a, b) => compareKeys(a.keys, b.keys));
  const batches: Uint8Array[] = [];
  const builder = new BatchBuilder(shape);
  for (const group of groups) {
    const refusal = builder.append([...group.keys, ...steps.map((step, s) => result(step, group.cells[s]!))]);
    if (refusal !== null) orFault(refusal);
    if (builder.bytes > 1024 * 1024) batches.push(orFault(builder.finish()));
  }
  if (builder.rows > 0) batches.push(orFault(builder.finish()));
  return batches;
}

/** Absent first, NaN last; bytes by their hexadecimal text. */
function compareKeys(a: readonly RowValue[], b: readonly RowValue[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [sortable(a[i]!), sortable(b[i]!)];
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    if (x < y || (Number.isNaN(y) && !Number.isNaN(x))) return -1;
    if (x > y || (Number.isNaN(x) && !Number.isNaN(y))) return 1;
  }
  return 0;
}

function sortable(value: RowValue): Exclude<RowValue, Uint8Array> {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
