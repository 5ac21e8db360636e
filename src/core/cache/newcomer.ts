// A node that joins (SEP2P §3.6): it asks the nodes nearest to its place for their caches, each attested by k witnesses of
// that node's region, and keeps the union. So it knows its neighbourhood also where nobody told it, or somebody hid it.
// Those round its place promise to list it; whoever is left out of a list nevertheless can prove the lie.
//
// INVARIANT: of an attested cache it believes certificates only. Attestation says that nobody is missing, not who is real.
import { type NodeId, type Refusal, refuse, toHex } from "../base/index.ts";
import { distance, isInside, regionOf, witnessesRound } from "../draw/index.ts";
import { limits } from "./limits.ts";
import { learnEvidence } from "./reports.ts";
import type { Given } from "./state.ts";
import {
  attestationBody,
  bundleBody,
  type CacheList,
  digestOfList,
  hasKey,
  isSignedBy,
  keysOf,
  readAcknowledgement,
  type Signed,
} from "./statements.ts";
import { blockRound, byKey, genuine, membersOf, placeOfKey, send, type Turn, wake } from "./turn.ts";
import { isFresh, ownersList } from "./witness.ts";

export function onJoinWake(turn: Turn): void {
  const { state, near } = turn;
  const { self, rules } = state.config;
  const away = (member: { location: typeof self.location }) => distance(rules.geometry, self.location, member.location);
  const others = [...near.members.values()].filter(({ node }) => node !== self.node);
  const nearest = others
    .map((member) => ({ member, at: away(member) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, limits.providers);
  state.joining = { asked: new Set(nearest.map(({ member }) => member.node)), served: new Set() };
  for (const node of state.joining.asked) send(turn, node, { type: "cache-ask" });
  for (const { node } of witnessesRound(near, self.location, self.node)?.nodes ?? [])
    send(turn, node, { type: "cache-hello" });
  wake(turn, "joined", limits.joinWithinMs);
}

/** Over: with what came. Without any attested cache it is tried again, less and less often. */
export function onJoinedWake({ state, effects }: Turn): void {
  const served = state.joining?.served.size ?? 0;
  for (const node of served > 0 ? (state.joining?.asked ?? []) : []) effects.push({ type: "silent", node });
  state.joining = null;
  const afterMs = served > 0 ? limits.refreshMs : state.joinAgainMs;
  state.joinAgainMs = served > 0 ? limits.joinAgainMs : Math.min(limits.refreshMs, state.joinAgainMs * 2);
  effects.push({ type: "wake", tag: "join", afterMs });
}

export function onGiven(turn: Turn, from: NodeId, given: Given): Refusal | null {
  const { state, near, nowMs } = turn;
  const { joining, config } = state;
  if (joining === null || !joining.asked.delete(from)) return null; // late, or not asked: no harm
  const read = ownersList(turn, from, given.list);
  if (!read.ok) return read;
  const fault = attestationsFault(turn, from, given);
  if (fault !== null) return fault;
  const list = read.value;
  if (!isFresh(list.atMs, nowMs)) return refuse("draw-stale", { blame: from });
  joining.served.add(from);
  const known = byKey(turn);
  const strange = [...keysOf(list)].filter((key) => !known.has(toHex(key)));
  for (let at = 0; at < strange.length; at += limits.maxPapers)
    send(turn, from, {
      type: "cache-want",
      keys: strange.slice(at, at + limits.maxPapers).map((key) => Uint8Array.from(key)),
    });
  state.joined = {
    atMs: nowMs,
    from: [...new Set([...(state.joined?.from ?? []), from])].slice(-limits.providers),
  };
  const place = placeOfKey(turn, near.members.get(from)?.publicKey ?? config.self.publicKey);
  tellHidden(turn, list, given.list, place);
  return null;
}

/** k different witnesses of the owner's region signed the list. A false signature under the owner's own is its lie. */
function attestationsFault(turn: Turn, from: NodeId, given: Given): Refusal | null {
  const { state, near, nowMs } = turn;
  const { rules, ports } = state.config;
  const { crypto } = ports;
  const { list, attestations, certificates, signature } = given;
  const digest = digestOfList(crypto, list.body);
  if (!isSignedBy(crypto, from, bundleBody(digest, attestations), signature))
    return refuse("cache-unsigned", { blame: from });
  for (const { by, atMs, signature: theirs } of attestations) {
    if (isSignedBy(crypto, by, attestationBody(digest, by, atMs), theirs)) continue;
    learnEvidence(turn, null, { kind: "forged-list", node: from, list: list.body, attestations, signature });
    return refuse("cache-forged", { blame: from });
  }
  const owner = near.members.get(from);
  if (owner === undefined) return refuse("draw-not-asked", { detail: "an owner that is gone" });
  const region = regionOf(rules.geometry, owner.location, rules.sizeOf(attestations.length));
  const witnesses = genuine(turn, certificates);
  const legitimate = attestations.every(({ by, atMs }, i) => {
    const witness = witnesses[i];
    return witness?.node === by && by !== from && isInside(region, witness.location) && isFresh(atMs, nowMs);
  });
  const different = new Set(attestations.map(({ by }) => by)).size === attestations.length;
  return legitimate && different ? null : refuse("cache-not-attested", { blame: from });
}

/** Somebody that we know is not on the list: it may hold the owner's promise, and then the list is a lie. */
function tellHidden(turn: Turn, list: CacheList, wire: Signed, place: Parameters<typeof blockRound>[1]): void {
  const { self } = turn.state.config;
  const hidden = membersOf(turn, blockRound(turn, place, list.depth)).filter(
    ({ node, publicKey }) => node !== list.owner && node !== self.node && !hasKey(list, publicKey),
  );
  for (const { node } of hidden.slice(0, limits.maxHiddenTold))
    send(turn, node, { type: "cache-hidden", list: { ...wire } });
}

/** Certificates of nodes on a list that we did not know. */
export function onPapers(turn: Turn, from: NodeId, papers: readonly Uint8Array[]): Refusal | null {
  const { state, near, nowMs } = turn;
  const { joined } = state;
  if (joined === null || !joined.from.includes(from)) return null;
  const members = genuine(turn, papers).filter(({ node }) => !near.members.has(node));
  if (members.length === 0) return null;
  turn.effects.push({ type: "vouched", members, untilMs: nowMs + limits.vouchedForMs });
  return null;
}

export function onAcknowledged(turn: Turn, from: NodeId, wire: Signed): Refusal | null {
  const { state } = turn;
  const { self, rules, ports } = state.config;
  const said = readAcknowledgement(wire.body);
  const ours = said?.holder === from && said.member === self.node && said.network === rules.network;
  if (!ours || !isSignedBy(ports.crypto, from, wire.body, wire.signature))
    return refuse("cache-unsigned", { blame: from });
  const { held } = state;
  held.delete(from);
  if (held.size >= limits.maxHeld) held.delete(held.keys().next().value!);
  held.set(from, { ...wire });
  return null;
}

/** A list leaves us out, somebody says. With its owner's promise in our hands that is a lie, proven. */
export function onHidden(turn: Turn, wire: Signed): Refusal | null {
  const { state } = turn;
  const read = ownersList(turn, null, wire);
  if (!read.ok) return read;
  const acknowledgement = state.held.get(read.value.owner);
  if (acknowledgement === undefined || hasKey(read.value, state.config.self.publicKey)) return null;
  const said = readAcknowledgement(acknowledgement.body)!;
  if (read.value.version < said.since || read.value.version >= said.until) return null;
  const list = { ...wire };
  return learnEvidence(turn, null, { kind: "hidden-member", node: read.value.owner, acknowledgement, list });
}
