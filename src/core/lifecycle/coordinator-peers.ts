// After a restart or a takeover: cells that this process did not make, and whose nodes are silent, are known from the wiring
// of their neighbours. It is hearsay: a neighbour may lie, and what a cell shows of itself counts more.
import { edgesOf } from "../model/index.ts";
import { type CoordinatorDraft, cellViewOf, isDead, newCell, nodeViewOf } from "./coordinator-draft.ts";
import type { CellView } from "./coordinator-state.ts";
import type { PeerEnd } from "./messages.ts";

/** Everybody who answers has answered: what is not known of the cells themselves is taken from their neighbours. */
export function learnFromNeighbours(draft: CoordinatorDraft): void {
  for (const { vertex } of draft.state.cells) learnPeers(draft, cellViewOf(draft.state, vertex));
}

export function learnPeers(draft: CoordinatorDraft, { vertex, wired }: Pick<CellView, "vertex" | "wired">): void {
  for (const edge of edgesOf(draft.state.plan)) {
    const peer = edge.from === vertex ? edge.to : edge.to === vertex ? edge.from : null;
    const end = peer === null ? undefined : wired.find((other) => other.edge === edge.id);
    if (peer === null || end === undefined) continue;
    const view = cellViewOf(draft.state, peer);
    if (end.incarnation < view.incarnation || (end.incarnation === view.incarnation && end.node === view.node))
      continue;
    if (isRefuted(draft, view, end)) continue;
    const other = newCell(peer, end.node, end.incarnation, view.unfit);
    // Same number, two nodes: neither can be told from the other by their neighbours. Both make room for a third.
    const clash = end.incarnation === view.incarnation && view.at !== "wanted";
    const next: CellView = clash
      ? { ...view, at: "lost" }
      : draft.state.at === "attaching"
        ? other
        : { ...other, at: "lost" };
    draft.state = { ...draft.state, cells: draft.state.cells.map((one) => (one.vertex === peer ? next : one)) };
  }
}

/**
 * INVARIANT 18: a neighbour's word never outranks the evidence of a cell that lives. The node that is said to run a later one
 * is asked itself; only if it is silent, nobody but the neighbour can tell of it.
 */
function isRefuted({ state }: CoordinatorDraft, view: CellView, end: PeerEnd): boolean {
  const shown = view.card !== undefined && view.at !== "wanted" && !isDead(state, view);
  return shown && nodeViewOf(state, end.node)?.dead !== true;
}
