// Pictures of plans and queries for the local API, made from what the machines and cells say when asked.
import { type NodeId, type QueryId, sentenceOf } from "../core/base/index.ts";
import type { CellStatistics } from "../core/inquiry/index.ts";
import type { CellView, CoordinatorState, Loss, Reason } from "../core/lifecycle/index.ts";
import { type Assurance, edgesOf, type Plan, type PlanVertex, vertexOf } from "../core/model/index.ts";
import type { OutcomeView, PlanView, QueryPhase, QueryView, Reason as ReasonView } from "../sdk/index.ts";

export type NameOf = (node: NodeId) => string;

/** What this node remembers of a query that it asked or takes part in. */
export interface QueryRecord {
  readonly id: QueryId;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly part: "analyst" | "participant";
  readonly skipped: readonly PlanView["skipped"][number][];
  readonly startedAtMs: number;
  setupMs: number | null;
  outcome: OutcomeView | null;
  receipts: number;
  assurance: Assurance | null;
}

export function reasonView(reason: Reason): ReasonView {
  return {
    code: reason.code,
    sentence: sentenceOf(reason.code),
    ...(reason.detail === undefined ? {} : { detail: reason.detail }),
    ...(reason.node === undefined ? {} : { node: reason.node }),
    ...(reason.vertex === undefined ? {} : { vertex: reason.vertex }),
  };
}

export function lossReason(loss: Loss): ReasonView {
  // By input edge: what it had acknowledged to the cells before it.
  const counts = Object.values(loss.batches);
  const most =
    counts.length === 0 ? "an unknown number of" : `at most ${counts.reduce((sum, count) => sum + count, 0)}`;
  return {
    code: "batches-lost",
    sentence: sentenceOf("batches-lost"),
    detail: `${most} batches that ${loss.vertex} had taken in went with its node`,
    node: loss.node,
    vertex: loss.vertex,
  };
}

function plannedVertex(vertex: PlanVertex, nameOf: NameOf) {
  return {
    id: vertex.id,
    operator: vertex.operator.name,
    kind: vertex.operator.kind,
    own: vertex.operator.body !== undefined,
    node: vertex.node,
    nodeName: nameOf(vertex.node),
    inputs: vertex.inputs,
    consumes: vertex.consumes,
    produces: vertex.output,
    ...(vertex.equipment === undefined ? {} : { equipment: vertex.equipment }),
  };
}

function plannedEdges(plan: Plan) {
  return edgesOf(plan).map((edge) => ({
    ...edge,
    carries: (vertexOf(plan, edge.from)?.output ?? []).map((column) => column.name),
  }));
}

/** What each node gets to see: the columns that enter its cells, and those that its cells make. */
function exposureOf(plan: Plan, nameOf: NameOf): PlanView["exposure"] {
  const nodes = [...new Set(plan.vertices.map((vertex) => vertex.node))];
  return nodes.map((node) => {
    const vertices = plan.vertices.filter((vertex) => vertex.node === node);
    const shapes = vertices.flatMap((vertex) => [
      ...(vertex.output ?? []),
      ...vertex.inputs.flatMap((from) => vertexOf(plan, from)?.output ?? []),
    ]);
    return {
      node,
      name: nameOf(node),
      vertices: vertices.map((vertex) => vertex.id),
      attributes: [...new Set(shapes.map((column) => column.name))].sort(),
    };
  });
}

export function planView(
  plan: Plan,
  skipped: readonly PlanView["skipped"][number][],
  nameOf: NameOf,
): Omit<PlanView, "drawn"> {
  return {
    name: plan.name,
    purpose: plan.purpose,
    query: plan.query,
    alternative: plan.alternative,
    vertices: plan.vertices.map((vertex) => ({
      ...plannedVertex(vertex, nameOf),
      spares: vertex.spares.map((node) => ({ node, name: nameOf(node) })),
    })),
    edges: plannedEdges(plan),
    exposure: exposureOf(plan, nameOf),
    skipped: [...skipped],
  };
}

const phases: Readonly<Record<CoordinatorState["at"], QueryPhase>> = {
  planned: "instantiating",
  searching: "instantiating",
  attaching: "instantiating",
  instantiating: "instantiating",
  starting: "starting",
  // Decided, but not every source knows yet that it may produce.
  committing: "starting",
  flowing: "running",
  degraded: "degraded",
  stopping: "stopping",
  "rolling-back": "stopping",
  closing: "stopping",
  detached: "running",
  settled: "settled",
};

export function phaseOf(state: CoordinatorState | undefined): QueryPhase {
  return state === undefined ? "settled" : phases[state.at];
}

const cellStates: Readonly<Record<CellView["at"], QueryView["vertices"][number]["state"]>> = {
  wanted: "preparing",
  preparing: "preparing",
  prepared: "ready",
  starting: "ready",
  started: "running",
  draining: "draining",
  drained: "ended",
  failed: "failed",
  lost: "gone",
};

export interface QueryFacts {
  readonly phase: QueryPhase;
  readonly reasons: readonly ReasonView[];
  readonly cells: readonly Pick<CellView, "vertex" | "node" | "incarnation" | "at">[];
  readonly statistics: readonly CellStatistics[];
}

export function queryView(record: QueryRecord, facts: QueryFacts, nameOf: NameOf): QueryView {
  const { plan } = record;
  const settled = record.outcome !== null;
  return {
    id: record.id,
    name: plan.name,
    purpose: plan.purpose,
    alternative: plan.alternative,
    query: plan.query,
    plan: record.planDigest as QueryView["plan"],
    phase: settled ? "settled" : facts.phase,
    reasons: settled ? [] : [...facts.reasons],
    startedAtMs: record.startedAtMs,
    setupMs: record.setupMs,
    vertices: plan.vertices.map((vertex) => {
      const cell = facts.cells.find((candidate) => candidate.vertex === vertex.id);
      const numbers = latest(facts.statistics, vertex.id);
      const state = cell === undefined ? (settled ? "ended" : "preparing") : cellStates[cell.at];
      return {
        ...plannedVertex({ ...vertex, node: cell?.node ?? vertex.node }, nameOf),
        incarnation: cell?.incarnation ?? 0,
        state: settled && state !== "failed" && state !== "gone" ? ("ended" as const) : state,
        recordsIn: numbers?.recordsIn ?? 0,
        recordsOut: numbers?.recordsOut ?? 0,
        recordsInPerSecond: numbers?.recordsInPerSecond ?? 0,
        recordsOutPerSecond: numbers?.recordsOutPerSecond ?? 0,
      };
    }),
    edges: plannedEdges(plan).map((edge) => {
      const numbers = latest(facts.statistics, edge.from);
      return { ...edge, batches: numbers?.batchesOut ?? 0, records: numbers?.recordsOut ?? 0 };
    }),
    skipped: [...record.skipped],
    outcome: record.outcome,
    receipts: record.receipts,
    assurance: record.assurance,
  };
}

function latest(statistics: readonly CellStatistics[], vertex: string): CellStatistics | undefined {
  return statistics
    .filter((cell) => cell.vertex === vertex)
    .reduce<CellStatistics | undefined>(
      (best, cell) => (best === undefined || cell.incarnation > best.incarnation ? cell : best),
      undefined,
    );
}
