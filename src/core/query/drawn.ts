// Drawn placement: which processors of a roster belong to which cell. The roster lists them in the order in which the lot
// named them; cells take theirs in the order of the plan. A cell runs on the first of its own and the others stand by, so
// nothing is left for the analyst to choose.
import { accept, type NodeId, type Result, refuse, type VertexId } from "../base/index.ts";
import type { Plan, Query } from "../model/index.ts";

/** Processors that a roster needs so that every alternative of the query can be placed; 0: none is drawn. */
export function drawnIn(query: Query): number {
  const counts = query.alternatives.map(({ vertices }) =>
    vertices.reduce(
      (sum, { placement }) => sum + (typeof placement === "object" && "drawn" in placement ? placement.drawn : 0),
      0,
    ),
  );
  return Math.max(0, ...counts);
}

/** By cell, in the order given. */
export function shareOut(
  cells: readonly { readonly id: VertexId; readonly drawn?: number | undefined }[],
  actors: readonly NodeId[],
): Map<VertexId, readonly NodeId[]> {
  const shares = new Map<VertexId, readonly NodeId[]>();
  let next = 0;
  for (const { id, drawn } of cells) {
    if (drawn === undefined) continue;
    shares.set(id, actors.slice(next, next + drawn));
    next += drawn;
  }
  return shares;
}

/** Verifies the plan's roster: signed, for this query, triggered by this plan's analyst. Its processors. */
export type RosterCheck = (plan: Plan) => Result<readonly NodeId[]>;

/** Every drawn cell is where the lot put it, and no roster is carried for nothing. */
export function checkDrawn(plan: Plan, check: RosterCheck): Result<void> {
  const drawn = plan.vertices.filter((vertex) => vertex.drawn !== undefined);
  if (drawn.length === 0)
    return plan.roster === undefined ? accept(undefined) : refuse("plan-roster", { detail: "it draws nothing" });
  if (plan.roster === undefined) return refuse("plan-roster", { blame: drawn[0]!.id, detail: "the plan carries none" });
  const actors = check(plan);
  if (!actors.ok) return actors;
  const shares = shareOut(plan.vertices, actors.value);
  for (const { id, node, spares, drawn: wanted } of drawn) {
    const share = shares.get(id)!;
    const same =
      share.length === wanted && [node, ...spares].every((one, i) => one === share[i]) && spares.length + 1 === wanted;
    if (!same) return refuse("plan-roster", { blame: id, detail: "it is not where the lot put it" });
  }
  return accept(undefined);
}
