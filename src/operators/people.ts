// The three cells of a question about people (docs/protocols/asking.md): who is asked, what they sent is added up, the parts
// become the answer. Here is only how they look to planning and to a cell; the work is the node's (`PeoplePorts`), because it
// needs messages, keys and chance, which operators have not.
//
//   people-find ─ people.tag ─▶ people-gather ─ people.part ─▶ people-total ─ people.answer ─▶
import { z } from "zod";
import { accept, type Result, refuse } from "../core/base/index.ts";
import { type Attribute, type ColumnType, describeShape, type RecordShape } from "../core/model/index.ts";
import type { PeoplePorts, Running, StartContext } from "./contract.ts";
import { defineOperator, type Inferred } from "./define.ts";

const shapeOf = (name: string, type: ColumnType): RecordShape => [{ name: name as Attribute, type, nullable: false }];

export const peopleShapes = {
  /** A hash of the one-time tag of each who is asked. */
  tag: shapeOf("people.tag", "bytes"),
  /** A piece of what a gatherer hands on. */
  part: shapeOf("people.part", "bytes"),
  /** A piece of the answer as JSON. */
  answer: shapeOf("people.answer", "text"),
} as const;

const params = z.strictObject({});

function from(
  wanted: RecordShape,
  output: RecordShape,
): (_: unknown, inputs: readonly RecordShape[]) => Result<Inferred> {
  const words = describeShape(wanted);
  return (_, inputs) => {
    const other = inputs.findIndex((shape) => describeShape(shape) !== words);
    // What came in has been added to what is held: never stateless.
    if (other < 0) return accept({ output, stateless: false });
    const detail = `input ${other} carries ${describeShape(inputs[other]!)}, not ${words}`;
    return refuse("edge-type-mismatch", { blame: `inputs.${other}`, detail });
  };
}

function lent({ ports }: StartContext, run: (people: PeoplePorts) => Running): Result<Running> {
  return ports.people === undefined ? refuse("operator-people") : accept(run(ports.people));
}

export const peopleFind = defineOperator({
  name: "people-find",
  version: 1,
  kind: "source",
  functions: ["transform"],
  summary: "Finds the people a question is about and asks them.",
  inputs: { min: 0, max: 0 },
  params,
  infer: () => accept({ output: peopleShapes.tag, stateless: false }),
  start: (_, context) => lent(context, (people) => ({ kind: "source", source: people.finder() })),
});

export const peopleGather = defineOperator({
  name: "people-gather",
  version: 1,
  kind: "transform",
  summary: "Bounds and adds up what people send, and adds its share of the noise.",
  inputs: { min: 1, max: 1 },
  params,
  infer: from(peopleShapes.tag, peopleShapes.part),
  start: (_, context) => lent(context, (people) => ({ kind: "transform", transform: people.gatherer() })),
});

export const peopleTotal = defineOperator({
  name: "people-total",
  version: 1,
  kind: "transform",
  summary: "Joins the parts into an answer that has passed differential privacy.",
  inputs: { min: 1, max: 16 },
  params,
  infer: from(peopleShapes.part, peopleShapes.answer),
  start: (_, context) => lent(context, (people) => ({ kind: "transform", transform: people.totaller() })),
});
