// A participant's own check of a plan, before it agrees to anything (PBDS §5.3). It believes nothing that it can work
// out: the shape of the DAG, each operator's identity, and what every edge carries are computed again from the plan's
// params and this node's catalogue, and must come out as the plan says. Policies are checked after this (core/policy):
// they rely on the shapes that are proven here.
//
// INVARIANT 1: each vertex once, inputs exist, no circle, sources have no inputs, what is emitted is read.
// INVARIANT 2: an operator is the catalogue's, or the one whose manifest and body digest the plan carries.
// INVARIANT 3: consumes, output and statefulness are what `infer` gives, from the sources down.
// INVARIANT 4: no cell runs on the analyst's node but her own result sink.
//
// What only the node with the sensor knows (does it give these columns?) that node checks by its own record.
import {
  accept,
  type Digest,
  type Hasher,
  type NodeId,
  type Result,
  refuse,
  sameBytes,
  toCanonical,
  type VertexId,
} from "../base/index.ts";
import {
  type MemberFacts,
  type NodeRecord,
  type OperatorCatalogue,
  type OperatorDescriptor,
  type Plan,
  type PlanVertex,
  planSchema,
  type Signature,
} from "../model/index.ts";
import { equipmentOf } from "./candidates.ts";
import { checkDrawn, type RosterCheck } from "./drawn.ts";
import { cycleOf, inFlowOrder, readersOf } from "./graph.ts";
import { descriptorOfManifest, readManifest } from "./own-operator.ts";
import { checkSensor, inputShapes, signatureOf } from "./signatures.ts";
import { functionsFor } from "./validate.ts";

/** What a participant knows of the others. Left out, membership is not checked. */
export interface PlanMembers {
  readonly network: string;
  facts(node: NodeId): MemberFacts | undefined;
  record(node: NodeId): NodeRecord | undefined;
  /** Without it a plan that draws is refused. */
  readonly roster?: RosterCheck;
}

const noRosters: RosterCheck = () => refuse("plan-roster", { detail: "this node verifies none" });

/** The refusal's blame is the vertex. `plan` may be anything that a peer sent. */
export function checkPlan(
  plan: unknown,
  catalogue: OperatorCatalogue,
  hasher: Hasher,
  members?: PlanMembers,
): Result<Plan> {
  const parsed = planSchema.safeParse(plan);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse("plan-malformed", { detail: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` });
  }
  const checked = parsed.data;
  const graph = checkGraph(checked);
  if (!graph.ok) return graph;
  const operators = new Map<VertexId, OperatorDescriptor>();
  for (const vertex of checked.vertices) {
    const operator = checkOperator(vertex, catalogue, hasher);
    if (!operator.ok) return operator;
    operators.set(vertex.id, operator.value);
  }
  const results = [
    () => checkEnds(checked, operators),
    () => checkSignatures(checked, operators),
    () => checkDrawn(checked, members?.roster ?? noRosters),
    () => checkNodes(checked, operators, members),
    () => checkEquipment(checked, operators, members),
  ];
  for (const check of results) {
    const result = check();
    if (!result.ok) return result;
  }
  return accept(checked);
}

function checkGraph(plan: Plan): Result<void> {
  const ids = new Set<VertexId>();
  for (const { id } of plan.vertices) {
    if (ids.has(id)) return refuse("plan-duplicate-vertex", { blame: id });
    ids.add(id);
  }
  for (const { id, inputs } of plan.vertices) {
    const unknown = inputs.find((from) => !ids.has(from));
    if (unknown !== undefined) return refuse("plan-unknown-input", { blame: id, detail: `${id} reads ${unknown}` });
  }
  const cycle = cycleOf(plan.vertices);
  return cycle === null ? accept(undefined) : refuse("plan-cycle", { blame: cycle[0]!, detail: cycle.join(" → ") });
}

function checkOperator(vertex: PlanVertex, catalogue: OperatorCatalogue, hasher: Hasher): Result<OperatorDescriptor> {
  const about = { blame: vertex.id };
  const found = descriptorOf(vertex, catalogue, hasher);
  if (!found.ok) return found;
  const { name, digest, kind } = vertex.operator;
  const operator = found.value;
  if (operator.name !== name || operator.digest !== digest) {
    return refuse("plan-operator-digest", {
      ...about,
      detail: `${name} is ${digest}, here ${operator.name} is ${operator.digest}`,
    });
  }
  if (operator.kind !== kind)
    return refuse("plan-operator-kind", { ...about, detail: `${name} is a ${operator.kind}, not a ${kind}` });
  if (!sameCanonical(operator.limits, vertex.limits)) return refuse("plan-operator-limits", { ...about, detail: name });
  return found;
}

function descriptorOf(vertex: PlanVertex, catalogue: OperatorCatalogue, hasher: Hasher): Result<OperatorDescriptor> {
  const { name, body, manifest } = vertex.operator;
  const about = { blame: vertex.id };
  if (body === undefined && manifest === undefined) {
    const operator = catalogue.get(name);
    return operator === undefined ? refuse("plan-unknown-operator", { ...about, detail: name }) : accept(operator);
  }
  if (body === undefined || manifest === undefined) {
    return refuse("plan-operator-manifest", { ...about, detail: `${name}: a manifest and a body go together` });
  }
  // A standard operator's name must mean the same on every node, in every explanation.
  if (catalogue.has(name))
    return refuse("plan-operator-manifest", { ...about, detail: `${name} is a standard operator` });
  const read = readManifest(manifest);
  if (!read.ok)
    return refuse("plan-operator-manifest", { ...about, detail: `${name}: ${read.blame ?? ""} ${read.detail ?? ""}` });
  return accept(descriptorOfManifest(read.value, body as Digest, hasher));
}

/** Inputs as many as the operators take, nothing after a sink, nothing that nobody reads. */
function checkEnds(plan: Plan, operators: ReadonlyMap<VertexId, OperatorDescriptor>): Result<void> {
  const readers = readersOf(plan.vertices);
  for (const { id, inputs } of plan.vertices) {
    const operator = operators.get(id)!;
    if (inputs.length < operator.inputs.min || inputs.length > operator.inputs.max) {
      return refuse("plan-input-count", { blame: id, detail: `${operator.name} with ${inputs.length} inputs` });
    }
    const count = readers.get(id) ?? 0;
    if (operator.kind === "sink" ? count > 0 : count === 0) {
      return refuse("plan-not-delivered", { blame: id, detail: `${operator.name} is read by ${count} cells` });
    }
  }
  return accept(undefined);
}

function checkSignatures(plan: Plan, operators: ReadonlyMap<VertexId, OperatorDescriptor>): Result<void> {
  const known = new Map<VertexId, Signature>();
  for (const vertex of inFlowOrder(plan.vertices)) {
    const about = { blame: vertex.id };
    const shapes = inputShapes(vertex.inputs, known);
    if (shapes === null) return refuse("plan-not-delivered", { ...about, detail: "an input emits nothing" });
    const signature = signatureOf(operators.get(vertex.id)!, vertex.params, shapes);
    if (!signature.ok) {
      const isEdge = signature.code === "edge-type-mismatch" || signature.code === "attribute-not-produced";
      return refuse(isEdge ? "plan-edge-type" : "plan-params", {
        ...about,
        detail: signature.detail ?? signature.code,
      });
    }
    const { consumes, output, stateless } = signature.value;
    if (!sameSet(consumes, vertex.consumes))
      return refuse("plan-consumes", { ...about, detail: `it consumes ${consumes.join(", ")}` });
    if (!sameCanonical(output, vertex.output)) return refuse("plan-output", about);
    if (stateless !== vertex.stateless) return refuse("plan-stateless", about);
    known.set(vertex.id, signature.value);
  }
  return accept(undefined);
}

function checkNodes(
  plan: Plan,
  operators: ReadonlyMap<VertexId, OperatorDescriptor>,
  members: PlanMembers | undefined,
): Result<void> {
  if (members !== undefined && plan.network !== members.network)
    return refuse("wrong-network", { detail: plan.network });
  for (const vertex of plan.vertices) {
    const about = { blame: vertex.id };
    const spares = new Set(vertex.spares);
    if (spares.size !== vertex.spares.length || spares.has(vertex.node) || spares.has(plan.analyst.node)) {
      return refuse("plan-spares", about);
    }
    const { kind } = vertex.operator;
    if (vertex.node === plan.analyst.node) {
      if (kind !== "sink") return refuse("analyst-takes-no-part", { ...about, detail: vertex.id });
      continue;
    }
    for (const node of [vertex.node, ...vertex.spares]) {
      const fit = checkFit(node, vertex, operators.get(vertex.id)!, members);
      if (!fit.ok) return fit;
    }
  }
  return accept(undefined);
}

/** Whoever runs the cell, from the start or in another's place: the certificate has to allow it. */
function checkFit(
  node: NodeId,
  vertex: PlanVertex,
  operator: OperatorDescriptor,
  members: PlanMembers | undefined,
): Result<void> {
  if (members === undefined) return accept(undefined);
  const about = { blame: vertex.id };
  const facts = members.facts(node);
  if (facts === undefined || facts.network !== members.network)
    return refuse("plan-unknown-node", { ...about, detail: node });
  if (facts.roles.includes("analyst")) return refuse("analyst-takes-no-part", { ...about, detail: vertex.id });
  if (!functionsFor(operator).some((name) => facts.roles.includes(name)))
    return refuse("plan-node-unfit", {
      ...about,
      detail: `${node} is certified as ${facts.roles.join(", ")}, for a ${vertex.operator.kind}`,
    });
  return accept(undefined);
}

/** Named when needed, of the right kind, exclusive equipment by one cell: as far as the nodes' records are known. */
function checkEquipment(
  plan: Plan,
  operators: ReadonlyMap<VertexId, OperatorDescriptor>,
  members: PlanMembers | undefined,
): Result<void> {
  const users = new Map<string, VertexId>();
  for (const vertex of plan.vertices) {
    const about = { blame: vertex.id };
    const { needs, kind } = operators.get(vertex.id)!;
    if ((needs === null) !== (vertex.equipment === undefined)) {
      return refuse("plan-equipment", { ...about, detail: needs === null ? "it uses none" : `it needs a ${needs}` });
    }
    const record = members?.record(vertex.node);
    if (vertex.equipment === undefined || record === undefined) continue;
    const equipment = equipmentOf(record, vertex.equipment);
    if (equipment === undefined || equipment.kind !== needs) {
      return refuse("plan-equipment", { ...about, detail: `${vertex.node} has no ${needs} "${vertex.equipment}"` });
    }
    const key = `${vertex.node} ${vertex.equipment}`;
    const other = users.get(key);
    if (equipment.exclusive && other !== undefined) {
      return refuse("plan-equipment", { ...about, detail: `${other} uses "${vertex.equipment}" already` });
    }
    users.set(key, vertex.id);
    if (kind !== "source" || vertex.output === null || equipment.shape === undefined) continue;
    const given = checkSensor(vertex.output, equipment.shape);
    if (!given.ok) return refuse("plan-equipment", { ...about, detail: given.detail ?? "" });
  }
  return accept(undefined);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set(a).size === new Set([...a, ...b]).size;
}

function sameCanonical(a: unknown, b: unknown): boolean {
  return sameBytes(toCanonical(a), toCanonical(b));
}
