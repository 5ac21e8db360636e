// Origins: which batch is this, whoever sends it? (DESIGN §4, exactly once through re-placement)
//
// A stateless cell makes at most one batch out of one, so what it sends descends from exactly one batch of an *anchor*:
// the nearest source or stateful cell upstream. The identity of a batch on an edge is therefore
//   path    through which stateless cells it came from its anchor: a number that both ends derive from the plan
//   origin  the anchor's incarnation and its batch number, in one integer
// It stays the same when any of the stateless cells in between is re-placed, even several at once, because nothing of it
// is counted by them.
//
// INVARIANT 1: on one path, origins only grow: each cell handles each input in order.
// INVARIANT 2: an anchor placed anew (its state is lost, its stream is another) sorts after every batch of the former.
import { accept, type EdgeId, edgeId, type Result, refuse, type VertexId } from "../base/index.ts";
import { edgesOf, type Plan, type PlanVertex, vertexOf } from "../model/index.ts";
import { limits } from "./limits.ts";

const originStride = limits.maxOriginSequence + 1;

export function originOf(incarnation: number, sequence: number): number {
  return incarnation * originStride + sequence;
}

/** Sources, and cells whose output depends on more than one input batch. */
export function isAnchor(vertex: Pick<PlanVertex, "operator" | "stateless">): boolean {
  return vertex.operator.kind === "source" || !vertex.stateless;
}

/** How many paths lead to each edge. Edges of an anchor have one. */
export function pathsOf(plan: Pick<Plan, "vertices">): Result<ReadonlyMap<EdgeId, number>> {
  const leaving = new Map<VertexId, number>();
  function countLeaving(vertex: PlanVertex): number {
    const known = leaving.get(vertex.id);
    if (known !== undefined) return known;
    let paths = 1;
    if (!isAnchor(vertex)) {
      paths = 0;
      for (const from of vertex.inputs) {
        const before = vertexOf(plan, from);
        paths += before === undefined ? 1 : countLeaving(before);
      }
    }
    leaving.set(vertex.id, paths);
    return paths;
  }
  const counts = new Map<EdgeId, number>();
  for (const edge of edgesOf(plan)) {
    const paths = countLeaving(vertexOf(plan, edge.from)!);
    if (paths > limits.maxPathsPerEdge) {
      return refuse("plan-too-entangled", {
        blame: edge.id,
        detail: `${paths} paths, at most ${limits.maxPathsPerEdge}`,
      });
    }
    counts.set(edge.id, paths);
  }
  return accept(counts);
}

/** Added to the path on an input to get the path on the outputs: the paths of all inputs before it. */
export function pathBase(vertex: PlanVertex, input: number, paths: ReadonlyMap<EdgeId, number>): number {
  let base = 0;
  for (let before = 0; before < input; before++) base += paths.get(edgeId(vertex.inputs[before]!, vertex.id, before))!;
  return base;
}
