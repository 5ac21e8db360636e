// The view: who is in the network as far as this node knows, and the only places where that changes.
//
//            record                 suspicion                    nobody refuted in time
//   unknown ────────▶ member ◀──────────────────▶ suspected ──────────────────────────▶ departed
//                      ▲  │        higher record              goodbye ─▶                   │
//                      └──┼──────────────────────── record with a higher sequence ─────────┘
//                         └── conflict or revocation ──▶ banned (for ever)
//
// INVARIANT 2: the digest is the XOR of the fingerprints of exactly `members` and `banned`.
// INVARIANT 3: only a node's own key brings it back: nothing at or below the sequence it departed with is believed.
// INVARIANT 4: whatever changes the view is told once (outbox) and whatever does not is not told at all (PBDS §6.1).
import type { NodeId } from "../base/index.ts";
import { toggle } from "./digest.ts";
import { limits } from "./limits.ts";
import type { Known, KnownConflict, KnownGoodbye, KnownRecord, KnownRevocation, KnownSuspicion } from "./reader.ts";
import { type Placed, place, remove } from "./ring.ts";
import type { Departed, MembershipState } from "./state.ts";
import { store, unstore } from "./storage.ts";
import { type Turn, tickWithin } from "./turn.ts";

/** Makes it news for all neighbours but the one who told us. */
export function tellOnce(turn: Turn, known: Known, from: NodeId | null): void {
  const { state } = turn;
  if (state.outbox.size === 0) turn.effects.push({ type: "wake", tag: "flush", afterMs: limits.flushAfterMs });
  state.outbox.set(known, from === null ? [] : [from]);
  state.lastNewsAtMs = turn.nowMs;
}

/** A verified record that is newer than what we had, of a node that is not banned. */
export function acceptRecord(turn: Turn, known: KnownRecord, from: NodeId | null): void {
  const { state } = turn;
  const before = state.members.get(known.node);
  const departed = state.departed.get(known.node);
  if (departed !== undefined) {
    state.departed.delete(known.node);
    turn.effects.push(unstore("departed", departed.record));
  }
  enroll(state, known);
  clearSuspicion(turn, known);
  turn.effects.push(store("member", known));
  turn.effects.push({ type: "member", change: before === undefined ? "joined" : "changed", record: known.record });
  tellOnce(turn, known, from);
}

/** Without effects: also what `restore` does. */
export function enroll(state: MembershipState, known: KnownRecord): void {
  const before = state.members.get(known.node);
  if (before !== undefined) toggle(state.buckets, before);
  toggle(state.buckets, known);
  state.members.set(known.node, known);
  if (before === undefined && known.node !== state.config.node) {
    // While all are neighbours every newcomer is one, also if no ring has room for it.
    if (place(state.rings, known) || state.members.size <= limits.maxNeighbours + 2) state.neighboursStale = true;
  }
}

function clearSuspicion(turn: Turn, known: KnownRecord): void {
  const { state, nowMs } = turn;
  const watch = state.watches.get(known.node);
  if (watch !== undefined) {
    watch.accused = false;
    watch.failures = 0;
  }
  const suspected = state.suspected.get(known.node);
  if (suspected === undefined || suspected.suspicion.sequence >= known.sequence) return;
  state.suspected.delete(known.node);
  const accuser = suspected.suspicion.accuser;
  if (accuser === state.config.node) {
    const wronged = state.wronged.get(known.node) ?? { count: 0, againAtMs: 0 };
    wronged.againAtMs = nowMs + limits.accuseAgainMs * 2 ** Math.min(wronged.count, 8);
    wronged.count++;
    state.wronged.set(known.node, wronged);
    return;
  }
  let account = state.accusers.get(accuser);
  if (account === undefined || account.windowEndsMs <= nowMs) {
    if (state.accusers.size >= limits.maxAccusersRemembered) state.accusers.delete(state.accusers.keys().next().value!);
    account = { refuted: 0, windowEndsMs: nowMs + limits.accuserWindowMs };
    state.accusers.delete(accuser);
    state.accusers.set(accuser, account);
  }
  account.refuted++;
}

export function markSuspected(turn: Turn, suspicion: KnownSuspicion, from: NodeId | null): void {
  turn.state.suspected.set(suspicion.node, { suspicion, untilMs: turn.nowMs + limits.refuteWithinMs });
  tellOnce(turn, suspicion, from);
  tickWithin(turn, limits.refuteWithinMs);
}

/** Forgets a member. The evidence and its addresses are remembered, bounded. */
export function depart(turn: Turn, record: KnownRecord, evidence: KnownSuspicion | KnownGoodbye): void {
  const { state, nowMs } = turn;
  expel(turn, record);
  turn.effects.push(unstore("member", record));
  if (state.departed.size >= limits.maxDeparted) forgetDeparted(turn, state.departed.values().next().value!);
  // Who said goodbye is not called back.
  const retryAtMs = evidence.kind === "goodbye" ? Number.POSITIVE_INFINITY : nowMs + limits.firstRetryMs;
  state.departed.set(record.node, { record, evidence, sinceMs: nowMs, retryAtMs, retries: 0 });
  turn.effects.push(store("departed", record, evidence));
  if (evidence.kind === "suspicion") tickWithin(turn, limits.firstRetryMs);
}

export function forgetDeparted(turn: Turn, departed: Departed): void {
  turn.state.departed.delete(departed.record.node);
  turn.effects.push(unstore("departed", departed.record));
}

/** INVARIANT 5: a ban is never lifted, and is durable before it is told. A revocation stands above a conflict. */
export function ban(turn: Turn, evidence: KnownConflict | KnownRevocation, from: NodeId | null): void {
  const { state } = turn;
  const { node } = evidence;
  const before = state.banned.get(node);
  if (before !== undefined) toggle(state.buckets, before);
  toggle(state.buckets, evidence);
  state.banned.set(node, evidence);
  turn.effects.push(store("banned", evidence));
  const record = state.members.get(node);
  if (record !== undefined && node !== state.config.node) {
    expel(turn, record);
    turn.effects.push(unstore("member", record));
  }
  const departed = state.departed.get(node);
  if (departed !== undefined) forgetDeparted(turn, departed);
  state.links.delete(node);
  state.wronged.delete(node);
  turn.effects.push({
    type: "banish",
    node,
    code: evidence.kind === "revocation" ? "certificate-revoked" : "conflicting-record",
  });
  tellOnce(turn, evidence, from);
}

/** Takes a record out of the view, whatever the reason. */
export function expel(turn: Turn, record: KnownRecord): void {
  const { state } = turn;
  toggle(state.buckets, record);
  state.members.delete(record.node);
  state.suspected.delete(record.node);
  state.lastNewsAtMs = turn.nowMs;
  const removed = remove(state.rings, record.node, () => others(state));
  if (removed || state.watches.has(record.node) || state.members.size <= limits.maxNeighbours + 1)
    state.neighboursStale = true;
  turn.effects.push({ type: "member", change: "left", record: record.record });
  tickWithin(turn, limits.flushAfterMs);
}

export function* others(state: MembershipState): Generator<Placed> {
  for (const record of state.members.values()) if (record.node !== state.config.node) yield record;
}
