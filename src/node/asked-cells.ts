// The cells of a query that this node asked, as far as they are known, and whether it has ended.
import type { KnownCell } from "../core/cell/index.ts";
import { hasRun } from "../core/lifecycle/index.ts";
import type { AskedQuery } from "./asked.ts";

/** For good, and under no other plan. */
export function hasEnded({ outcome, anew }: AskedQuery): boolean {
  return outcome !== null && anew === undefined;
}

/** The cells as the coordinator last knew them. */
export function cellsOf(query: AskedQuery): AskedQuery["lastCells"] {
  if (query.state !== undefined && "cells" in query.state) query.lastCells = query.state.cells;
  return query.lastCells;
}

/** Every cell that the coordinator made or learned of. A query that was refused ran none. */
export function incarnationsOf(query: AskedQuery): KnownCell[] {
  const current = cellsOf(query).map(({ vertex, incarnation, node, at, wired = [], confirmed = false }) => {
    const unclear = at === "failed" || at === "lost";
    return { vertex, incarnation, node, ran: unclear || hasRun({ at, wired, confirmed }) };
  });
  return [
    ...query.formerCells.map(({ vertex, incarnation, node, ran }) => ({ vertex, incarnation, node, ran })),
    ...current,
  ];
}
