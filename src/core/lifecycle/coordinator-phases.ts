// When a coordinator goes from one phase to the next. Each phase looks at what is known of the cells, never at which
// messages came: so it does not matter in which order, how often, or to which process of the analyst they came.
import { unreachable } from "../base/index.ts";
import { type Plan, vertexOf } from "../model/index.ts";
import { armRetry, flush, type Wanted } from "./coordinator-commands.ts";
import { because, type CoordinatorDraft, enter, isDead, isDone, patchNode, patchView } from "./coordinator-draft.ts";
import { addLoss, mend, shown } from "./coordinator-mend.ts";
import { learnFromNeighbours } from "./coordinator-peers.ts";
import type { Active, CellView, Course, Outcome } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import type { Reason } from "./messages.ts";

/** Goes as far as the facts allow, says what is to be said, and arms the wakes. */
export function reconcile(draft: CoordinatorDraft, before: Active | null, woken = false): void {
  // Each round either ends or has moved a phase, a cell or a node one way: a few rounds per cell are the most there can be.
  for (let round = 0; round < 4 * (draft.state.cells.length + draft.state.nodes.length) + 16; round++) {
    while (draft.end === undefined && advance(draft));
    if (draft.end !== undefined) return;
    const overdue = flush(draft);
    for (const { wanted, why } of overdue) giveUp(draft, wanted, why);
    if (overdue.length === 0) break;
  }
  armRetry(draft, woken ? null : before);
  if (isRunning(draft.state) && (before === null || !isRunning(before))) {
    for (const { node, dead } of draft.state.nodes) if (!dead) patchNode(draft, node, { heardMs: draft.nowMs });
    draft.effects.push({ type: "wake", tag: "watch", afterMs: limits.watchIntervalMs });
  }
}

export function isRunning(state: Active): boolean {
  return state.at === "committing" || state.at === "flowing" || state.at === "degraded";
}

/** True when something changed and it is worth looking again. */
function advance(draft: CoordinatorDraft): boolean {
  const { state } = draft;
  const { cells } = state;
  switch (state.at) {
    case "attaching":
      return state.nodes.every((node) => node.answered || node.dead) && attached(draft);
    case "instantiating":
    case "starting": {
      const dead = cells.find((cell) => isDead(state, cell) || isDone(cell));
      if (dead !== undefined) return rollBack(draft, dead.reason ?? { code: "node-unreachable", node: dead.node });
      if (state.at === "instantiating") {
        if (!cells.every((cell) => cell.at !== "wanted" && cell.at !== "preparing")) return false;
        const { deadlineMs } = state;
        enter(draft, "starting", "all nodes are ready; exits run first");
        draft.state = { ...draft.state, deadlineMs };
        return true;
      }
      // INVARIANT 5: the decision falls only after every cell runs, and is on disk before anybody hears of it.
      if (!cells.every((cell) => cell.at === "started")) return false;
      enter(draft, "committing", "all cells run; telling everybody");
      draft.effects.push({ type: "cancel-wake", tag: "deadline" });
      return true;
    }
    case "committing":
    case "flowing":
    case "degraded":
      return run(draft);
    case "stopping":
      if (!cells.every(isDone)) return false;
      enter(draft, "closing", "every cell has ended");
      return true;
    case "rolling-back":
    case "closing":
      if (state.nodes.some((node) => node.ended === "no")) return false;
      settle(draft, state.outcome);
      return true;
    default:
      return unreachable(state);
  }
}

export function rollBack(draft: CoordinatorDraft, reason: Reason): true {
  because(draft, reason);
  enter(draft, "rolling-back", reason.code, "rolled-back");
  draft.effects.push({ type: "cancel-wake", tag: "deadline" });
  return true;
}

export function stopQuery(draft: CoordinatorDraft, outcome: Outcome, reason: Reason): true {
  because(draft, reason);
  enter(draft, "stopping", "draining from the producers on", outcome);
  return true;
}

export function settle(draft: CoordinatorDraft, outcome: Outcome): void {
  if (draft.state.resumed) assumeLosses(draft);
  // What went with a node that restarted, or that nobody heard of again, no count of undelivered batches tells.
  const moved = outcome !== "rolled-back" || draft.state.cells.some((cell) => cell.confirmed);
  for (const cell of draft.state.cells)
    if (moved && cell.at === "lost" && (cell.reason === undefined || cell.reason.code === "cells-lost"))
      addLoss(draft, cell, true);
  const { query, term, command, reasons, losses, cells } = draft.state;
  const undelivered = cells.reduce((sum, cell) => sum + cell.undelivered, 0);
  const next = nextPlans(draft.state, outcome);
  draft.effects.push({ type: "settled", query, outcome, reasons, undelivered, losses, ...next });
  draft.end = { at: "settled", query, outcome, term, command };
}

/**
 * What planning would have passed over, had it known the policy: the next plan does not wait for anybody to ask again. Only
 * now, when every node has rolled back or will by its lease, so no node holds two plans of one query.
 */
function nextPlans({ reasons, alternatives }: Course, outcome: Outcome): { goesOnWith?: readonly Plan[] } {
  const goesOn = outcome === "rolled-back" && alternatives.length > 0 && reasons.some(isByPolicy);
  return goesOn ? { goesOnWith: alternatives } : {};
}

/** An owner's policy said no (PBDS §4), and not the network, the time or the analyst. */
export function isByPolicy({ code }: Reason): boolean {
  return code === "attribute-forbidden" || code === "attribute-required-missing";
}

function run(draft: CoordinatorDraft): boolean {
  const start = draft.state;
  const hopeless = mend(draft);
  const { state } = draft;
  if (state.cells.every(isDone)) {
    const clean = state.cells.every((cell) => cell.at === "drained");
    enter(
      draft,
      "closing",
      clean ? "every cell has delivered everything" : "nothing of it runs any more",
      clean ? "finished" : "failed",
    );
    return true;
  }
  if (hopeless.length > 0) {
    const vertex = hopeless[0]!;
    const { node, reason } = state.cells.find((cell) => cell.vertex === vertex)!;
    // INVARIANT 6: before everybody knows that it flows, a query that cannot be whole is ended.
    if (state.at === "committing") return stopQuery(draft, "failed", { code: "commit-failed", vertex, node });
    // People are asked once, for a time: when nobody is asked any more, a lost cell's part will not come.
    if (state.plan.asked !== undefined && askingIsOver(draft, hopeless))
      return stopQuery(draft, "failed", { ...(reason ?? { code: "no-spare" }), vertex });
    if (state.at !== "degraded") {
      for (const lost of hopeless) because(draft, { code: "no-spare", vertex: lost });
      const why = reason === undefined ? "" : ` (${shown(reason)})`;
      enter(draft, "degraded", `no node can run ${hopeless.join(", ")} now${why}`);
      return true;
    }
    return draft.state !== start;
  }
  if (state.at === "degraded") {
    enter(draft, "flowing", "whole again");
    return true;
  }
  if (state.at === "committing" && state.cells.every((cell) => cell.confirmed || isDone(cell))) {
    enter(draft, "flowing", "the query runs");
    return true;
  }
  return draft.state !== start;
}

/** A source that has finished waits for its successors to take everything, for one that is gone in vain. */
function askingIsOver({ state }: CoordinatorDraft, hopeless: readonly CellView["vertex"][]): boolean {
  return state.plan.vertices
    .filter(({ inputs }) => inputs.length === 0)
    .every(({ id }) => {
      const cell = state.cells.find(({ vertex }) => vertex === id)!;
      return hopeless.includes(id) || isDone(cell) || cell.at === "draining";
    });
}

/** The cell is given up, and what it may have held is accounted as lost. */
function writeOff(draft: CoordinatorDraft, cell: CellView, reason: Reason): void {
  addLoss(draft, cell, true);
  patchView(draft, cell.vertex, { at: "lost", reason });
  because(draft, reason);
}

/** Everybody who answers has answered: now it is clear what there is to look after. */
function attached(draft: CoordinatorDraft): boolean {
  if (draft.state.at !== "attaching") return false;
  learnFromNeighbours(draft);
  const { state } = draft;
  if (state.at !== "attaching") return false;
  if (state.seenClosed) {
    // INVARIANT 10: a query that was closed stays closed: what is left of it is cleared away, never mended.
    because(draft, { code: "query-ended" });
    enter(draft, "closing", "the query had ended before", "stopped");
    return true;
  }
  const flows = state.decision === "flowing" || (state.decision === "unknown" && state.seenFlowing);
  if (!flows && state.decision !== "stopping") {
    if (!state.seenHeld && state.decision === "unknown") {
      because(draft, { code: "nobody-knows-query" });
      settle(draft, "failed");
      return true;
    }
    return rollBack(draft, { code: "taken-over", detail: "the query was not running yet" });
  }
  for (const cell of state.cells)
    if (cell.at === "wanted")
      patchView(draft, cell.vertex, { at: "lost", reason: { code: "cells-lost", node: cell.node } });
  if (state.decision === "stopping") return stopQuery(draft, state.outcome, { code: "stopped-by-analyst" });
  if (state.stopWanted) return stopQuery(draft, "stopped", { code: "stopped-by-analyst" });
  enter(draft, "flowing", "attached");
  return true;
}

/** Another process kept the account of what some replaced cells had lost. Here it is only known that there were such. */
function assumeLosses(draft: CoordinatorDraft): void {
  for (const { vertex, incarnation, node } of draft.state.cells) {
    if (vertexOf(draft.state.plan, vertex)!.stateless) continue;
    for (let earlier = 0; earlier < incarnation; earlier++) {
      if (draft.state.losses.some((loss) => loss.vertex === vertex && loss.incarnation === earlier)) continue;
      const loss = { vertex, incarnation: earlier, node, batches: {} };
      draft.state = { ...draft.state, losses: [...draft.state.losses, loss] };
    }
  }
}

/** A command was repeated in vain: what that means depends on the phase. */
function giveUp(draft: CoordinatorDraft, { to, cell }: Wanted, why: "silent" | "slow"): void {
  const silent: Reason = { code: "node-unreachable", node: to };
  const vertex = cell === undefined ? {} : { vertex: cell.vertex };
  switch (draft.state.at) {
    case "instantiating":
    case "starting":
      if (why === "silent") nodeDied(draft, to);
      else rollBack(draft, { code: "set-up-timeout", node: to, ...vertex });
      return;
    case "committing":
    case "flowing":
    case "degraded":
      if (why === "silent" || cell === undefined) nodeDied(draft, to);
      else {
        const reason: Reason = { code: "set-up-timeout", node: to, vertex: cell.vertex };
        patchView(draft, cell.vertex, { at: "failed", reason, unfit: [...cell.unfit, to] });
      }
      return;
    case "stopping":
      if (cell === undefined) nodeDied(draft, to);
      else if (!isDone(cell))
        writeOff(draft, cell, why === "silent" ? silent : { code: "drain-timeout", node: to, ...vertex });
      return;
    case "rolling-back":
    case "closing":
    case "attaching":
      nodeDied(draft, to);
      return;
    default:
      unreachable(draft.state);
  }
}

export function nodeDied(draft: CoordinatorDraft, node: CellView["node"]): void {
  const { state } = draft;
  const reason: Reason = { code: "node-unreachable", node };
  const view = state.nodes.find((one) => one.node === node);
  if (view === undefined) return;
  switch (state.at) {
    case "instantiating":
    case "starting":
      patchNode(draft, node, { dead: true });
      rollBack(draft, reason);
      return;
    case "rolling-back":
    case "closing":
      // Its lease, or its grace without an analyst, ends it there.
      if (view.ended === "no") patchNode(draft, node, { ended: "gave-up", dead: true });
      because(draft, reason);
      return;
    case "stopping":
      patchNode(draft, node, { dead: true });
      for (const cell of state.cells) if (cell.node === node && !isDone(cell)) writeOff(draft, cell, reason);
      return;
    default:
      patchNode(draft, node, { dead: true });
  }
}
