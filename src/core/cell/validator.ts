// The validator of a cell (PIXIU §3.1, DESIGN §1): the one way in and the one way out. May this batch come in, is it
// from the cell that the plan names, may that batch leave?
//
// INVARIANT 1: a cell is wired exactly as its plan says: every edge once, to the node that the plan or its spares name.
// INVARIANT 2: what comes in and what goes out carries exactly the declared attributes.
// INVARIANT 3: nothing leaves without this node's policy decision for exactly this plan.
import {
  accept,
  type Digest,
  type EdgeId,
  edgeId,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  type VertexId,
} from "../base/index.ts";
import { checkBatch, prepareShape, type ShapeCheck } from "../batch/index.ts";
import { edgesOf, layersOf, type Plan, type PlanVertex, vertexOf } from "../model/index.ts";
import { limits } from "./limits.ts";
import { isAnchor, pathBase, pathsOf } from "./origin.ts";

export interface CellInput {
  readonly edge: EdgeId;
  readonly from: PlanVertex;
  readonly shape: ShapeCheck;
  /** Paths on this input, and what is added to one of them on the way out. */
  readonly paths: number;
  readonly pathBase: number;
}

/** What a cell must know of its plan, worked out once. */
export interface CellPlan {
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly vertex: PlanVertex;
  readonly inputs: readonly CellInput[];
  readonly outputs: readonly { readonly edge: EdgeId; readonly to: PlanVertex }[];
  readonly output: ShapeCheck | null;
  readonly anchor: boolean;
}

export function cellPlan(plan: Plan, planDigest: Digest, id: VertexId): Result<CellPlan> {
  const vertex = vertexOf(plan, id);
  if (vertex === undefined) return refuse("unknown-cell", { detail: `the plan has no vertex ${id}` });
  if (layersOf(plan.vertices) === null) return refuse("wiring-not-of-plan", { detail: "the plan is no DAG" });
  const paths = pathsOf(plan);
  if (!paths.ok) return paths;
  const inputs: CellInput[] = [];
  for (const [input, fromId] of vertex.inputs.entries()) {
    const from = vertexOf(plan, fromId)!;
    if (from.output === null) return refuse("wiring-not-of-plan", { detail: `${fromId} is a sink` });
    const edge = edgeId(fromId, id, input);
    inputs.push({
      edge,
      from,
      shape: prepareShape(from.output),
      paths: paths.value.get(edge)!,
      pathBase: pathBase(vertex, input, paths.value),
    });
  }
  const outputs = edgesOf(plan)
    .filter((edge) => edge.from === id)
    .map((edge) => ({ edge: edge.id, to: vertexOf(plan, edge.to)! }));
  const output = vertex.output === null ? null : prepareShape(vertex.output);
  return accept({ plan, planDigest, vertex, inputs, outputs, output, anchor: isAnchor(vertex) });
}

export interface WiredEnd {
  readonly edge: string;
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
}

/** Is this the wiring that the plan names? `ends` are all inputs, or all outputs, of the cell. */
export function checkWiring(
  expected: readonly { readonly edge: EdgeId; readonly other: PlanVertex }[],
  ends: readonly WiredEnd[],
): Result<void> {
  if (ends.length !== expected.length) {
    return refuse("wiring-not-of-plan", { detail: `${ends.length} edges, the plan has ${expected.length}` });
  }
  for (const { edge, other } of expected) {
    const found = ends.filter((end) => end.edge === edge);
    const end = found[0];
    if (found.length !== 1 || end === undefined)
      return refuse("wiring-not-of-plan", { blame: edge, detail: "not wired once" });
    if (end.node !== other.node && !other.spares.includes(end.node)) {
      return refuse("wiring-not-of-plan", {
        blame: edge,
        detail: `${end.node} is not where the plan places ${other.id}`,
      });
    }
    if (end.publicKey.length !== 32) return refuse("bad-cell-key", { blame: end.node });
    if (!Number.isSafeInteger(end.incarnation) || end.incarnation < 0 || end.incarnation > limits.maxIncarnation) {
      return refuse("wiring-not-of-plan", { blame: edge, detail: `incarnation ${end.incarnation}` });
    }
  }
  return accept(undefined);
}

/** May this batch come in? */
export function mayEnter(cell: CellPlan, input: number, batch: Uint8Array): Result<{ rows: number }> {
  const { from, shape } = cell.inputs[input]!;
  const checked = checkBatch(batch, shape);
  return checked.ok ? checked : refuse("input-not-as-declared", { blame: from.node, detail: because(checked) });
}

/** This node's own decision that the plan may run here, as its policy check recorded it. */
export interface PolicyDecision {
  readonly plan: Digest;
  readonly policy: Digest;
}

/** May this batch leave the cell? */
export function mayLeave(
  cell: CellPlan,
  decision: PolicyDecision | undefined,
  batch: Uint8Array,
): Result<{ rows: number }> {
  if (decision === undefined || decision.plan !== cell.planDigest) {
    return refuse("no-policy-decision", { blame: cell.vertex.id });
  }
  if (cell.output === null)
    return refuse("output-not-as-declared", { blame: cell.vertex.id, detail: "a sink has no output" });
  if (batch.length > cell.vertex.limits.outputBytes) {
    const detail = `${batch.length} bytes, at most ${cell.vertex.limits.outputBytes}`;
    return refuse("output-too-large", { blame: cell.vertex.id, detail });
  }
  const checked = checkBatch(batch, cell.output);
  return checked.ok ? checked : refuse("output-not-as-declared", { blame: cell.vertex.id, detail: because(checked) });
}

function because(refusal: Refusal): string {
  return `${refusal.code}: ${refusal.detail ?? ""}`;
}
