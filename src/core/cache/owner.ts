// The owner of a cache that a newcomer asks for (SEP2P §3.6): it lists whom it knows, has the witnesses of its region attest
// the list, and hands it out. Where a witness knows more, the owner learns it and makes the list anew.
//   asked --> list to k witnesses --> k attestations --> handed out, also to whoever asks soon after
//                     ^-- some differ, a bounded number of times
//
// INVARIANT 1: no version is used twice: it is on disk before the list leaves. So two lists under one version are a lie.
// INVARIANT 2: whoever holds our promise stands on every list until it ends. The promise is on disk before it leaves.
// INVARIANT 3: what is handed out as attested was looked at, signature by signature.
import {
  fromCanonical,
  type NodeId,
  publicKeyOfNodeId,
  type Refusal,
  refuse,
  sameBytes,
  toCanonical,
  toHex,
} from "../base/index.ts";
import { isInside, witnessesRound } from "../draw/index.ts";
import { limits } from "./limits.ts";
import { sortedKeys } from "./sorted-keys.ts";
import type { CacheState, Round } from "./state.ts";
import {
  acknowledgementBody,
  attestationBody,
  bundleBody,
  digestOfList,
  isSignedBy,
  listBody,
  readAcknowledgement,
  type Signed,
} from "./statements.ts";
import { blockRound, byKey, genuine, membersOf, placeOfKey, send, type Turn, wake } from "./turn.ts";

const versionKey = "cache/version";
const acknowledgedPrefix = "cache/acknowledged/";

/** A version that was never used, durable before whatever carries it. It follows the clock as long as that goes on. */
function nextVersion(turn: Turn): number {
  const { state } = turn;
  state.version = Math.max(state.version + 1, Math.floor(turn.nowMs));
  turn.effects.push({ type: "persist", key: versionKey, value: toCanonical(state.version) });
  return state.version;
}

export function onAsk(turn: Turn, from: NodeId): Refusal | null {
  const { state, nowMs } = turn;
  const { attested } = state;
  for (const evidence of [...state.evidence.values()].slice(-limits.maxEvidenceTold))
    send(turn, from, { type: "evidence", evidence });
  if (attested !== null && nowMs - attested.madeAtMs < limits.attestedForMs) {
    send(turn, from, attested.given);
    return null;
  }
  if (state.waiting.size < limits.maxWaiting) state.waiting.add(from);
  if (state.round === null) beginRound(turn, 0);
  return null;
}

function beginRound(turn: Turn, number: number): void {
  const { state, near } = turn;
  const { self, ports } = state.config;
  const asked = witnessesRound(near, self.location, self.node);
  if (asked === null || number >= limits.maxRounds) return endRounds(turn);
  const list = ownList(turn);
  const digest = ports.crypto.sha256(list.body);
  const witnesses = asked.nodes;
  state.round = { number, list, digest, witnesses, attestations: new Map(), differed: new Set() };
  const known = byKey(turn);
  for (const { node } of witnesses) {
    const lacking = [...(state.lacking.get(node) ?? [])].flatMap((key) => known.get(key)?.certificate ?? []);
    send(turn, node, { type: "cache-attest", list, papers: lacking.slice(0, limits.maxPapers) });
  }
  wake(turn, "round", limits.roundSilentAfterMs);
}

function endRounds(turn: Turn): void {
  const { state } = turn;
  state.round = null;
  state.waiting.clear();
  state.lacking.clear();
  turn.effects.push({ type: "cancel-wake", tag: "round" });
}

function ownList(turn: Turn): Signed {
  const { state, depth, nowMs } = turn;
  const { self, rules, signer } = state.config;
  const version = nextVersion(turn);
  const promised: Uint8Array[] = [];
  for (const [node, { until }] of state.acknowledged) {
    if (version < until) promised.push(publicKeyOfNodeId(node)!);
    else {
      state.acknowledged.delete(node);
      turn.effects.push({ type: "persist", key: acknowledgedPrefix + node, value: null });
    }
  }
  const others = membersOf(turn, blockRound(turn, self.location, depth)).map(({ publicKey }) => publicKey);
  const keys = sortedKeys([...promised, ...others].slice(0, limits.maxListed));
  const body = listBody({ network: rules.network, owner: self.node, version, atMs: nowMs, depth, keys });
  return { body, signature: signer.sign(body) };
}

/** Somebody new: it gets our promise, the same again while most of it is left. */
export function onHello(turn: Turn, from: NodeId): Refusal | null {
  const { state, near } = turn;
  const { self, rules, signer } = state.config;
  if (!near.members.has(from) || from === self.node) return null; // membership will have it soon, and it says hello again
  const before = state.acknowledged.get(from);
  if (before !== undefined && before.until - turn.nowMs > limits.leaseMs / 2) {
    send(turn, from, { type: "cache-acknowledged", acknowledgement: { ...before.wire } });
    return null;
  }
  if (before === undefined && state.acknowledged.size >= limits.maxAcknowledged) return null;
  const since = nextVersion(turn);
  const until = since + limits.leaseMs;
  const body = acknowledgementBody({ network: rules.network, holder: self.node, member: from, since, until });
  const wire = { body, signature: signer.sign(body) };
  state.acknowledged.set(from, { until, wire });
  turn.effects.push({ type: "persist", key: acknowledgedPrefix + from, value: toCanonical(wire) });
  send(turn, from, { type: "cache-acknowledged", acknowledgement: wire });
  return null;
}

export function onAttested(
  turn: Turn,
  from: NodeId,
  list: Uint8Array,
  attestation: { by: NodeId; atMs: number; signature: Uint8Array },
): Refusal | null {
  const { state } = turn;
  const { round } = state;
  const witness = round?.witnesses.find(({ node }) => node === from);
  if (round === null || witness === undefined || attestation.by !== from || !sameBytes(list, round.digest)) return null;
  const { crypto } = state.config.ports;
  const { by, atMs, signature } = attestation;
  const body = attestationBody(digestOfList(crypto, round.list.body), by, atMs);
  if (!isSignedBy(crypto, by, body, signature)) return refuse("bad-signature", { blame: from });
  round.attestations.set(from, { attestation, certificate: witness.certificate });
  if (round.attestations.size === round.witnesses.length) handOut(turn, round);
  return null;
}

function handOut(turn: Turn, round: Round): void {
  const { state, nowMs } = turn;
  const { signer, ports } = state.config;
  const all = round.witnesses.map(({ node }) => round.attestations.get(node)!);
  const attestations = all.map(({ attestation }) => attestation);
  const signature = signer.sign(bundleBody(digestOfList(ports.crypto, round.list.body), attestations));
  const given = {
    type: "cache-given" as const,
    list: { ...round.list },
    attestations: attestations.map((one) => ({ ...one })),
    certificates: all.map(({ certificate }) => certificate),
    signature,
  };
  state.attested = { given, madeAtMs: nowMs };
  for (const node of state.waiting) send(turn, node, given);
  endRounds(turn);
}

/** A witness knows somebody that the list leaves out, or lacks a certificate: learn, and make the list anew. */
export function onDiffers(
  turn: Turn,
  from: NodeId,
  list: Uint8Array,
  missing: readonly Uint8Array[],
  unknown: readonly Uint8Array[],
): Refusal | null {
  const { state, depth, near, nowMs } = turn;
  const { round } = state;
  if (round === null || !sameBytes(list, round.digest) || !round.witnesses.some(({ node }) => node === from))
    return null;
  const block = blockRound(turn, state.config.self.location, depth);
  const met = genuine(turn, missing).filter(
    ({ node, location }) => !near.members.has(node) && isInside(block, location),
  );
  if (met.length > 0) turn.effects.push({ type: "vouched", members: met, untilMs: nowMs + limits.vouchedForMs });
  state.lacking.set(from, new Set(unknown.map(toHex)));
  round.differed.add(from);
  if (round.differed.size + round.attestations.size === round.witnesses.length)
    wake(turn, "round", limits.roundAfterMs);
  return null;
}

/** Some differed or were silent: again, with what was learnt since. */
export function onRoundWake(turn: Turn): void {
  if (turn.state.round !== null) beginRound(turn, turn.state.round.number + 1);
}

/** Certificates of whom we listed, for whoever does not know them yet. */
export function onWant(turn: Turn, from: NodeId, keys: readonly Uint8Array[]): Refusal | null {
  const listed = blockRound(turn, turn.state.config.self.location, turn.depth);
  const known = byKey(turn);
  const papers = keys.flatMap((key) => {
    const member = isInside(listed, placeOfKey(turn, key)) ? known.get(toHex(key)) : undefined;
    return member === undefined ? [] : [member.certificate];
  });
  if (papers.length > 0) send(turn, from, { type: "cache-papers", papers });
  return null;
}

/** From one key of the disk. What cannot be read is as if it were not there. */
export function restoreOwner(state: CacheState, key: string, bytes: Uint8Array): void {
  const value = fromCanonical(bytes);
  if (!value.ok) return;
  if (key === versionKey && Number.isSafeInteger(value.value)) state.version = value.value as number;
  if (!key.startsWith(acknowledgedPrefix)) return;
  const wire = value.value as Signed;
  const said = wire?.body instanceof Uint8Array ? readAcknowledgement(wire.body) : null;
  if (said === null || said.holder !== state.config.self.node || !(wire.signature instanceof Uint8Array)) return;
  state.acknowledged.set(said.member, { until: said.until, wire });
}
