// What a participant checks at instantiation over its own cells and everything downstream of them (PBDS §4, §5.3). It
// is given the whole plan, because a Forbid reaches as far as the data does.
//
// INVARIANT 1: what its cells emit, on any edge, carries nothing that the policy forbids. An edge between two cells of
//   the same node counts: the paper forbids exposure beyond the local *operator*.
// INVARIANT 2: a sink hands its input out of the network, so its input counts as what it emits.
// INVARIANT 3: no cell downstream of the node's cells, on any node, produces what the policy forbids.
// INVARIANT 4: every stream into the node's cells, or out of its sources, carries what the policy requires.
//
// A cell that takes in a forbidden attribute and emits it no more is welcome: that is how data gets redacted.
// Known hole: an operator may emit forbidden content under another name. Names are declared; what a declared operator
// does to the bytes is known only by its digest.
import { accept, type NodeId, type Refusal, type Result, refuse, type VertexId } from "../base/index.ts";
import type { Plan, PlanVertex, Policy, RecordShape } from "../model/index.ts";
import { checkRequired, checkShape } from "./check-shape.ts";
import { conflicts } from "./conflicts.ts";
import { describeRule, reasonOf } from "./explain.ts";

/** The checks of the node that runs the vertices which the plan places on it. */
export function checkPlanAt(plan: Plan, node: NodeId, policy: Policy): Result<void> {
  return checkVertices(plan, idsAt(plan, node), policy);
}

/** The same for named vertices: a node that takes over a cell checks with that cell's id before the plan says so. */
export function checkVertices(plan: Plan, own: readonly VertexId[], policy: Policy): Result<void> {
  const refusal = refusalsOf(plan, own, policy)[0];
  return refusal ?? accept(undefined);
}

/** Every refusal, not the first: for people who plan. */
export function refusalsOf(plan: Plan, own: readonly VertexId[], policy: Policy): Refusal[] {
  if (policy.rules.length === 0) return [];
  const vertices = new Map(plan.vertices.map((vertex) => [vertex.id, vertex]));
  const mine = new Set(own);
  const downstream = downstreamOf(plan, mine);
  return plan.vertices.flatMap((vertex) => {
    if (mine.has(vertex.id)) return refusalsOfOwn(vertex, vertices, policy, plan.purpose);
    if (!downstream.has(vertex.id) || vertex.output === null) return [];
    return about(vertex, "downstream of this node's cells", checkShape(policy, vertex.output, plan.purpose));
  });
}

function refusalsOfOwn(
  vertex: PlanVertex,
  vertices: ReadonlyMap<VertexId, PlanVertex>,
  policy: Policy,
  purpose: string,
): Refusal[] {
  const inputs = vertex.inputs.map((from) => vertices.get(from)?.output ?? []);
  const exposed: readonly RecordShape[] = vertex.output === null ? inputs : [vertex.output];
  const needed: readonly RecordShape[] = inputs.length > 0 || vertex.output === null ? inputs : [vertex.output];
  const where = vertex.output === null ? "handed out of the network" : "on the edge out of this cell";
  return [
    ...exposed.flatMap((shape) => about(vertex, where, checkShape(policy, shape, purpose))),
    ...needed.flatMap((shape) => about(vertex, "needed here", checkRequired(policy, shape, purpose))),
  ];
}

function about(vertex: PlanVertex, where: string, result: Result<void>): Refusal[] {
  if (result.ok) return [];
  const detail = `cell ${vertex.id} (${vertex.operator.name}), ${where}: ${result.detail ?? ""}`;
  return [refuse(result.code, { blame: vertex.id, detail })];
}

/**
 * Adjacent nodes' policies against each other (PBDS §4, at query set-up). `policyOf` gives the policy a node announced;
 * a neighbour whose policy is not known is refused, never assumed to be indifferent.
 */
export function checkNeighbours(
  plan: Plan,
  node: NodeId,
  policyOf: (node: NodeId) => Policy | undefined,
): Result<void> {
  for (const [from, to] of adjacentNodes(plan)) {
    if (from !== node && to !== node) continue;
    const result = checkPair(from, to, plan.purpose, policyOf);
    if (!result.ok) return result;
  }
  return accept(undefined);
}

export function checkPair(
  from: NodeId,
  to: NodeId,
  purpose: string,
  policyOf: (node: NodeId) => Policy | undefined,
): Result<void> {
  const first = policyOf(from);
  const second = policyOf(to);
  if (first === undefined) return refuse("policy-unknown", { blame: from });
  if (second === undefined) return refuse("policy-unknown", { blame: to });
  const clash = conflicts(first, second, purpose)[0];
  if (clash === undefined) return accept(undefined);
  const [requiring, forbidding] = clash.requiredBy === "first" ? [from, to] : [to, from];
  return refuse("policy-conflict", {
    blame: forbidding,
    detail:
      `${requiring} has the rule ${describeRule(clash.required)}${reasonOf(clash.required)}, ` +
      `${forbidding} has the rule ${describeRule(clash.forbidden)}${reasonOf(clash.forbidden)}`,
  });
}

/** Pairs of different nodes that an edge joins, each once, in the order of the plan. */
export function adjacentNodes(plan: Pick<Plan, "vertices">): [NodeId, NodeId][] {
  const nodeOf = new Map(plan.vertices.map((vertex) => [vertex.id, vertex.node]));
  const pairs = new Map<string, [NodeId, NodeId]>();
  for (const vertex of plan.vertices) {
    for (const input of vertex.inputs) {
      const from = nodeOf.get(input);
      if (from !== undefined && from !== vertex.node) pairs.set(`${from} ${vertex.node}`, [from, vertex.node]);
    }
  }
  return [...pairs.values()];
}

function idsAt(plan: Plan, node: NodeId): VertexId[] {
  return plan.vertices.filter((vertex) => vertex.node === node).map((vertex) => vertex.id);
}

/** Everything that data from `own` reaches. Terminates on a plan with a cycle too. */
function downstreamOf(plan: Plan, own: ReadonlySet<VertexId>): Set<VertexId> {
  const reached = new Set<VertexId>();
  let grew = true;
  while (grew) {
    grew = false;
    for (const vertex of plan.vertices) {
      if (reached.has(vertex.id)) continue;
      if (!vertex.inputs.some((from) => own.has(from) || reached.has(from))) continue;
      reached.add(vertex.id);
      grew = true;
    }
  }
  return reached;
}
