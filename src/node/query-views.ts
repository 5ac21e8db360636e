// Pictures of plans and queries for the local API, made from what the machines and cells say when asked.
import { type Digest, type NodeId, type QueryId, sentenceOf } from "../core/base/index.ts";
import type { CellStatistics } from "../core/inquiry/index.ts";
import type { CellView, CoordinatorState, Loss, Reason } from "../core/lifecycle/index.ts";
import { type Assurance, edgesOf, type Plan, type PlanVertex, vertexOf } from "../core/model/index.ts";
import { printable } from "../core/policy/index.ts";
import type { OutcomeView, PlanView, QueryPhase, QueryView, Reason as ReasonView } from "../sdk/index.ts";

export type NameOf = (node: NodeId) => string;

/** What this node remembers of a query that it asked or takes part in. */
export interface QueryRecord {
  readonly id: QueryId;
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly part: "analyst" | "participant";
  readonly skipped: readonly PlanView["skipped"][number][];
  readonly startedAtMs: number;
  setupMs: number | null;
  outcome: OutcomeView | null;
  receipts: number;
  assurance: Assurance | null;
}

export function reasonView(reason: Reason, nameOf: NameOf): ReasonView {
  return {
    code: reason.code,
    sentence: sentenceOf(reason.code),
    ...(reason.detail === undefined ? {} : { detail: printable(reason.detail) }), // a peer wrote it
    ...(reason.node === undefined ? {} : { node: reason.node, nodeName: nameOf(reason.node) }),
    ...(reason.vertex === undefined ? {} : { vertex: reason.vertex }),
  };
}

type CellPlace = Pick<CellView, "vertex" | "node" | "at">;

/** Reasons that still say something: those about a cell that runs, or ended as it should, are history. */
export function reasonsLeft(
  reasons: readonly Reason[],
  cells: readonly CellPlace[],
  dead: readonly NodeId[],
): readonly Reason[] {
  const isWell = ({ at, node }: CellPlace) =>
    at === "drained" || ((at === "started" || at === "draining") && !dead.includes(node));
  const left = reasons.filter(({ vertex, node }) => {
    if (vertex === undefined && node === undefined) return true;
    const about = cells.filter((cell) => (vertex === undefined ? cell.node === node : cell.vertex === vertex));
    return !about.every(isWell);
  });
  // A node's fault is said once: with the cell that it hit, where that is known.
  return left.filter((one, at) => {
    const same = (other: Reason) => other.code === one.code && other.node === one.node && other.detail === one.detail;
    if (one.vertex === undefined && left.some((other) => same(other) && other.vertex !== undefined)) return false;
    return left.findIndex((other) => same(other) && other.vertex === one.vertex) === at;
  });
}

/** The most batches that can have gone with the cell: what it had acknowledged to the cells before it. */
export function lossView({ vertex, incarnation, node, batches }: Loss, nameOf: NameOf): OutcomeView["losses"][number] {
  const counts = Object.values(batches);
  const mostBatches = counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
  return { vertex, incarnation, node, nodeName: nameOf(node), mostBatches };
}

export function lossText({
  vertex,
  mostBatches,
}: Pick<OutcomeView["losses"][number], "vertex" | "mostBatches">): string {
  if (mostBatches === null) return `an unknown number of batches that ${vertex} had taken in went with its node`;
  const batches = mostBatches === 1 ? "1 batch" : `${mostBatches} batches`;
  return `at most ${batches} that ${vertex} had taken in went with its node`;
}

export function lossReason(
  loss: Loss,
  plan: Plan,
  cells: readonly Pick<CellView, "vertex" | "incarnation">[],
  nameOf: NameOf,
): ReasonView {
  const successor = cells.find((cell) => cell.vertex === loss.vertex && cell.incarnation > loss.incarnation);
  const { operator, params } = vertexOf(plan, loss.vertex) ?? {};
  const isCounted = operator?.name === "window" && typeof params === "object" && params !== null && "count" in params;
  const anew = isCounted ? "; the cell after it began with nothing, and numbers its windows from 0 again" : "";
  const began = anew === "" ? "; the cell after it began with nothing" : anew;
  return {
    code: "batches-lost",
    sentence: sentenceOf("batches-lost"),
    detail: `${lossText(lossView(loss, nameOf))}${successor === undefined ? "" : began}`,
    node: loss.node,
    nodeName: nameOf(loss.node),
    vertex: loss.vertex,
  };
}

function plannedVertex(vertex: PlanVertex, nameOf: NameOf) {
  return {
    id: vertex.id,
    operator: vertex.operator.name,
    kind: vertex.operator.kind,
    params: vertex.params,
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
  readonly former: readonly (Pick<CellView, "vertex" | "node" | "incarnation"> & { readonly reason?: ReasonView })[];
  readonly statistics: readonly CellStatistics[];
}

export function queryView(record: QueryRecord, facts: QueryFacts, nameOf: NameOf): QueryView {
  const { plan } = record;
  const settled = record.outcome !== null;
  const counted = counter(plan, facts.statistics);
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
        former: facts.former
          .filter((before) => before.vertex === vertex.id)
          .map(({ incarnation, node, reason }) => ({
            incarnation,
            node,
            nodeName: nameOf(node),
            ...(reason === undefined ? {} : { reason }),
          })),
        state: settled && state !== "failed" && state !== "gone" ? ("ended" as const) : state,
        ...counted.records(vertex),
        recordsInPerSecond: numbers?.recordsInPerSecond ?? 0,
        recordsOutPerSecond: numbers?.recordsOutPerSecond ?? 0,
      };
    }),
    edges: plannedEdges(plan).map((edge) => ({ ...edge, ...counted.passed(edge) })),
    skipped: [...record.skipped],
    outcome: record.outcome,
    receipts: record.outcome === null ? null : record.receipts,
    assurance: record.assurance,
  };
}

/**
 * What passed, over all incarnations. A cell that died took its last numbers with it, and what it had sent is sent again;
 * so an edge is counted by the end that stayed, and a cell that moved by its edges.
 */
function counter(plan: Plan, statistics: readonly CellStatistics[]) {
  const of = (vertex: string) => statistics.filter((cell) => cell.vertex === vertex);
  const moved = (vertex: string) => of(vertex).some(({ incarnation }) => incarnation > 0);
  const sum = (vertex: string, key: "recordsIn" | "recordsOut" | "batchesIn" | "batchesOut") =>
    of(vertex).reduce((total, cell) => total + (cell[key] ?? 0), 0);

  function passed({ from, to }: { readonly from: string; readonly to: string }) {
    const only = vertexOf(plan, to as PlanVertex["id"])?.inputs.length === 1;
    const atReceiver = moved(from) && !moved(to) && only;
    return atReceiver
      ? { batches: sum(to, "batchesIn"), records: sum(to, "recordsIn") }
      : { batches: sum(from, "batchesOut"), records: sum(from, "recordsOut") };
  }

  function records({ id }: PlanVertex) {
    if (!moved(id)) return { recordsIn: sum(id, "recordsIn"), recordsOut: sum(id, "recordsOut") };
    const edges = edgesOf(plan);
    const into = edges.filter(({ to }) => to === id).map((edge) => passed(edge).records);
    const out = edges.filter(({ from }) => from === id).map((edge) => passed(edge).records);
    return { recordsIn: into.reduce((total, count) => total + count, 0), recordsOut: Math.max(0, ...out) };
  }
  return { passed, records };
}

function latest(statistics: readonly CellStatistics[], vertex: string): CellStatistics | undefined {
  return statistics
    .filter((cell) => cell.vertex === vertex)
    .reduce<CellStatistics | undefined>(
      (best, cell) => (best === undefined || cell.incarnation > best.incarnation ? cell : best),
      undefined,
    );
}
