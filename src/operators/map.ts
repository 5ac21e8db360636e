// Computes columns by expressions. They stand in a list, not in an object: their order is the order of the columns, and
// each sees the attributes of the input only.
import { z } from "zod";
import { accept, type Result } from "../core/base/index.ts";
import { BatchBuilder, BatchReader, type RowValue } from "../core/batch/index.ts";
import {
  type Attribute,
  attributeSchema,
  type Column,
  type RecordShape,
  recordShapeSchema,
} from "../core/model/index.ts";
import { defineOperator, orFault, refuseParam, transform } from "./define.ts";
import { type Compiled, compileExpression } from "./expression/index.ts";
import { limits } from "./limits.ts";

const paramsSchema = z.strictObject({
  set: z
    .array(z.strictObject({ attribute: attributeSchema, to: z.string().min(1).max(limits.maxExpressionCharacters) }))
    .min(1)
    .max(32),
  /** False: the output carries the computed columns only. */
  keep: z.boolean().default(true),
});

interface Plan {
  readonly shape: RecordShape;
  /** Per output column: an index of the input, or an expression. */
  readonly origins: readonly (number | Compiled)[];
}

function planOf(params: z.output<typeof paramsSchema>, input: RecordShape): Result<Plan> {
  const columns = new Map<Attribute, { column: Column; origin: number | Compiled }>();
  if (params.keep) for (const [index, column] of input.entries()) columns.set(column.name, { column, origin: index });
  const computed = new Set<Attribute>();
  for (const [i, { attribute, to }] of params.set.entries()) {
    if (computed.has(attribute)) return refuseParam(`set.${i}.attribute`, `${attribute} is computed twice`);
    computed.add(attribute);
    const compiled = compileExpression(to, input);
    if (!compiled.ok) return refuseParam(`set.${i}.to`, compiled.detail ?? "", compiled.code);
    if (compiled.value.type === "null") return refuseParam(`set.${i}.to`, "null alone has no type");
    const column = { name: attribute, type: compiled.value.type, nullable: compiled.value.nullable };
    columns.set(attribute, { column, origin: compiled.value });
  }
  const shape = recordShapeSchema.safeParse([...columns.values()].map(({ column }) => column));
  if (!shape.success) return refuseParam("set", shape.error.issues[0]!.message);
  return accept({ shape: shape.data, origins: [...columns.values()].map(({ origin }) => origin) });
}

export const map = defineOperator({
  name: "map",
  version: 1,
  kind: "transform",
  summary: "Computes attributes from others.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer(params, [input]) {
    const plan = planOf(params, input!);
    return plan.ok ? accept({ output: plan.value.shape, stateless: true }) : plan;
  },
  start(params, { inputs: [input] }) {
    const plan = planOf(params, input!);
    if (!plan.ok) return plan;
    const { shape, origins } = plan.value;
    const builder = new BatchBuilder(shape);
    return transform((_, bytes) => {
      const batch = new BatchReader(bytes, input!);
      const values = origins.map((origin): ((row: number) => RowValue) =>
        typeof origin === "number" ? (row) => batch.value(origin, row) : origin.bind(batch),
      );
      for (let row = 0; row < batch.rows; row++) {
        const refusal = builder.append(values.map((value) => value(row)));
        if (refusal !== null) orFault(refusal);
      }
      return orFault(builder.finish());
    });
  },
});
