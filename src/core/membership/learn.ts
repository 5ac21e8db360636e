// What a peer tells: every item is verified before any is believed, and a message with one lie in it is refused whole.
import { accept, type NodeId, type Refusal, type Result, refuse, sameBytes } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { WireItem } from "./messages.ts";
import { announce } from "./own.ts";
import type { Known, KnownConflict, KnownGoodbye, KnownRecord, KnownRevocation, KnownSuspicion } from "./reader.ts";
import type { MembershipState } from "./state.ts";
import { send, type Turn } from "./turn.ts";
import { acceptRecord, ban, depart, markSuspected, tellOnce } from "./view.ts";

/** Returns the refusal of the message, or of its first item that was not believed, if any. */
export function learnAll(turn: Turn, from: NodeId, items: readonly WireItem[]): Refusal | undefined {
  const read = readAll(turn.state, from, items);
  if (!read.ok) return read;
  const answers: WireItem[] = [];
  let refusal: Refusal | undefined;
  for (const known of read.value) refusal = learn(turn, known, from, answers) ?? refusal;
  for (let at = 0; at < answers.length; at += limits.maxItemsPerMessage)
    send(turn, from, { type: "tell", items: answers.slice(at, at + limits.maxItemsPerMessage) });
  return refusal;
}

function readAll(state: MembershipState, from: NodeId, items: readonly WireItem[]): Result<Known[]> {
  const read: Known[] = [];
  for (const item of items) {
    const known = state.config.reader.read(item);
    if (!known.ok) return { ...known, blame: from };
    read.push(known.value);
  }
  return accept(read);
}

function learn(turn: Turn, known: Known, from: NodeId, answers: WireItem[]): Refusal | undefined {
  switch (known.kind) {
    case "record":
      return learnRecord(turn, known, from, answers);
    case "suspicion":
      return learnSuspicion(turn, known, from, answers);
    case "goodbye":
      return learnGoodbye(turn, known, from);
    case "conflict":
    case "revocation":
      return learnBan(turn, known, from);
  }
}

function learnRecord(turn: Turn, known: KnownRecord, from: NodeId, answers: WireItem[]): Refusal | undefined {
  const { state, nowMs } = turn;
  if (known.node === state.config.node) return learnOwnRecord(turn, known, answers);
  const current = state.members.get(known.node);
  if (current === known || (current !== undefined && sameWord(current, known))) {
    state.outbox.get(current)?.push(from); // it knows already: no need to tell it
    return undefined; // PBDS §6.1: a known address is ignored
  }
  const banned = state.banned.get(known.node);
  if (banned !== undefined) {
    answers.push(banned.wire);
    return undefined;
  }
  if (known.facts.notAfterMs <= nowMs) return refuse("certificate-expired", { blame: known.node });
  const departed = state.departed.get(known.node);
  if (departed !== undefined && known.sequence <= departed.evidence.sequence) {
    answers.push(departed.evidence.wire); // a zombie's herald: it hears why we do not believe it
    return undefined;
  }
  if (current === undefined && state.members.size >= limits.maxMembers) return refuse("view-full");
  if (current !== undefined && known.sequence === current.sequence) {
    const proof = state.config.reader.read({ kind: "conflict", first: current.wire, second: known.wire });
    if (!proof.ok) return proof;
    ban(turn, proof.value as KnownConflict, null);
    return refuse("conflicting-record", { blame: known.node });
  }
  // An older record than ours is late or replayed: nothing to learn, and an exchange will mend the peer.
  if (current !== undefined && known.sequence < current.sequence) return refuse("old-record", { blame: from });
  acceptRecord(turn, known, from);
  return undefined;
}

/** Somebody holds a record of ours that we do not: our disk lost it, or our key is in two places. Ours must be newer. */
function learnOwnRecord(turn: Turn, known: KnownRecord, answers: WireItem[]): Refusal | undefined {
  const { state } = turn;
  const own = state.self;
  if (own === null || state.leaving || known.sequence < own.sequence || sameWord(own, known)) return undefined;
  state.sequence = Math.max(state.sequence, known.sequence);
  const refusal = announce(turn);
  if (refusal === undefined) answers.push((state.self ?? own).wire);
  return refusal;
}

function learnSuspicion(turn: Turn, known: KnownSuspicion, from: NodeId, answers: WireItem[]): Refusal | undefined {
  const { state, nowMs } = turn;
  if (known.node === state.config.node) {
    if (state.self === null || state.leaving || known.sequence !== state.self.sequence) return undefined;
    const refusal = announce(turn); // we live: a higher sequence says so
    if (refusal === undefined) answers.push(state.self.wire);
    return refusal;
  }
  const record = state.members.get(known.node);
  // INVARIANT 6: a suspicion counts against exactly the record it names, so that the next sequence always refutes it.
  if (record === undefined || record.sequence !== known.sequence || state.suspected.has(known.node)) return undefined;
  if (!state.members.has(known.accuser) && !state.departed.has(known.accuser))
    return refuse("unknown-accuser", { blame: known.accuser });
  const account = state.accusers.get(known.accuser);
  if (account !== undefined && account.windowEndsMs > nowMs && account.refuted >= limits.maxRefutedPerAccuser)
    return refuse("false-suspicion", { blame: known.accuser });
  markSuspected(turn, known, from);
  return undefined;
}

function learnGoodbye(turn: Turn, known: KnownGoodbye, from: NodeId): Refusal | undefined {
  const { state } = turn;
  if (known.node === state.config.node) {
    if (state.self === null || state.leaving || known.sequence < state.self.sequence) return undefined;
    state.sequence = Math.max(state.sequence, known.sequence); // else everybody would forget us again at once
    return announce(turn);
  }
  const record = state.members.get(known.node);
  if (record === undefined || record.sequence > known.sequence) return undefined;
  depart(turn, record, known);
  state.outbox.delete(record);
  turn.effects.push({ type: "hang-up", node: known.node });
  state.links.delete(known.node);
  tellOnce(turn, known, from);
  return undefined;
}

function learnBan(turn: Turn, known: KnownConflict | KnownRevocation, from: NodeId): Refusal | undefined {
  const { state } = turn;
  const already = state.banned.get(known.node);
  if (already !== undefined && (already.kind === known.kind || already.kind === "revocation")) return undefined;
  if (already === undefined && state.banned.size >= limits.maxBanned) return refuse("view-full");
  ban(turn, known, from);
  return undefined;
}

function sameWord(a: KnownRecord, b: KnownRecord): boolean {
  return a.sequence === b.sequence && a.fingerprint[0] === b.fingerprint[0] && sameBytes(a.wire.body, b.wire.body);
}
