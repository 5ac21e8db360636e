// Membership by gossip (PBDS §6.1) as a machine: who is in the network, told once, then silence.
//
// Beyond the paper: records are signed by the node they are about and carry its certificate; the dead are noticed by
// their neighbours, accused, and forgotten unless they refute; a digest on every probe repairs what was lost; the
// authority's revocations travel the same way and are never forgotten. docs/protocols/membership.md tells the whole.
import {
  fromCanonical,
  type NodeId,
  type Refusal,
  type RefusalCode,
  refuse,
  refused,
  type Step,
  sameBytes,
  unreachable,
} from "../base/index.ts";
import type { MemberFacts, NodeRecord } from "../model/index.ts";
import { digestOf, toggle } from "./digest.ts";
import { answerCompare, answerEntries, answerWant, openExchange } from "./exchange.ts";
import { learnAll } from "./learn.ts";
import { limits } from "./limits.ts";
import type { MembershipMessage } from "./messages.ts";
import { failed, hangUpStrays, heardFrom, neighboursOf, probe } from "./neighbours.ts";
import { announce, goodbye } from "./own.ts";
import { createRings, positionsOf } from "./ring.ts";
import type { Link, MembershipConfig, MembershipEffect, MembershipEvent, MembershipState } from "./state.ts";
import { readStored, sequenceKey, shelfOf } from "./storage.ts";
import { flush, tick } from "./tick.ts";
import { send, type Turn, tickWithin } from "./turn.ts";
import { enroll } from "./view.ts";

export type MembershipStep = Step<MembershipState, MembershipEffect>;

/** A member that knows nobody yet. `stored`: whatever the driver's disk holds of an earlier life. */
export function createMembership(
  config: MembershipConfig,
  hasher: Parameters<typeof positionsOf>[0],
  stored: Iterable<readonly [string, Uint8Array]> = [],
  nowMs = 0,
): MembershipState {
  const state: MembershipState = {
    config: { ...config, seeds: config.seeds.slice(0, limits.maxSeeds) },
    self: null,
    description: config.self,
    sequence: 0,
    leaving: false,
    members: new Map(),
    suspected: new Map(),
    departed: new Map(),
    banned: new Map(),
    buckets: new Uint32Array(2 * limits.buckets),
    rings: createRings(positionsOf(hasher, config.signer.publicKey)),
    links: new Map(),
    watches: new Map(),
    allowances: new Map(),
    accusers: new Map(),
    wronged: new Map(),
    outbox: new Map(),
    neighboursStale: true,
    lastNewsAtMs: 0,
    nextNonce: 0,
    exchanges: 0,
    tickAtMs: Number.POSITIVE_INFINITY,
    seedRetryAtMs: 0,
    seedRetryMs: limits.firstSeedRetryMs,
    tidiedAtMs: 0,
    datesCheckedAtMs: 0,
  };
  for (const [key, bytes] of stored) restore(state, key, bytes, nowMs);
  return state;
}

/** One key of the disk. What does not verify is left behind: gossip brings it again. */
function restore(state: MembershipState, key: string, bytes: Uint8Array, nowMs: number): void {
  if (key === sequenceKey) {
    const value = fromCanonical(bytes);
    if (value.ok && Number.isSafeInteger(value.value)) state.sequence = Math.max(state.sequence, value.value as number);
    return;
  }
  const place = shelfOf(key);
  if (place === null || place.node === state.config.node) return;
  const items = readStored(bytes);
  if (!items.ok) return;
  const known = items.value.map((item) => state.config.reader.read(item));
  const [first, second] = known.map((result) => (result.ok && result.value.node === place.node ? result.value : null));
  if (first == null) return;
  if (place.shelf === "banned" && (first.kind === "conflict" || first.kind === "revocation")) {
    state.banned.set(first.node, first);
    toggle(state.buckets, first);
  } else if (place.shelf === "member" && first.kind === "record" && state.members.size < limits.maxMembers) {
    if (!state.banned.has(first.node) && first.facts.notAfterMs > nowMs) enroll(state, first);
  } else if (place.shelf === "departed" && first.kind === "record" && second != null) {
    if (second.kind !== "suspicion" && second.kind !== "goodbye") return;
    const retryAtMs = second.kind === "goodbye" ? Number.POSITIVE_INFINITY : nowMs;
    if (state.departed.size < limits.maxDeparted && !state.members.has(first.node))
      state.departed.set(first.node, { record: first, evidence: second, sinceMs: nowMs, retryAtMs, retries: 0 });
  }
}

/** Everybody in the network as far as this node knows, itself included. */
export function view(state: MembershipState): NodeRecord[] {
  return Array.from(state.members.values(), (known) => known.record);
}

/** What the authority certified of a member: the roles it may really play. */
export function factsOf(state: MembershipState, node: NodeId): MemberFacts | undefined {
  return state.members.get(node)?.facts;
}

export function step(state: MembershipState, event: MembershipEvent): MembershipStep {
  const turn: Turn = { state, nowMs: event.nowMs, effects: [] };
  const refusal = happen(turn, event);
  return refusal === undefined ? { state, effects: turn.effects } : refused(state, refusal, ...turn.effects);
}

function happen(turn: Turn, event: MembershipEvent): Refusal | undefined {
  const { state, nowMs } = turn;
  switch (event.type) {
    case "start": {
      const refusal = announce(turn);
      if (state.members.size === 1) state.seedRetryAtMs = nowMs;
      else state.seedRetryAtMs = nowMs + limits.probeIntervalMs; // the known ones first
      tick(turn);
      return refusal;
    }
    case "contact":
      return onContact(turn, event.facts);
    case "lost":
      onLost(turn, event.node);
      return undefined;
    case "dial-failed": {
      const watch = event.node === null ? undefined : state.watches.get(event.node);
      if (watch?.awaiting !== "dial") return undefined;
      failed(turn, watch);
      watch.dueAtMs = Math.max(watch.dueAtMs, nowMs + limits.probeTimeoutMs);
      tickWithin(turn, watch.dueAtMs - nowMs);
      return undefined;
    }
    case "message":
      return onMessage(turn, event.from, event.message);
    case "wake":
      if (state.leaving) return undefined;
      if (event.tag === "tick") tick(turn);
      else if (event.tag === "flush") flush(turn);
      return undefined;
    case "describe":
      state.description = event.self;
      return state.self !== null && !state.leaving ? announce(turn) : undefined;
    case "revocation":
      return learnAll(turn, state.config.node, [event.revocation]);
    case "leave":
      onLeave(turn);
      return undefined;
    default:
      return unreachable(event);
  }
}

/** The identify exchange of §6.1: who meets a stranger says who it is; who meets an acquaintance compares digests. */
function onContact(turn: Turn, facts: MemberFacts): Refusal | undefined {
  const { state } = turn;
  const { node } = facts;
  if (node === state.config.node || facts.network !== state.config.network)
    return refuse("other-network", { blame: node });
  if (state.banned.has(node)) return refuse(banCode(state, node), { blame: node });
  if (state.leaving) return undefined;
  const link = linkOf(turn, node);
  const departed = state.departed.get(node);
  const items = [];
  if (!state.members.has(node) && state.self !== null) items.push(state.self.wire);
  if (departed !== undefined) items.push(departed.evidence.wire); // it lives: let it refute
  if (items.length > 0) send(turn, node, { type: "tell", items });
  heardFrom(turn, node);
  // The lower id opens with a probe; the other waits for it, and probes by itself if none comes.
  if (state.config.node < node || !state.members.has(node)) probe(turn, link, state.watches.get(node));
  if (state.links.size > limits.maxStrayLinks + limits.maxNeighbours) hangUpStrays(turn);
  tickWithin(turn, limits.probeTimeoutMs);
  return undefined;
}

function onLost(turn: Turn, node: NodeId): void {
  const { state, nowMs } = turn;
  state.links.delete(node);
  const watch = state.watches.get(node);
  if (watch === undefined) return;
  watch.awaiting = "nothing";
  watch.dueAtMs = nowMs;
  tickWithin(turn, limits.flushAfterMs);
}

/** INVARIANT 7: nobody is served beyond its allowance, and nobody banned is served at all. */
function onMessage(turn: Turn, from: NodeId, message: MembershipMessage): Refusal | undefined {
  const { state, nowMs } = turn;
  const ban = state.banned.get(from);
  if (ban !== undefined) return refuse(banCode(state, from), { blame: from });
  if (state.leaving || from === state.config.node) return undefined;
  if (!spend(turn, from, message)) return refuse("gossip-flood", { blame: from });
  const link = linkOf(turn, from);
  link.usedAtMs = nowMs;
  heardFrom(turn, from);
  switch (message.type) {
    case "probe": {
      const digest = digestOf(state.buckets);
      link.differs = !sameBytes(digest, message.digest);
      send(turn, from, { type: "alive", nonce: message.nonce, digest });
      return undefined;
    }
    case "alive": {
      const asked = link.probes.indexOf(message.nonce);
      if (asked < 0) return refuse("unasked-answer", { blame: from });
      link.probes.splice(asked, 1);
      link.differs = !sameBytes(digestOf(state.buckets), message.digest);
      if (link.differs) openExchange(turn, link);
      return undefined;
    }
    case "tell":
      return learnAll(turn, from, message.items);
    case "compare":
      answerCompare(turn, from, message.buckets);
      return undefined;
    case "entries": {
      const refusal = answerEntries(turn, link, message);
      return refusal === undefined ? undefined : { ...refusal, blame: from };
    }
    case "want":
      answerWant(turn, from, message.nodes);
      return undefined;
    default:
      return unreachable(message);
  }
}

function banCode(state: MembershipState, node: NodeId): RefusalCode {
  return state.banned.get(node)?.kind === "revocation" ? "certificate-revoked" : "conflicting-record";
}

/** A message may overtake the news of its own connection: it proves the connection. */
function linkOf(turn: Turn, node: NodeId): Link {
  const { state, nowMs } = turn;
  let link = state.links.get(node);
  if (link === undefined) {
    link = { node, sinceMs: nowMs, usedAtMs: nowMs, comparedAtMs: 0, awaitsEntries: false, probes: [], differs: false };
    state.links.set(node, link);
  }
  return link;
}

/** Exchanges cost us more than they cost the peer: they count for ten. */
function spend(turn: Turn, from: NodeId, message: MembershipMessage): boolean {
  const { state, nowMs } = turn;
  let account = state.allowances.get(from);
  if (account === undefined) {
    account = { items: limits.itemBurst, messages: limits.messageBurst, atMs: nowMs };
    state.allowances.set(from, account);
  }
  const seconds = Math.max(0, nowMs - account.atMs) / 1000;
  account.items = Math.min(limits.itemBurst, account.items + seconds * limits.itemsPerSecond);
  account.messages = Math.min(limits.messageBurst, account.messages + seconds * limits.messagesPerSecond);
  account.atMs = nowMs;
  account.items -= message.type === "tell" ? message.items.length : 0;
  account.messages -= message.type === "compare" || message.type === "want" ? 10 : 1;
  return account.items >= 0 && account.messages >= 0;
}

/** Says goodbye to all neighbours and is silent from then on. */
function onLeave(turn: Turn): void {
  const { state } = turn;
  if (state.leaving || state.self === null) return;
  const item = goodbye(state).wire;
  for (const node of new Set([...neighboursOf(state), ...state.links.keys()]))
    send(turn, node, { type: "tell", items: [item] });
  state.leaving = true;
  turn.effects.push({ type: "cancel-wake", tag: "tick" }, { type: "cancel-wake", tag: "flush" });
}
