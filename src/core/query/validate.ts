// What can be wrong with a query before any node is looked at. Every fault, each with its place and remedy.
import { type Digest, didYouMean, type Hasher, type Refusal, type VertexId } from "../base/index.ts";
import {
  type Dag,
  type NodeFunction,
  nodeFunctions,
  type OperatorCatalogue,
  type OperatorDescriptor,
  type OperatorKind,
  type Query,
  type Signature,
  type Vertex,
} from "../model/index.ts";
import { type Fault, FaultList, type Positions, positionsWithoutFile } from "./fault.ts";
import { cycleOf, inFlowOrder, readersOf } from "./graph.ts";
import { descriptorOfManifest, readManifest } from "./own-operator.ts";
import { inputShapes, signatureOf } from "./signatures.ts";

/** Where each kind of operator may run (PBDS §5.2): producers record, transforms compute, exits hand data out. */
const functionsOfKind: Readonly<Record<OperatorKind, readonly NodeFunction[]>> = {
  source: ["producer", "localizer"],
  // A transform may stand beside the sensor or the exit: that is how data is coarsened before it travels.
  transform: nodeFunctions,
  sink: ["exit"],
};

export function functionsFor({
  kind,
  functions,
}: Pick<OperatorDescriptor, "kind" | "functions">): readonly NodeFunction[] {
  return functions ?? functionsOfKind[kind];
}

/** The query's own operators by name. One whose manifest is not valid is left out: `validate` names it. */
export function ownOperatorsOf(query: Query, hasher: Hasher): Map<string, OperatorDescriptor> {
  const own = new Map<string, OperatorDescriptor>();
  for (const { manifest, bodyDigest } of query.operators) {
    const read = readManifest(manifest);
    if (read.ok) own.set(read.value.name, descriptorOfManifest(read.value, bodyDigest as Digest, hasher));
  }
  return own;
}

export function validate(
  query: Query,
  catalogue: OperatorCatalogue,
  own: ReadonlyMap<string, OperatorDescriptor>,
  positions: Positions = positionsWithoutFile(query.alternatives),
): Fault[] {
  const faults = new FaultList(positions);
  checkOwnOperators(query, catalogue, faults);
  const names = new Set<string>();
  for (const [index, dag] of query.alternatives.entries()) {
    const path = positions.cells[index] ?? `plans.${dag.name}.cells`;
    if (names.has(dag.name)) faults.add("name-clash", path, `two plans are named ${dag.name}`, "Rename one of them.");
    names.add(dag.name);
    validateDag(
      dag,
      path,
      (name) => own.get(name) ?? catalogue.get(name),
      [...own.keys(), ...catalogue.keys()],
      faults,
    );
  }
  return faults.sorted();
}

function checkOwnOperators(query: Query, catalogue: OperatorCatalogue, faults: FaultList): void {
  const names = new Set<string>();
  for (const { manifest } of query.operators) {
    const read = readManifest(manifest);
    if (!read.ok) {
      faults.add(
        "manifest-invalid",
        "operators",
        `${read.blame ?? ""}: ${read.detail ?? ""}`,
        "Mend the operator's manifest.",
      );
      continue;
    }
    const { name } = read.value;
    const path = `operators.${name}`;
    if (catalogue.has(name))
      faults.add("name-clash", path, `${name} is a standard operator`, "Give your own operator another name.");
    if (names.has(name)) faults.add("name-clash", path, `two operators are named ${name}`, "Rename one of them.");
    names.add(name);
  }
}

type Lookup = (name: string) => OperatorDescriptor | undefined;

function validateDag(dag: Dag, path: string, lookup: Lookup, known: readonly string[], faults: FaultList): void {
  const ids = new Set<VertexId>();
  for (const { id } of dag.vertices) {
    if (ids.has(id)) faults.add("name-clash", `${path}.${id}`, `two cells are named ${id}`, "Rename one of them.");
    ids.add(id);
  }
  for (const vertex of dag.vertices) {
    const operator = lookup(vertex.operator);
    checkInputs(vertex, dag, path, lookup, faults);
    if (operator === undefined) {
      const message = `there is no operator "${vertex.operator}"`;
      const remedy = `Known: ${known.join(", ")}.${didYouMean(vertex.operator, known)}`;
      faults.add("unknown-operator", `${path}.${vertex.id}.run`, message, remedy);
    } else checkCell(vertex, operator, `${path}.${vertex.id}`, faults);
  }
  const cycle = cycleOf(dag.vertices);
  if (cycle !== null) {
    const circle = [...cycle, cycle[0]!].join(" → ");
    faults.add(
      "query-cycle",
      `${path}.${cycle[0]}.from`,
      `the cells form a circle: ${circle}`,
      "Cut the circle: data flows from sources to sinks.",
    );
  }
  checkDelivery(dag, path, lookup, faults);
  checkSignatures(dag, path, lookup, faults);
}

function checkInputs(vertex: Vertex, dag: Dag, path: string, lookup: Lookup, faults: FaultList): void {
  const at = `${path}.${vertex.id}.from`;
  const ids = dag.vertices.map((other) => other.id);
  for (const from of vertex.inputs) {
    const source = dag.vertices.find((other) => other.id === from);
    if (source === undefined) {
      const remedy = `Name one of ${ids.filter((id) => id !== vertex.id).join(", ") || "the other cells"}.${didYouMean(from, ids)}`;
      faults.add("unknown-input", at, `there is no cell "${from}" in this plan`, remedy);
    } else if (lookup(source.operator)?.kind === "sink") {
      const before = source.inputs.length === 0 ? "the cell before it" : source.inputs.join(", ");
      faults.add(
        "sink-in-the-middle",
        at,
        `${from} is a sink (${source.operator}) and hands nothing on`,
        `Take the input from ${before}.`,
      );
    }
  }
}

function checkCell(vertex: Vertex, operator: OperatorDescriptor, path: string, faults: FaultList): void {
  const { min, max } = operator.inputs;
  const count = vertex.inputs.length;
  if (count < min || count > max) {
    const takes =
      max === 0 ? "takes no input: it is a source" : min === max ? `takes ${min}` : `takes ${min} to ${max}`;
    const remedy =
      max === 0
        ? "Remove `from`."
        : `Name ${min === max ? min : `${min} to ${max}`} cell${max === 1 ? "" : "s"} in \`from\`.`;
    faults.add(
      "wrong-input-count",
      `${path}.from`,
      `${vertex.id} has ${count} inputs, ${operator.name} ${takes}`,
      remedy,
    );
  }
  if (operator.needs !== null && vertex.equipment === undefined) {
    faults.add(
      "equipment-unnamed",
      path,
      `${operator.name} needs a${operator.needs === "outlet" ? "n" : ""} ${operator.needs} of its node`,
      `Add \`use: NAME\`, the name of the ${operator.needs} as its node's owner configured it.`,
    );
  }
  if (operator.needs === null && vertex.equipment !== undefined) {
    faults.add("equipment-unneeded", `${path}.use`, `${operator.name} uses no sensor or outlet`, "Remove `use`.");
  }
  checkPlacement(vertex, operator, `${path}.at`, faults);
}

function checkPlacement(vertex: Vertex, operator: OperatorDescriptor, path: string, faults: FaultList): void {
  const { placement } = vertex;
  const fitting = functionsFor(operator);
  if (placement === "asker" && operator.kind !== "sink") {
    faults.add(
      "placement-unfit",
      path,
      `a ${operator.kind} cannot run at the asker`,
      "Only a sink does: the analyst's node receives results and takes no other part.",
    );
  }
  if (placement === "asker" || !("function" in placement) || fitting.includes(placement.function)) return;
  faults.add(
    "placement-unfit",
    path,
    `a ${operator.kind} (${operator.name}) cannot run at a ${placement.function}`,
    `Allowed: ${fitting.join(", ")}${operator.kind === "sink" ? ", asker" : ""}.`,
  );
}

/** Everything that is emitted ends in a sink, or somebody computes for nothing and data travels without need. */
function checkDelivery(dag: Dag, path: string, lookup: Lookup, faults: FaultList): void {
  const readers = readersOf(dag.vertices);
  for (const vertex of dag.vertices) {
    const kind = lookup(vertex.operator)?.kind;
    if (kind === undefined || kind === "sink" || (readers.get(vertex.id) ?? 0) > 0) continue;
    faults.add(
      "not-delivered",
      `${path}.${vertex.id}`,
      `nothing reads what ${vertex.id} emits`,
      `Add a sink with \`from: ${vertex.id}\`, or remove the cell.`,
    );
  }
}

function checkSignatures(dag: Dag, path: string, lookup: Lookup, faults: FaultList): void {
  const known = new Map<VertexId, Signature>();
  for (const vertex of inFlowOrder(dag.vertices)) {
    const operator = lookup(vertex.operator);
    const inputs = inputShapes(vertex.inputs, known);
    const { min, max } = operator?.inputs ?? { min: 0, max: -1 };
    if (operator === undefined || inputs === null || inputs.length < min || inputs.length > max) continue;
    const signature = signatureOf(operator, vertex.params, inputs);
    if (signature.ok) known.set(vertex.id, signature.value);
    else addRefusal(signature, vertex, path, faults);
  }
}

/** A refusal of `infer`, at the key that it blames. */
export function addRefusal(refusal: Refusal, vertex: Vertex, path: string, faults: FaultList): void {
  // `params.compute.0.function` → `with.compute[0].function`, `inputs.1` → `from[1]`
  const blame = (refusal.blame ?? "").replace(/\.(\d+)(?=\.|$)/g, "[$1]");
  const cell = `${path}.${vertex.id}`;
  const input = /^inputs(\[\d+\])/.exec(blame)?.[1] ?? "";
  const at = blame.startsWith("params") ? `${cell}.with${blame.slice("params".length)}` : `${cell}.from${input}`;
  const key = blame.startsWith("params.") ? blame.slice("params.".length) : null;
  faults.add(
    refusal.code,
    at,
    `${vertex.id} (${vertex.operator}): ${refusal.detail ?? refusal.code}`,
    remedyFor(refusal, key),
  );
}

function remedyFor(refusal: Refusal, param: string | null): string {
  if (refusal.code === "attribute-not-produced") {
    return "Name an attribute that the input carries, or produce this one in a cell before.";
  }
  if (refusal.code === "edge-type-mismatch")
    return "Convert the attribute in a cell before (map), or take another input.";
  return param === null ? "Mend `with`." : `Mend \`${param}\` in \`with\`.`;
}
