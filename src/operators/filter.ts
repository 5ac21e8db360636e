// Keeps the records for which a condition holds. A condition that is null (an attribute is absent) does not hold.
import { z } from "zod";
import { accept } from "../core/base/index.ts";
import { BatchReader, selectBatch } from "../core/batch/index.ts";
import type { RecordShape } from "../core/model/index.ts";
import { defineOperator, refuseParam, transform } from "./define.ts";
import { compileExpression } from "./expression/index.ts";
import { limits } from "./limits.ts";

const paramsSchema = z.strictObject({ where: z.string().min(1).max(limits.maxExpressionCharacters) });

function conditionOf(where: string, shape: RecordShape) {
  const compiled = compileExpression(where, shape);
  if (!compiled.ok) return refuseParam("where", compiled.detail ?? "", compiled.code);
  const { type } = compiled.value;
  return type === "bool" ? compiled : refuseParam("where", `a condition is true or false; this is ${type}`);
}

export const filter = defineOperator({
  name: "filter",
  version: 1,
  kind: "transform",
  summary: "Keeps the records for which a condition holds.",
  inputs: { min: 1, max: 1 },
  params: paramsSchema,
  infer({ where }, [input]) {
    const condition = conditionOf(where, input!);
    return condition.ok ? accept({ output: input!, stateless: true }) : condition;
  },
  start({ where }, { inputs: [input] }) {
    const condition = conditionOf(where, input!);
    if (!condition.ok) return condition;
    const columns = input!.map((_, index) => index);
    return transform((_, bytes) => {
      const batch = new BatchReader(bytes, input!);
      const holds = condition.value.bind(batch);
      const kept = new Uint32Array(batch.rows);
      let count = 0;
      for (let row = 0; row < batch.rows; row++) if (holds(row) === true) kept[count++] = row;
      if (count === 0) return null;
      return count === batch.rows ? bytes : selectBatch(batch, input!, columns, kept.subarray(0, count));
    });
  },
});
