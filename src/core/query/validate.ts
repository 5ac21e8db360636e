// What can be wrong with a query before any node is looked at. Every fault, each with its place and remedy.
import { type Digest, didYouMean, type Hasher, type Refusal, type VertexId } from "../base/index.ts";
import {
  type NodeFunction,
  nodeFunctions,
  type OperatorCatalogue,
  type OperatorDescriptor,
  type OperatorKind,
  type Query,
  type Signature,
  type Vertex,
} from "../model/index.ts";
import type { Draft, DraftDag, DraftVertex } from "./draft.ts";
import { type Fault, FaultList, type Positions, positionsWithoutFile } from "./fault.ts";
import { cycleOf, inFlowOrder, readersOf } from "./graph.ts";
import { descriptorOfManifest, readManifest } from "./own-operator.ts";
import type { ParsedQuery } from "./parse-query.ts";
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

/** What carries own operators: their manifests as a peer or a file sent them. */
interface Carrying {
  readonly operators: readonly { readonly manifest: unknown; readonly bodyDigest: string }[];
}

/** The query's own operators by name. One whose manifest is not valid is left out: `validate` names it. */
export function ownOperatorsOf(query: Carrying, hasher: Hasher): Map<string, OperatorDescriptor> {
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
  checkAll({ ...query, positions, unreadOperators: new Set() }, catalogue, own, faults);
  return faults.sorted();
}

/** Everything that is wrong with a query: of one that could be read in part, also what is wrong with that part. */
export function faultsOf(parsed: ParsedQuery, catalogue: OperatorCatalogue, hasher: Hasher): Fault[] {
  if (parsed.ok) return validate(parsed.query, catalogue, ownOperatorsOf(parsed.query, hasher), parsed.positions);
  const { draft } = parsed;
  if (draft === null) return [...parsed.faults];
  const faults = new FaultList(draft.positions);
  faults.include(...parsed.faults);
  checkAll(draft, catalogue, ownOperatorsOf(draft, hasher), faults);
  return faults.sorted();
}

type Readable = Omit<Draft, "operators"> & Carrying;

function checkAll(
  query: Readable,
  catalogue: OperatorCatalogue,
  own: ReadonlyMap<string, OperatorDescriptor>,
  faults: FaultList,
): void {
  checkOwnOperators(query, catalogue, faults);
  const known = new Known(catalogue, own, query.unreadOperators);
  const names = new Set<string>();
  for (const [index, dag] of query.alternatives.entries()) {
    const path = query.positions.cells[index] ?? `plans.${dag.name}.cells`;
    if (names.has(dag.name)) faults.add("name-clash", path, `two plans are named ${dag.name}`, "Rename one of them.");
    names.add(dag.name);
    validateDag(dag, path, known, faults);
  }
}

/** Operators by name. Of one that could not be read nothing is known, not even that it is missing. */
class Known {
  readonly #catalogue: OperatorCatalogue;
  readonly #own: ReadonlyMap<string, OperatorDescriptor>;
  readonly #unread: Draft["unreadOperators"];

  constructor(
    catalogue: OperatorCatalogue,
    own: ReadonlyMap<string, OperatorDescriptor>,
    unread: Draft["unreadOperators"],
  ) {
    this.#catalogue = catalogue;
    this.#own = own;
    this.#unread = unread;
  }

  get(name: string | null): OperatorDescriptor | undefined {
    if (name === null || this.#unread?.has(name)) return undefined;
    return this.#own.get(name) ?? this.#catalogue.get(name);
  }

  isMissing(name: string | null): name is string {
    return name !== null && this.#unread !== null && !this.#unread.has(name) && this.get(name) === undefined;
  }

  names(): string[] {
    return [...this.#own.keys(), ...(this.#unread ?? []), ...this.#catalogue.keys()];
  }
}

function checkOwnOperators(query: Carrying, catalogue: OperatorCatalogue, faults: FaultList): void {
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

function validateDag(dag: DraftDag, path: string, known: Known, faults: FaultList): void {
  const ids = new Set<VertexId>();
  for (const { id } of dag.vertices) {
    if (ids.has(id)) faults.add("name-clash", `${path}.${id}`, `two cells are named ${id}`, "Rename one of them.");
    ids.add(id);
  }
  for (const vertex of dag.vertices) {
    const operator = known.get(vertex.operator);
    checkInputs(vertex, dag, path, known, faults);
    checkOffered(vertex, `${path}.${vertex.id}.at`, faults);
    if (operator !== undefined) checkCell(vertex, operator, `${path}.${vertex.id}`, faults);
    else if (known.isMissing(vertex.operator)) {
      const names = known.names();
      const message = `there is no operator "${vertex.operator}"`;
      const remedy = `Known: ${names.join(", ")}.${didYouMean(vertex.operator, names)}`;
      faults.add("unknown-operator", `${path}.${vertex.id}.run`, message, remedy);
    }
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
  checkDelivery(dag, path, known, faults);
  checkSignatures(dag, path, known, faults);
}

function checkInputs(vertex: DraftVertex, dag: DraftDag, path: string, known: Known, faults: FaultList): void {
  const at = `${path}.${vertex.id}.from`;
  const ids = dag.vertices.map((other) => other.id);
  for (const from of vertex.inputs) {
    const source = dag.vertices.find((other) => other.id === from);
    if (source === undefined) {
      const remedy = `Name one of ${ids.filter((id) => id !== vertex.id).join(", ") || "the other cells"}.${didYouMean(from, ids)}`;
      faults.add("unknown-input", at, `there is no cell "${from}" in this plan`, remedy);
    } else if (known.get(source.operator)?.kind === "sink") {
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

function checkCell(vertex: DraftVertex, operator: OperatorDescriptor, path: string, faults: FaultList): void {
  const { min, max } = operator.inputs;
  const count = vertex.inputs.length;
  if (vertex.hasUnreadInputs !== true && (count < min || count > max)) {
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
  if (operator.needs === null && vertex.equipment != null) {
    faults.add("equipment-unneeded", `${path}.use`, `${operator.name} uses no sensor or outlet`, "Remove `use`.");
  }
  checkPlacement(vertex, operator, `${path}.at`, faults);
}

/** People are asked in SQL; a cell of a YAML query has no pods to match. */
function checkOffered({ placement }: DraftVertex, path: string, faults: FaultList): void {
  if (placement === null || placement === "asker" || !("matching" in placement)) return;
  faults.add(
    "placement-not-offered",
    path,
    "`matching` cannot be written in YAML yet: this query would run nowhere",
    `Write a function (${nodeFunctions.join(", ")}), { node: NAME }, { drawn: COUNT } or asker. To ask people, write the question in SQL, in a file that ends in .sql.`,
  );
}

function checkPlacement(vertex: DraftVertex, operator: OperatorDescriptor, path: string, faults: FaultList): void {
  const { placement } = vertex;
  const fitting = functionsFor(operator);
  if (placement === null) return;
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
function checkDelivery(dag: DraftDag, path: string, known: Known, faults: FaultList): void {
  // An input that could not be read may name any cell.
  if (dag.vertices.some((vertex) => vertex.hasUnreadInputs)) return;
  const readers = readersOf(dag.vertices);
  for (const vertex of dag.vertices) {
    const kind = known.get(vertex.operator)?.kind;
    if (kind === undefined || kind === "sink" || (readers.get(vertex.id) ?? 0) > 0) continue;
    faults.add(
      "not-delivered",
      `${path}.${vertex.id}`,
      `nothing reads what ${vertex.id} emits`,
      `Add a sink with \`from: ${vertex.id}\`, or remove the cell.`,
    );
  }
}

function checkSignatures(dag: DraftDag, path: string, known: Known, faults: FaultList): void {
  const signatures = new Map<VertexId, Signature>();
  for (const vertex of inFlowOrder(dag.vertices)) {
    const { params } = vertex;
    const operator = known.get(vertex.operator);
    const inputs = vertex.hasUnreadInputs ? null : inputShapes(vertex.inputs, signatures);
    const { min, max } = operator?.inputs ?? { min: 0, max: -1 };
    if (operator === undefined || params === null || inputs === null) continue;
    if (inputs.length < min || inputs.length > max) continue;
    const signature = signatureOf(operator, params, inputs);
    if (signature.ok) signatures.set(vertex.id, signature.value);
    else addRefusal(signature, { id: vertex.id, operator: operator.name }, path, faults);
  }
}

/** A refusal of `infer`, at the key that it blames. */
export function addRefusal(
  refusal: Refusal,
  vertex: Pick<Vertex, "id" | "operator">,
  path: string,
  faults: FaultList,
): void {
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
