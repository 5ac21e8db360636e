// What a participant does at its analyst's word. Every command may come twice, late, or out of order: what is done
// already is answered with a report and nothing else.
import { type Refusal, refuse, toHex, unreachable } from "../base/index.ts";
import { edgesOf, type PlanVertex, vertexOf } from "../model/index.ts";
import { limits } from "./limits.ts";
import type { CellRef, Command, Wiring } from "./messages.ts";
import { checkPlaced, checkPlan, checkVertex, checkWiring } from "./participant-checks.ts";
import {
  cellOf,
  type Draft,
  endsOf,
  latestCellOf,
  openDraft,
  patchCell,
  queryOf,
  refOf,
  report,
  tell,
} from "./participant-draft.ts";
import { deadInputs, discardCell, drainCell, isSource, leave } from "./participant-endings.ts";
import { type HeldState, isOver, type ParticipantCell, type ParticipantConfig } from "./participant-state.ts";

type Instantiate = Extract<Command, { type: "instantiate" }>;

/** The draft of the step, or why nothing of the instantiation was taken. */
export function onInstantiate(
  config: ParticipantConfig,
  nowMs: number,
  held: HeldState | null,
  from: HeldState["commander"],
  command: Instantiate,
): Draft | Refusal {
  const digest = checkPlan(config, command, held);
  if (!digest.ok) return digest;
  if (held?.at === "ended" && held.final) return refuse("query-ended");
  if (held === null && !config.ports.hasRoom()) return refuse("too-many-queries");
  const wrong = checkBodies(config, command.bodies);
  if (wrong !== null) return wrong;
  const { plan } = command;
  const fresh: ParticipantCell[] = [];
  const mine: PlanVertex[] = (held?.cells ?? []).filter((c) => !isOver(c.at)).map((c) => vertexOf(plan, c.vertex)!);
  for (const ref of command.cells) {
    const vertex = checkPlaced(config, plan, ref);
    if (!vertex.ok) return vertex;
    const latest = held === null ? undefined : latestCellOf(held, ref.vertex);
    if (latest !== undefined && latest.incarnation >= ref.incarnation) continue;
    const policy = checkVertex(config, plan, vertex.value, mine);
    if (!policy.ok) return policy; // INVARIANT 8: all vertices placed here, or none.
    mine.push(vertex.value);
    fresh.push(emptyCell(ref, policy.value));
  }
  const start: HeldState = held ?? {
    at: "holding",
    plan,
    digest: digest.value,
    term: command.term,
    commander: from,
    cells: [],
    keys: {},
    heardMs: nowMs,
    flowing: false,
  };
  const draft = openDraft(config, nowMs, held, start);
  if (start.at === "closing") {
    report(draft, command.command);
    return draft;
  }
  const awaited = waiting(draft.state);
  if (fresh.length > 0) placeCells(draft, fresh);
  prepareCells(draft, [...awaited, ...fresh], command.bodies);
  // A first instantiation is answered by its cells' keys; anything else at once.
  if (fresh.length === 0 || waiting(draft.state).length > 0) report(draft, command.command);
  return draft;
}

function emptyCell(ref: CellRef, policy: ParticipantCell["policy"]): ParticipantCell {
  return {
    ...ref,
    at: "preparing",
    confirmed: false,
    policy,
    wired: [],
    acknowledged: [],
    undelivered: 0,
    broken: [],
    told: false,
    discarded: false,
    superseded: false,
  };
}

function placeCells(draft: Draft, fresh: readonly ParticipantCell[]): void {
  const vertices = new Set(fresh.map((cell) => cell.vertex));
  for (const cell of draft.state.cells)
    if (vertices.has(cell.vertex)) discardCell(draft, cell, { code: "stale-incarnation" });
  // Of earlier cells of these vertices only those still ending are kept.
  const kept = draft.state.cells
    .filter((cell) => !(vertices.has(cell.vertex) && isOver(cell.at)))
    .map((cell) => (vertices.has(cell.vertex) ? { ...cell, superseded: true } : cell));
  const { reason: _, ...rest } = draft.state;
  const at = rest.at === "ended" ? "holding" : rest.at;
  draft.state = { ...rest, at, cells: [...kept, ...fresh] } as HeldState;
  for (const cell of fresh) {
    const tag = `lease/${cell.vertex}/${cell.incarnation}`;
    draft.effects.push({ type: "wake", tag, afterMs: limits.leaseMs });
  }
}

interface Body {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** INVARIANT 9: a body is known by its digest alone; one that has another is refused unread. */
function checkBodies(config: ParticipantConfig, bodies: readonly Body[]): Refusal | null {
  const wrong = bodies.find((body) => toHex(config.hasher.sha256(body.bytes)) !== body.digest);
  return wrong === undefined ? null : refuse("wrong-body", { detail: wrong.digest });
}

/** Gives a fresh cell, or one that waited for its body, to its host; or notes what it waits for. */
function prepareCells(draft: Draft, cells: readonly ParticipantCell[], bodies: readonly Body[]): void {
  const { plan, digest } = draft.state;
  for (const cell of cells) {
    const needed = vertexOf(plan, cell.vertex)!.operator.body;
    const body =
      needed === undefined
        ? undefined
        : (bodies.find((sent) => sent.digest === needed)?.bytes ?? draft.config.ports.bodyOf(needed));
    if (needed !== undefined && body === undefined) {
      patchCell(draft, cell, { waitsFor: needed });
      continue;
    }
    if (cell.waitsFor !== undefined) withoutWait(draft, cell);
    draft.effects.push({
      type: "prepare-cell",
      plan,
      planDigest: digest,
      ...refOf(cell),
      policyDigest: cell.policy,
      ...(body === undefined ? {} : { body }),
    });
  }
}

function withoutWait(draft: Draft, ref: CellRef): void {
  const cells = draft.state.cells.map((cell) => {
    if (cell.vertex !== ref.vertex || cell.incarnation !== ref.incarnation) return cell;
    const { waitsFor: _, ...rest } = cell;
    return rest;
  });
  draft.state = { ...draft.state, cells };
}

function waiting(state: HeldState): ParticipantCell[] {
  return state.cells.filter((cell) => cell.waitsFor !== undefined && cell.at === "preparing" && !cell.discarded);
}

/** All commands but instantiate, on a query that is held. */
export function obey(draft: Draft, command: Exclude<Command, Instantiate>): void {
  switch (command.type) {
    case "body": {
      const wrong = checkBodies(draft.config, [command]);
      if (wrong !== null) draft.refusal = wrong;
      else prepareCells(draft, waiting(draft.state), [command]);
      return;
    }
    case "run":
    case "rewire":
      return onWiring(draft, command);
    case "flowing":
      onFlowing(draft);
      return report(draft, command.command);
    case "drain":
      onDrain(draft, command);
      return report(draft, command.command);
    case "cut":
      onCut(draft, command);
      return report(draft, command.command);
    case "discard": {
      const cell = cellOf(draft.state, command);
      if (cell !== undefined) {
        patchCell(draft, cell, { superseded: true });
        discardCell(draft, cell, { code: "stale-incarnation" });
      }
      return report(draft, command.command);
    }
    case "abort":
      leave(draft, command.reason, true);
      return report(draft, command.command);
    case "watch":
      return report(draft, command.command, draft.state.commander, command.full);
    case "close":
      leave(draft, { code: "query-ended" }, true);
      return report(draft, command.command);
    default:
      return unreachable(command);
  }
}

/** Run and rewire are one thing: connect the cell as told, as far as that is newer than how it is connected. */
function onWiring(draft: Draft, command: Extract<Command, { type: "run" | "rewire" }>): void {
  const cell = cellOf(draft.state, command);
  const ready = command.type === "run" ? cell?.at === "prepared" : cell?.at === "started" || cell?.at === "draining";
  // Not yet, no more, or being done: the report says which.
  if (cell === undefined || !ready || cell.discarded || cell.wiring !== undefined)
    return report(draft, command.command);
  const keys = checkWiring(draft.config, draft.state, command, command.wiring);
  if (!keys.ok) {
    draft.refusal = keys;
    return;
  }
  if (!changes(cell, command.wiring)) return report(draft, command.command);
  draft.state = { ...draft.state, keys: keys.value };
  patchCell(draft, cell, { wiring: command.wiring, ...(command.type === "run" ? { at: "starting" } : {}) });
  draft.effects.push({
    type: command.type === "run" ? "start-cell" : "rewire-cell",
    query: queryOf(draft),
    ...refOf(cell),
    wiring: command.wiring,
  });
}

function changes(cell: ParticipantCell, wiring: Wiring): boolean {
  if (cell.at === "prepared" || cell.broken.length > 0) return true;
  return endsOf(wiring).some((end) => {
    const before = cell.wired.find((wired) => wired.edge === end.edge);
    return before === undefined || before.incarnation < end.incarnation;
  });
}

/** INVARIANT 10: a source produces only after the decision reached it, so no data enters a query that may roll back. */
function onFlowing(draft: Draft): void {
  const { state } = draft;
  if (state.at === "holding") {
    draft.state = { ...state, at: "flowing", flowing: true };
    tell(draft, "flowing", "the query runs");
  }
  if (draft.state.at !== "flowing") return;
  for (const cell of draft.state.cells) {
    if (cell.confirmed || cell.at !== "started") continue;
    patchCell(draft, cell, { confirmed: true });
    draft.effects.push({ type: "cancel-wake", tag: `lease/${cell.vertex}/${cell.incarnation}` });
    if (isSource(draft, cell)) draft.effects.push({ type: "release-cell", query: queryOf(draft), ...refOf(cell) });
  }
}

function onDrain(draft: Draft, command: Extract<Command, { type: "drain" }>): void {
  // Only a query that was decided to flow is drained: the decision just did not arrive here yet.
  if (draft.state.at === "holding") draft.state = { ...draft.state, at: "flowing", flowing: true };
  const cell = cellOf(draft.state, command);
  if (cell === undefined || isOver(cell.at) || cell.discarded) return;
  const inputs = new Set<string>(
    edgesOf(draft.state.plan)
      .filter((e) => e.to === cell.vertex)
      .map((e) => e.id),
  );
  const ended = command.ended.filter((edge) => inputs.has(edge));
  if (cell.at === "started" || (cell.at === "draining" && !cell.told)) {
    drainCell(draft, cell, [...new Set([...ended, ...deadInputs(draft, cell)])], limits.drainTimeoutMs);
  } else if (cell.at === "draining") {
    if (ended.length > 0) draft.effects.push({ type: "drain-cell", query: queryOf(draft), ...refOf(cell), ended });
  } else discardCell(draft, cell, { code: "stopped-by-analyst" });
}

/** It runs on, or drains on: only what it waited for in vain is over. */
function onCut(draft: Draft, command: Extract<Command, { type: "cut" }>): void {
  const cell = cellOf(draft.state, command);
  if (cell === undefined || cell.discarded || (cell.at !== "started" && cell.at !== "draining")) return;
  const own = edgesOf(draft.state.plan).filter(({ from, to }) => from === cell.vertex || to === cell.vertex);
  const gone = command.gone.filter((edge) => own.some(({ id }) => id === edge));
  if (gone.length > 0) draft.effects.push({ type: "cut-cell", query: queryOf(draft), ...refOf(cell), gone });
}
