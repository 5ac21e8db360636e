// The attested cache of one node as a machine (SEP2P §3.6): joining, serving those who join, and evidence of lies.
// docs/protocols/draw.md tells the whole.
import { type NodeId, type Refusal, refused, to, unreachable } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { CacheMessage } from "./messages.ts";
import { onAcknowledged, onGiven, onHidden, onJoinedWake, onJoinWake, onPapers } from "./newcomer.ts";
import { onAsk, onAttested, onDiffers, onHello, onRoundWake, onWant, restoreOwner } from "./owner.ts";
import { learnEvidence, restoreEvidence } from "./reports.ts";
import type { CacheConfig, CacheEvent, CacheState, CacheStep } from "./state.ts";
import { type Turn, wake } from "./turn.ts";
import { onAttest } from "./witness.ts";

/** `stored`: what the driver's disk holds under `cache/`. */
export function createCache(config: CacheConfig, stored: Iterable<readonly [string, Uint8Array]> = []): CacheState {
  const state: CacheState = {
    config,
    version: 0,
    acknowledged: new Map(),
    held: new Map(),
    round: null,
    lacking: new Map(),
    attested: null,
    waiting: new Set(),
    joining: null,
    joined: null,
    joinAgainMs: limits.joinAgainMs,
    heard: new Map(),
    evidence: new Map(),
    peers: new Map(),
  };
  for (const [key, bytes] of stored) {
    restoreOwner(state, key, bytes);
    restoreEvidence(state, key, bytes);
  }
  return state;
}

export function stepCache(state: CacheState, event: CacheEvent): CacheStep {
  const { nowMs, near, depth, contacts } = event;
  const turn: Turn = { state, nowMs, near, depth, contacts, effects: [] };
  const refusal = perform(turn, event);
  return refusal === null ? to(state, ...turn.effects) : refused(state, refusal, ...turn.effects);
}

function perform(turn: Turn, event: CacheEvent): Refusal | null {
  switch (event.type) {
    case "start":
      wake(turn, "join", limits.firstJoinAfterMs);
      return null;
    case "message":
      return isWithin(turn, event.from) ? onMessage(turn, event.from, event.message) : null;
    case "wake":
      if (event.tag === "join") onJoinWake(turn);
      if (event.tag === "joined") onJoinedWake(turn);
      if (event.tag === "round") onRoundWake(turn);
      return null;
    case "evidence":
      return learnEvidence(turn, null, event.evidence);
    default:
      return unreachable(event);
  }
}

function onMessage(turn: Turn, from: NodeId, message: CacheMessage): Refusal | null {
  switch (message.type) {
    case "cache-hello":
      return onHello(turn, from);
    case "cache-acknowledged":
      return onAcknowledged(turn, from, message.acknowledgement);
    case "cache-ask":
      return onAsk(turn, from);
    case "cache-given":
      return onGiven(turn, from, message);
    case "cache-attest":
      return onAttest(turn, from, message.list, message.papers);
    case "cache-attested":
      return onAttested(turn, from, message.list, message.attestation);
    case "cache-differs":
      return onDiffers(turn, from, message.list, message.missing, message.unknown);
    case "cache-want":
      return onWant(turn, from, message.keys);
    case "cache-papers":
      return onPapers(turn, from, message.papers);
    case "cache-hidden":
      return onHidden(turn, message.list);
    case "evidence":
      return learnEvidence(turn, from, message.evidence);
    default:
      return unreachable(message);
  }
}

/** Nobody is served beyond its share; what is too much is as if it were lost. */
function isWithin({ state, nowMs }: Turn, from: NodeId): boolean {
  const { peers } = state;
  const account = peers.get(from);
  if (account !== undefined && account.endsMs > nowMs) return ++account.count <= limits.messagesPerWindow;
  peers.delete(from);
  if (peers.size >= limits.maxPeersCounted) peers.delete(peers.keys().next().value!);
  peers.set(from, { count: 1, endsMs: nowMs + limits.windowMs });
  return true;
}
