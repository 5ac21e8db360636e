// Lets through only the attributes named, under other names if asked: what is not needed does not travel on.
import { z } from "zod";
import { accept, type Result } from "../core/base/index.ts";
import { BatchReader, selectBatch } from "../core/batch/index.ts";
import { attributeSchema, type Column, type RecordShape } from "../core/model/index.ts";
import { defineOperator, refuseParam, requireColumn, transform } from "./define.ts";

const paramsSchema = z.strictObject({
  /** In this order. Absent: all. */
  keep: z.array(attributeSchema).min(1).max(64).optional(),
  rename: z
    .array(z.strictObject({ from: attributeSchema, to: attributeSchema }))
    .max(64)
    .default([]),
});

interface Plan {
  readonly shape: RecordShape;
  readonly columns: readonly number[];
}

function planOf(params: z.output<typeof paramsSchema>, input: RecordShape): Result<Plan> {
  const kept: { column: Column; index: number }[] = [];
  for (const [i, name] of (params.keep ?? input.map((column) => column.name)).entries()) {
    const found = requireColumn(input, `keep.${i}`, name);
    if (!found.ok) return found;
    kept.push(found.value);
  }
  for (const [i, { from }] of params.rename.entries()) {
    if (!kept.some(({ column }) => column.name === from))
      return refuseParam(`rename.${i}.from`, `${from} is not among what is kept`);
  }
  const shape = kept.map(({ column }): Column => {
    const renamed = params.rename.find(({ from }) => from === column.name);
    return { ...column, name: renamed?.to ?? column.name };
  });
  const names = shape.map((column) => column.name);
  const doubled = names.find((name, i) => names.indexOf(name) !== i);
  if (doubled !== undefined)
    return refuseParam(params.rename.length > 0 ? "rename" : "keep", `two columns would be named ${doubled}`);
  return accept({ shape, columns: kept.map(({ index }) => index) });
}

export const project = defineOperator({
  name: "project",
  version: 1,
  kind: "transform",
  summary: "Keeps only the attributes named, and may rename them.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer(params, [input]) {
    const plan = planOf(params, input!);
    return plan.ok ? accept({ output: plan.value.shape, stateless: true }) : plan;
  },
  start(params, { inputs: [input] }) {
    const plan = planOf(params, input!);
    if (!plan.ok) return plan;
    const { shape, columns } = plan.value;
    return transform((_, bytes) => selectBatch(new BatchReader(bytes, input!), shape, columns, null));
  },
});
