// What every cell of a DAG would read and emit, found by asking each operator in the order of the flow.
import { accept, type Result, refuse, type VertexId } from "../base/index.ts";
import type { OperatorDescriptor, Params, RecordShape, Signature } from "../model/index.ts";

/** `infer` with what no operator may get wrong checked around it. */
export function signatureOf(
  operator: OperatorDescriptor,
  params: Params,
  inputs: readonly RecordShape[],
): Result<Signature> {
  const inferred = operator.infer(params, inputs);
  if (!inferred.ok) return inferred;
  const { consumes, output } = inferred.value;
  const carried = new Set(inputs.flatMap((shape) => shape.map((column) => column.name)));
  const missing = operator.kind === "source" ? undefined : consumes.find((attribute) => !carried.has(attribute));
  if (missing !== undefined) {
    const detail = `${missing} is consumed, the inputs carry ${[...carried].join(", ")}`;
    return refuse("attribute-not-produced", { blame: "inputs", detail });
  }
  if ((output === null) !== (operator.kind === "sink")) {
    return refuse("operator-malformed", {
      detail: `${operator.name} is a ${operator.kind} with ${output === null ? "no" : "an"} output`,
    });
  }
  return inferred;
}

/** The shapes that come in, in the order of the inputs; null while one of them is not known. */
export function inputShapes(
  inputs: readonly VertexId[],
  known: ReadonlyMap<VertexId, Signature>,
): RecordShape[] | null {
  const shapes = inputs.map((from) => known.get(from)?.output ?? null);
  return shapes.every((shape) => shape !== null) ? shapes : null;
}

/** A sensor gives what its owner configured: what a source emits must be among it. */
export function checkSensor(output: RecordShape, sensor: RecordShape): Result<void> {
  for (const column of output) {
    const given = sensor.find((candidate) => candidate.name === column.name);
    if (given === undefined) {
      const offered = sensor.map((candidate) => candidate.name).join(", ");
      return refuse("attribute-not-produced", {
        blame: column.name,
        detail: `the sensor does not give ${column.name}; it gives ${offered}`,
      });
    }
    if (given.type !== column.type || (given.nullable && !column.nullable)) {
      const detail = `the sensor gives ${column.name} as ${given.type}${given.nullable ? ", possibly missing" : ""}, not as ${column.type}`;
      return refuse("edge-type-mismatch", { blame: column.name, detail });
    }
  }
  return accept(undefined);
}
