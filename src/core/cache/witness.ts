// A witness of somebody's cache (SEP2P §3.6): it attests a list that holds everybody it knows there, and nobody it cannot
// tell to be genuine. Otherwise it says what it knows more, and what it lacks. One honest witness among k is enough for
// the list to be whole.
import { accept, type NodeId, publicKeyOfNodeId, type Refusal, type Result, refuse, toHex } from "../base/index.ts";
import { isInside } from "../draw/index.ts";
import type { Evidence } from "./evidence.ts";
import { limits } from "./limits.ts";
import { learnEvidence } from "./reports.ts";
import {
  attestationBody,
  type CacheList,
  digestOfList,
  hasKey,
  isSignedBy,
  keysOf,
  readList,
  type Signed,
} from "./statements.ts";
import { blockRound, byKey, genuine, membersOf, placeOfKey, send, type Turn } from "./turn.ts";

export function onAttest(turn: Turn, from: NodeId, wire: Signed, papers: readonly Uint8Array[]): Refusal | null {
  const { state, near, nowMs } = turn;
  const { self, signer, ports } = state.config;
  const read = ownersList(turn, from, wire);
  if (!read.ok) return read;
  const list = read.value;
  if (!isFresh(list.atMs, nowMs)) return refuse("draw-stale", { blame: from });
  const lie = remember(turn, from, list, wire);
  if (lie !== null) {
    learnEvidence(turn, null, lie);
    return refuse("cache-two-lists", { blame: from });
  }
  const block = blockRound(turn, placeOfKey(turn, publicKeyOfNodeId(from)!), list.depth);
  const missing = membersOf(turn, block).filter(({ publicKey }) => !hasKey(list, publicKey));
  const known = byKey(turn);
  const met = genuine(turn, papers).filter(
    ({ node, location }) => !near.members.has(node) && isInside(block, location),
  );
  for (const member of met) known.set(toHex(member.publicKey), member);
  if (met.length > 0) turn.effects.push({ type: "vouched", members: met, untilMs: nowMs + limits.vouchedForMs });
  const unknown = [...keysOf(list)].filter((key) => !known.has(toHex(key)) || !isInside(block, placeOfKey(turn, key)));
  const digest = ports.crypto.sha256(wire.body);
  if (missing.length === 0 && unknown.length === 0) {
    const body = attestationBody(digestOfList(ports.crypto, wire.body), self.node, nowMs);
    const attestation = { by: self.node, atMs: nowMs, signature: signer.sign(body) };
    send(turn, from, { type: "cache-attested", list: digest, attestation });
    return null;
  }
  const shown = missing.slice(0, limits.maxPapers).map(({ certificate }) => certificate);
  const keys = unknown.slice(0, limits.maxPapers).map((key) => Uint8Array.from(key));
  send(turn, from, { type: "cache-differs", list: digest, missing: shown, unknown: keys });
  return null;
}

/** A list as its owner signed it, of this network. */
export function ownersList({ state }: Turn, owner: NodeId | null, { body, signature }: Signed): Result<CacheList> {
  const { rules, ports } = state.config;
  const list = readList(body);
  if (list === null) return refuse("malformed", { detail: "a cache's list" });
  if (owner !== null && list.owner !== owner) return refuse("cache-unsigned", { blame: owner });
  if (list.network !== rules.network) return refuse("draw-other-network", { blame: list.owner });
  if (!isSignedBy(ports.crypto, list.owner, body, signature)) return refuse("cache-unsigned", { blame: owner ?? "" });
  return accept(list);
}

export function isFresh(atMs: number, nowMs: number): boolean {
  return nowMs - atMs <= limits.maxAgeMs && atMs - nowMs <= limits.maxSkewMs;
}

/** Two lists under one version: the owner tells different nodes different things. */
function remember({ state }: Turn, owner: NodeId, list: CacheList, wire: Signed): Evidence | null {
  const { heard } = state;
  const before = heard.get(owner);
  if (before !== undefined && before.version === list.version && toHex(before.list.body) !== toHex(wire.body))
    return { kind: "conflict", node: owner, first: { ...before.list }, second: { ...wire } };
  if (before !== undefined && before.version > list.version) return null;
  heard.delete(owner);
  if (heard.size >= limits.maxHeard) heard.delete(heard.keys().next().value!);
  heard.set(owner, { version: list.version, list: { ...wire } });
  return null;
}
