// A participant: one node's part in one query (PBDS §5.3, §6.2, §6.4). It agrees to nothing that it has not checked, holds
// its cells ready under a lease, runs them at its analyst's word and, once the query flows, without her.
//
//   absent -- instantiate, checked --> holding -- flowing (the decision) --> flowing -- close --> closing --> ended
//   holding -- lease over | abort | a neighbour withdrew | a cell failed --> closing --> ended (rolled back)
//   flowing -- all cells drained --> flowing, settled; remembered until close
//   flowing -- damaged, no analyst for the grace --> orphaned: drains from the sources on, settled (failed)
//   any -- restart --> flowing with its cells lost, or ended: the cells are gone, the memory of them is not
//
// A cell: preparing -> prepared -> starting -> started -> draining -> drained | failed | lost

import { z } from "zod";
import { accept, fromCanonical, type QueryId, type Refusal, type Result, refuse } from "../base/index.ts";
import {
  digestSchema,
  layersOf,
  type MemberFacts,
  nodeIdSchema,
  planSchema,
  vertexIdSchema,
  vertexOf,
} from "../model/index.ts";
import {
  addresseeOf,
  type Command,
  cardSchema,
  cellRefSchema,
  type NeighbourMessage,
  planDigestOf,
  type Reason,
} from "./messages.ts";
import { onCellEvent } from "./participant-cells.ts";
import { checkCommander, checkTerm } from "./participant-checks.ts";
import { obey, onInstantiate } from "./participant-commands.ts";
import {
  type Draft,
  finish,
  openDraft,
  patchCell,
  planNodes,
  reasonOf,
  refOf,
  report,
  withdrawnBy,
} from "./participant-draft.ts";
import {
  becomeOrphan,
  believesOrphaned,
  conclude,
  discardCell,
  onOrphanWake,
  onRetainWake,
  rollBack,
  withdraw,
} from "./participant-endings.ts";
import {
  type HeldState,
  isOver,
  type ParticipantCell,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantState,
  type ParticipantStep,
  participantKey,
} from "./participant-state.ts";

export function stepParticipant(
  config: ParticipantConfig,
  state: ParticipantState,
  event: ParticipantEvent,
): ParticipantStep {
  switch (event.type) {
    case "message":
      return onMessage(config, state, event);
    case "recover":
      return onRecover(config, state, event);
    case "wake":
      return onWake(config, state, event);
    default: {
      if (state.at === "absent") return { state, effects: [] };
      const draft = openDraft(config, event.nowMs, state, state);
      onCellEvent(draft, event);
      conclude(draft);
      return finish(draft);
    }
  }
}

type MessageEvent = Extract<ParticipantEvent, { type: "message" }>;

function onMessage(config: ParticipantConfig, state: ParticipantState, event: MessageEvent): ParticipantStep {
  const { message } = event;
  const query = state.at === "absent" ? state.query : state.plan.id;
  if (message.query !== query || addresseeOf(message) !== "participant")
    return { state, effects: [], refusal: refuse("unknown-query", { blame: event.from.node }) };
  if (message.type === "withdrawn" || message.type === "orphaned") return onNeighbour(config, state, event, message);
  if (message.type === "report" || message.type === "refusal") return { state, effects: [] };
  return onCommand(config, state, event, message);
}

function onCommand(
  config: ParticipantConfig,
  state: ParticipantState,
  event: MessageEvent,
  command: Command,
): ParticipantStep {
  const { from, nowMs } = event;
  const held = state.at === "absent" ? null : state;
  const named = command.type === "instantiate" ? command.plan : null;
  const sender = checkCommander(config, from, held?.plan ?? named);
  if (!sender.ok) return decline(state, event, command, sender);
  const analyst = named === null ? sender : checkCommander(config, from, named);
  if (!analyst.ok) return decline(state, event, command, analyst);
  if (held !== null) {
    const term = checkTerm(held, from, command.term);
    if (!term.ok) return decline(state, event, command, term);
  }
  // INVARIANT 11: a new commander is on disk (finish) before anything is done at its word.
  const led: HeldState | null =
    held === null ? null : { ...held, term: command.term, commander: from.node, heardMs: nowMs };
  if (command.type === "instantiate") {
    const taken = onInstantiate(config, nowMs, led, from.node, command);
    if ("ok" in taken) return decline(state, event, command, taken);
    return complete(taken, held);
  }
  if (led === null) {
    const declined = decline(state, event, command, refuse("unknown-query"));
    // Who watches asks every node that may hold the query, spares too, whether it does. That it does not is an answer, and no fault.
    return command.type === "watch" ? { state, effects: declined.effects } : declined;
  }
  const draft = openDraft(config, nowMs, held, led);
  obey(draft, command);
  if (draft.refusal !== undefined) return decline(state, event, command, draft.refusal);
  return complete(draft, held);
}

function complete(draft: Draft, held: HeldState | null): ParticipantStep {
  const whole = { ...draft, before: held };
  conclude(whole);
  return finish(whole);
}

/** The sender hears why, unless it is nobody who could have asked. */
function decline(state: ParticipantState, { from }: MessageEvent, command: Command, refusal: Refusal): ParticipantStep {
  const mute = refusal.code === "not-an-analyst" || refusal.code === "wrong-network";
  const term = state.at === "absent" ? 0 : state.term;
  const { query, command: answers } = command;
  const reason = reasonOf(refusal);
  return {
    state,
    effects: mute ? [] : [{ type: "send", to: from.node, message: { type: "refusal", query, term, answers, reason } }],
    refusal: { blame: from.node, ...refusal },
  };
}

function onNeighbour(
  config: ParticipantConfig,
  state: ParticipantState,
  { from, nowMs }: MessageEvent,
  message: NeighbourMessage,
): ParticipantStep {
  const refusedWith = (refusal: Refusal): ParticipantStep => ({ state, effects: [], refusal });
  if (from.network !== config.self.network) return refusedWith(refuse("wrong-network", { blame: from.node }));
  if (state.at === "absent") return refusedWith(refuse("unknown-query", { blame: from.node }));
  if (message.digest !== state.digest) return refusedWith(refuse("wrong-plan", { blame: from.node }));
  if (!planNodes(state).includes(from.node)) return refusedWith(refuse("not-a-participant", { blame: from.node }));
  const draft = openDraft(config, nowMs, state, state);
  if (message.type === "withdrawn") onWithdrawn(draft, from, message);
  else if (believesOrphaned(draft, from.node)) becomeOrphan(draft, message.reason);
  conclude(draft);
  return finish(draft);
}

function onWithdrawn(draft: Draft, from: MemberFacts, message: Extract<NeighbourMessage, { type: "withdrawn" }>): void {
  let touched = false;
  for (const cell of draft.state.cells) {
    if (isOver(cell.at)) continue;
    const lost = withdrawnBy(draft.state, cell, from.node, message.cells);
    if (lost.length === 0) continue;
    touched = true;
    patchCell(draft, cell, { broken: [...new Set([...cell.broken, ...lost])] });
  }
  if (!touched) return;
  if (draft.state.at === "holding") rollBack(draft, { code: "neighbour-withdrew", node: from.node });
  else report(draft);
}

function onWake(
  config: ParticipantConfig,
  state: ParticipantState,
  { tag, nowMs }: Extract<ParticipantEvent, { type: "wake" }>,
): ParticipantStep {
  if (state.at === "absent") return { state, effects: [] };
  const draft = openDraft(config, nowMs, state, state);
  const [kind, vertex, incarnation] = tag.split("/");
  if (kind === "orphan") onOrphanWake(draft);
  else if (kind === "retain") {
    if (onRetainWake(draft)) return forget(state.plan.id);
  } else {
    const cell = state.cells.find((c) => c.vertex === vertex && `${c.incarnation}` === incarnation);
    if (kind === "lease" && cell !== undefined) onLease(draft, cell);
    if (kind === "drain" && cell?.at === "draining" && !cell.discarded)
      discardCell(draft, cell, { code: "drain-timeout", node: config.self.node, vertex: cell.vertex });
  }
  conclude(draft);
  return finish(draft);
}

/** INVARIANT 13: what nobody confirmed in time is given back: the whole query before it flows, one replacement after. */
function onLease(draft: Draft, cell: ParticipantCell): void {
  if (cell.confirmed || isOver(cell.at) || cell.at === "draining") return;
  const reason: Reason = { code: "lease-expired", node: draft.config.self.node };
  if (draft.state.at === "holding") return rollBack(draft, reason);
  discardCell(draft, cell, reason);
  withdraw(draft, [refOf(cell)], reason);
}

function forget(query: QueryId): ParticipantStep {
  return {
    state: { at: "absent", query },
    effects: [
      { type: "persist", key: participantKey(query), value: null },
      { type: "forget", query },
    ],
  };
}

const durableSchema = z.strictObject({
  plan: planSchema,
  term: z.number().int().min(1),
  commander: nodeIdSchema,
  flowing: z.boolean(),
  cells: z.array(
    z.strictObject({
      ...cellRefSchema.shape,
      vertex: vertexIdSchema,
      policy: digestSchema,
      superseded: z.boolean(),
      undelivered: z.number(),
      over: z.enum(["drained", "failed", "lost"]).optional(),
      card: cardSchema.optional(),
    }),
  ),
});

/** What an earlier process of this node wrote; a refusal means that the disk is damaged. */
function readDurable(value: Uint8Array): Result<z.output<typeof durableSchema>> {
  const plain = fromCanonical(value);
  if (!plain.ok) return plain;
  const parsed = durableSchema.safeParse(plain.value);
  if (!parsed.success) return refuse("malformed", { detail: "participant record" });
  const { plan, cells } = parsed.data;
  if (layersOf(plan.vertices) === null || cells.some((cell) => vertexOf(plan, cell.vertex) === undefined))
    return refuse("malformed", { detail: "participant record: cells that its plan has not" });
  return accept(parsed.data);
}

/** After a restart the cells are gone, and everybody concerned hears it. */
function onRecover(
  config: ParticipantConfig,
  state: ParticipantState,
  { value, nowMs }: Extract<ParticipantEvent, { type: "recover" }>,
): ParticipantStep {
  if (state.at !== "absent") return { state, effects: [] };
  const record = readDurable(value);
  if (!record.ok) return { ...forget(state.query), refusal: record };
  const { plan, term, commander, flowing } = record.value;
  const reason: Reason = { code: "cells-lost", node: config.self.node };
  const cells = record.value.cells.map(({ over, card, ...cell }): ParticipantCell => {
    const known = card === undefined ? {} : { card };
    const rest = {
      ...cell,
      ...known,
      confirmed: flowing,
      wired: [],
      acknowledged: [],
      broken: [],
      told: false,
      discarded: false,
    };
    if (over === "drained") return { ...rest, at: over };
    return over === "failed"
      ? { ...rest, at: over, reason: { ...reason, code: "cell-failed" } }
      : { ...rest, at: "lost", reason };
  });
  const lost = record.value.cells.filter((cell) => cell.over === undefined);
  const base = {
    plan,
    digest: planDigestOf(plan, config.hasher),
    term,
    commander,
    cells,
    keys: {},
    heardMs: nowMs,
    flowing,
  };
  const next: HeldState = flowing ? { at: "flowing", ...base } : { at: "ended", final: false, ...base };
  const draft = openDraft(config, nowMs, null, next);
  report(draft);
  if (lost.length > 0) withdraw(draft, lost.map(refOf), reason);
  conclude(draft);
  const done = finish(draft);
  if (next.at !== "ended") return done;
  return {
    state: done.state,
    effects: [{ type: "persist", key: participantKey(plan.id), value: null }, ...done.effects],
  };
}
