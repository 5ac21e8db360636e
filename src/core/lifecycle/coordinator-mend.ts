// Placing the cells of dead nodes anew while the query flows. Upstream holds back by flow control meanwhile; a stateless
// cell loses nothing, because it acknowledged only what its own successors had taken over. What a cell with a state may
// have lost is accounted: the most it can be is what its predecessors saw it acknowledge.
import type { NodeId } from "../base/index.ts";
import { edgesOf, layersOf, type PlanVertex, vertexOf } from "../model/index.ts";
import {
  announce,
  because,
  type CoordinatorDraft,
  cellViewOf,
  isDead,
  newCell,
  nodeViewOf,
  patchNode,
} from "./coordinator-draft.ts";
import { type CellView, hasRun } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import type { Reason } from "./messages.ts";

/** Places what can be placed; returns the vertices that no node can run now. Exits first: a cell needs its successors. */
export function mend(draft: CoordinatorDraft): CellView["vertex"][] {
  const { plan } = draft.state;
  const edges = edgesOf(plan);
  const hopeless: CellView["vertex"][] = [];
  for (const id of [...layersOf(plan.vertices)!].reverse().flat()) {
    const cell = cellViewOf(draft.state, id);
    if (!isDead(draft.state, cell)) continue;
    const successors = edges.filter((edge) => edge.from === id).map((edge) => edge.to);
    const blocked = successors.some((to) => hopeless.includes(to) || cellViewOf(draft.state, to).at === "drained");
    const node = blocked ? undefined : pick(draft, cell, vertexOf(plan, id)!);
    if (node === undefined) hopeless.push(id);
    else replace(draft, cell, node);
  }
  return hopeless;
}

/** The next eligible node: spares in the plan's order, then where it was first, if that restarted and lost its cells. */
function pick(draft: CoordinatorDraft, cell: CellView, vertex: PlanVertex): NodeId | undefined {
  if (cell.incarnation >= limits.maxReplacements) return undefined;
  return [...vertex.spares, vertex.node].find((node) => {
    if (cell.unfit.includes(node) || nodeViewOf(draft.state, node)?.dead === true) return false;
    return node !== cell.node || cell.at === "lost";
  });
}

export function shown({ code, detail }: Reason): string {
  return detail === undefined ? code : `${code}: ${detail}`;
}

function replace(draft: CoordinatorDraft, cell: CellView, node: NodeId): void {
  const reason = cell.reason ?? { code: "node-unreachable", node: cell.node };
  because(draft, { ...reason, vertex: cell.vertex });
  addLoss(draft, cell, false);
  const unfit = cell.at === "failed" && !cell.unfit.includes(cell.node) ? [...cell.unfit, cell.node] : cell.unfit;
  const next = newCell(cell.vertex, node, cell.incarnation + 1, unfit);
  const previous =
    cell.card === undefined ? cell.previous : { node: cell.node, incarnation: cell.incarnation, card: cell.card };
  const placed: CellView = previous === undefined ? next : { ...next, previous };
  draft.state = {
    ...draft.state,
    cells: draft.state.cells.map((other) => (other.vertex === cell.vertex ? placed : other)),
  };
  if (nodeViewOf(draft.state, node) === undefined) patchNode(draft, node, {});
  announce(draft, "mending", `${cell.vertex} moves to another node (${shown(reason)})`);
}

/** `always`: nobody takes over what it held, so even a stateless cell's batches may be gone. */
export function addLoss(draft: CoordinatorDraft, cell: CellView, always: boolean): void {
  const unknown = draft.state.resumed && cell.at === "lost";
  const keepsState = !vertexOf(draft.state.plan, cell.vertex)!.stateless;
  if (!(hasRun(cell) || unknown) || !(keepsState || always)) return;
  const { vertex, incarnation, node } = cell;
  if (draft.state.losses.some((loss) => loss.vertex === vertex && loss.incarnation === incarnation)) return;
  const batches = cell.undelivered > 0 ? { held: cell.undelivered } : {};
  draft.state = { ...draft.state, losses: [...draft.state.losses, { vertex, incarnation, node, batches }] };
}
