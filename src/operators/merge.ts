// Joins several streams of one shape into one, batch by batch, in the order in which they arrive.
import { z } from "zod";
import { accept, refuse, sameBytes } from "../core/base/index.ts";
import { shapeBlock } from "../core/batch/index.ts";
import { describeShape } from "../core/model/index.ts";
import { defineOperator, transform } from "./define.ts";

export const merge = defineOperator({
  name: "merge",
  version: 1,
  kind: "transform",
  summary: "Joins several streams of the same shape into one.",
  inputs: { min: 2, max: 16 },
  params: z.strictObject({}),
  infer(_, inputs) {
    const first = shapeBlock(inputs[0]!);
    const other = inputs.findIndex((shape) => !sameBytes(shapeBlock(shape), first));
    if (other >= 0) {
      const detail = `input ${other} carries ${describeShape(inputs[other]!)}; input 0 carries ${describeShape(inputs[0]!)}`;
      return refuse("edge-type-mismatch", { blame: `inputs.${other}`, detail });
    }
    return accept({ output: inputs[0]!, stateless: true });
  },
  start: () => transform((_, batch) => batch),
});
