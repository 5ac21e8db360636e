// How a query ends at a participant: rolled back, aborted, closed, finished by itself, or orphaned.
import type { NodeId } from "../base/index.ts";
import { edgesOf, layersOf } from "../model/index.ts";
import { limits } from "./limits.ts";
import type { CellRef, Reason } from "./messages.ts";
import {
  type Draft,
  neighboursOf,
  patchCell,
  planNodes,
  planVertexOf,
  queryOf,
  refOf,
  report,
  tell,
} from "./participant-draft.ts";
import { type HeldState, isOver, type ParticipantCell, type ParticipantOutcome } from "./participant-state.ts";

/** Kills a cell; cell-drained then says what it could not deliver. */
export function discardCell(draft: Draft, cell: ParticipantCell, reason: Reason): void {
  if (isOver(cell.at) || cell.discarded) return;
  patchCell(draft, cell, { at: "draining", discarded: true, reason });
  draft.effects.push({ type: "discard-cell", query: queryOf(draft), ...refOf(cell) });
}

/** `final`: at the analyst's word; otherwise a replacement may revive the query here. */
export function leave(draft: Draft, reason: Reason, final: boolean): void {
  if (draft.state.at === "ended") {
    draft.state = { ...draft.state, final: draft.state.final || final };
    return;
  }
  for (const cell of draft.state.cells) discardCell(draft, cell, reason);
  draft.state = { ...draft.state, at: "closing", final, reason: draft.state.reason ?? reason };
}

/** INVARIANT 6: who rolls back by itself says so to its neighbours, so that nobody stays behind half running. */
export function rollBack(draft: Draft, reason: Reason): void {
  const gone = draft.state.cells.filter((cell) => !isOver(cell.at) || cell.at === "failed").map(refOf);
  leave(draft, reason, false);
  tell(draft, "rolling-back", reason.code);
  withdraw(draft, gone, reason);
}

export function withdraw(draft: Draft, cells: readonly CellRef[], reason: Reason): void {
  const { plan, digest } = draft.state;
  for (const to of neighboursOf(draft))
    draft.effects.push({
      type: "send",
      to,
      message: { type: "withdrawn", query: plan.id, digest, cells: [...cells], reason },
    });
}

export function drainCell(draft: Draft, cell: ParticipantCell, ended: readonly string[], timeoutMs: number): void {
  patchCell(draft, cell, { at: "draining", told: true });
  draft.effects.push(
    { type: "drain-cell", query: queryOf(draft), ...refOf(cell), ended },
    { type: "wake", tag: `drain/${cell.vertex}/${cell.incarnation}`, afterMs: timeoutMs },
  );
}

/** Part of the query is gone here or next to here, and nobody has mended it yet. */
function isDamaged(state: HeldState): boolean {
  return (
    state.at === "flowing" &&
    state.orphaned === undefined &&
    state.cells.some(
      (cell) =>
        !cell.superseded &&
        (cell.at === "failed" || cell.at === "lost" || (!isOver(cell.at) && cell.broken.length > 0)),
    )
  );
}

export function onOrphanWake(draft: Draft): void {
  const { state } = draft;
  if (state.orphaned !== undefined) return sendOrphanNotices(draft);
  if (!isDamaged(state)) return;
  if (isAttached(draft)) armOrphan(draft);
  else becomeOrphan(draft, { code: "orphaned", node: draft.config.self.node });
}

export function isAttached(draft: Draft): boolean {
  return draft.nowMs - draft.state.heardMs < limits.attachedForMs;
}

/**
 * INVARIANT 12: nobody can stop a query in the name of an absent analyst while she is there, and when she has just left only
 * who could cut us off anyway: a neighbour in the plan. The others, spares too, when we miss something ourselves, or she has
 * been away for the whole grace.
 */
export function believesOrphaned(draft: Draft, from: NodeId): boolean {
  if (isAttached(draft)) return false;
  const alone = draft.nowMs - draft.state.heardMs >= limits.orphanGraceMs;
  return alone || isDamaged(draft.state) || neighboursOf(draft).includes(from);
}

function armOrphan(draft: Draft): void {
  draft.effects.push({ type: "wake", tag: "orphan", afterMs: limits.orphanGraceMs });
}

/** INVARIANT 7: without an analyst too, the stop goes from producers to exits: only sources are told to end. */
export function becomeOrphan(draft: Draft, reason: Reason): void {
  const { state } = draft;
  if (state.at !== "flowing" || state.orphaned !== undefined) return;
  draft.state = { ...state, orphaned: { reason, noticesLeft: limits.orphanNotices }, reason };
  tell(draft, "orphaned", "stopping from the producers on");
  const layers = layersOf(state.plan.vertices)!;
  for (const cell of state.cells) {
    if (isOver(cell.at) || cell.told || cell.discarded) continue;
    if (cell.at !== "started" && cell.at !== "draining") discardCell(draft, cell, reason);
    else {
      const layer = layers.findIndex((vertices) => vertices.includes(cell.vertex));
      // Each later layer waits for the one before it, and gets its own time on top.
      drainCell(draft, cell, deadInputs(draft, cell), limits.drainTimeoutMs * (layer + 1));
    }
  }
  sendOrphanNotices(draft);
}

/** Broken inputs: nothing will come on them any more. */
export function deadInputs(draft: Draft, cell: ParticipantCell): string[] {
  const inputs = new Set<string>(
    edgesOf(draft.state.plan)
      .filter((edge) => edge.to === cell.vertex)
      .map((edge) => edge.id),
  );
  return cell.broken.filter((edge) => inputs.has(edge));
}

function sendOrphanNotices(draft: Draft): void {
  const { state } = draft;
  if (state.orphaned === undefined || state.orphaned.noticesLeft === 0) return;
  const { reason, noticesLeft } = state.orphaned;
  draft.state = { ...state, orphaned: { reason, noticesLeft: noticesLeft - 1 } };
  for (const to of planNodes(state))
    if (to !== draft.config.self.node)
      draft.effects.push({
        type: "send",
        to,
        message: { type: "orphaned", query: state.plan.id, digest: state.digest, reason },
      });
  if (noticesLeft > 1) draft.effects.push({ type: "wake", tag: "orphan", afterMs: limits.maxRetryMs });
}

/** After every event: has the query ended here, or is it damaged since? */
export function conclude(draft: Draft): void {
  const { state, before } = draft;
  const over = state.cells.every((cell) => isOver(cell.at));
  if (state.at === "closing" && over) {
    draft.state = { ...state, at: "ended" };
    settle(draft, state.flowing ? "stopped" : "rolled-back");
    report(draft);
  } else if (state.at === "flowing" && over && !wasOver(before)) {
    const failed =
      state.orphaned !== undefined || state.cells.some((cell) => cell.at !== "drained" && !cell.superseded);
    settle(draft, failed ? "failed" : "finished");
  }
  if (isDamaged(state) && !(before !== null && isDamaged(before))) {
    tell(draft, "damaged", "a part of the query is gone; waiting for its analyst to mend it");
    armOrphan(draft);
  }
}

function wasOver(before: HeldState | null): boolean {
  return before !== null && before.at === "flowing" && before.cells.every((cell) => isOver(cell.at));
}

function settle(draft: Draft, outcome: ParticipantOutcome): void {
  const { state } = draft;
  const reasons = [state.reason, ...state.cells.map((cell) => cell.reason)].flatMap((reason) =>
    reason === undefined ? [] : [reason],
  );
  draft.effects.push({
    type: "settled",
    query: queryOf(draft),
    outcome,
    reasons: reasons.slice(0, limits.maxReasons),
    undelivered: state.cells.reduce((sum, cell) => sum + cell.undelivered, 0),
  });
  draft.effects.push({ type: "wake", tag: "retain", afterMs: retentionOf(state) });
}

function retentionOf(state: HeldState): number {
  return state.at === "flowing" ? limits.retainFinishedMs : limits.retainMs;
}

/** True when nobody needs this account any more. */
export function onRetainWake(draft: Draft): boolean {
  const { state, nowMs } = draft;
  if (state.at !== "ended" && !(state.at === "flowing" && state.cells.every((cell) => isOver(cell.at)))) return false;
  const leftMs = state.heardMs + retentionOf(state) - nowMs;
  if (leftMs <= 0) return true;
  draft.effects.push({ type: "wake", tag: "retain", afterMs: leftMs });
  return false;
}

/** Everything about a source that differs from other cells. */
export function isSource(draft: Draft, cell: CellRef): boolean {
  return planVertexOf(draft, cell).operator.kind === "source";
}
