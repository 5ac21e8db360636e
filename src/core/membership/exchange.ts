// The repair of what gossip lost: when two digests differ, one bounded exchange makes the two views equal.
//
//   A ── compare: digests of my buckets ──▶ B
//   A ◀── entries: what I hold where we differ ── B
//   A ── tell: what B lacks ─▶ B     A ── want: what I lack ─▶ B
//   A ◀── tell ── B
import { type NodeId, type Refusal, refuse } from "../base/index.ts";
import { differingBuckets, entryOf, standingOf, standings, toBytes } from "./digest.ts";
import { limits } from "./limits.ts";
import { type Entry, sizeOfItem, type WireItem } from "./messages.ts";
import type { Known } from "./reader.ts";
import type { Link } from "./state.ts";
import { send, type Turn } from "./turn.ts";

/** Two digests differed. Opens an exchange unless one is under way or news still on their way explain the difference. */
export function openExchange(turn: Turn, link: Link): void {
  const { state, nowMs } = turn;
  const first = link.comparedAtMs === 0;
  const sinceMs = nowMs - link.comparedAtMs;
  if (!first && sinceMs < limits.compareGapMs) return;
  if (!first && nowMs - state.lastNewsAtMs < limits.settleMs && sinceMs < 4 * limits.compareGapMs) return;
  link.comparedAtMs = nowMs;
  link.awaitsEntries = true;
  send(turn, link.node, { type: "compare", buckets: toBytes(state.buckets) });
}

/** The peer's digests: answers with what we hold in the buckets that differ, whole buckets, as many as fit. */
export function answerCompare(turn: Turn, from: NodeId, buckets: Uint8Array): void {
  const { state } = turn;
  const differ = differingBuckets(state.buckets, buckets);
  const perBucket = Array.from({ length: limits.buckets }, (): Known[] => []);
  for (const known of standings(state)) if (differ[known.bucket]) perBucket[known.bucket]!.push(known);
  const covered = new Uint8Array(limits.buckets / 8);
  const entries: Entry[] = [];
  // Start elsewhere each time, so that an exchange that is cut short does not leave the same buckets out again.
  const start = (state.exchanges++ * 29) % limits.buckets;
  for (let i = 0; i < limits.buckets; i++) {
    const bucket = (start + i) % limits.buckets;
    if (!differ[bucket]) continue;
    const held = perBucket[bucket]!;
    if (entries.length > 0 && entries.length + held.length > limits.maxEntriesPerMessage) continue;
    covered[bucket >> 3]! |= 1 << (bucket & 7);
    for (const known of held.slice(0, limits.maxEntriesPerMessage)) entries.push(entryOf(known));
  }
  send(turn, from, { type: "entries", covered, entries });
}

/** The peer's entries: tells it what it lacks, with the evidence for whom we do not believe alive, and asks for the rest. */
export function answerEntries(
  turn: Turn,
  link: Link | undefined,
  message: { readonly covered: Uint8Array; readonly entries: readonly Entry[] },
): Refusal | undefined {
  if (link === undefined || !link.awaitsEntries) return refuse("unasked-answer");
  link.awaitsEntries = false;
  const { state } = turn;
  const theirs = new Set<NodeId>();
  const want: NodeId[] = [];
  const tell: WireItem[] = [];
  for (const [node, banned, sequence, fingerprint] of message.entries) {
    theirs.add(node);
    const ours = standingOf(state, node);
    const departed = state.departed.get(node);
    if (banned === 1) {
      if (ours === undefined || !sameFingerprint(ours, fingerprint)) want.push(node);
      if (ours?.kind === "revocation" && !sameFingerprint(ours, fingerprint)) tell.push(ours.wire);
    } else if (ours !== undefined && ours.kind !== "record") tell.push(ours.wire);
    else if (departed !== undefined && sequence <= departed.evidence.sequence) tell.push(departed.evidence.wire);
    else if (ours === undefined || sequence > ours.sequence) want.push(node);
    else if (sequence < ours.sequence) tell.push(ours.wire);
    else if (!sameFingerprint(ours, fingerprint)) want.push(node); // one of the two is a lie: see both
  }
  for (const known of standings(state)) {
    const covered = (message.covered[known.bucket >> 3]! >> (known.bucket & 7)) & 1;
    if (covered === 1 && !theirs.has(known.node)) tell.push(known.wire);
  }
  tellPaged(turn, link.node, tell);
  if (want.length > 0) send(turn, link.node, { type: "want", nodes: want });
  return undefined;
}

export function answerWant(turn: Turn, from: NodeId, nodes: readonly NodeId[]): void {
  const tell: WireItem[] = [];
  for (const node of new Set(nodes)) {
    const known = standingOf(turn.state, node);
    if (known !== undefined) tell.push(known.wire);
  }
  tellPaged(turn, from, tell);
}

/** Cut to messages within the bounds; what does not fit one answer waits for the next exchange. */
export function tellPaged(turn: Turn, target: NodeId, items: readonly WireItem[]): void {
  let page: WireItem[] = [];
  let bytes = 0;
  let pages = 0;
  for (const item of items) {
    const size = sizeOfItem(item);
    if (page.length > 0 && (page.length >= limits.maxItemsPerMessage || bytes + size > limits.maxMessageBytes - 1024)) {
      send(turn, target, { type: "tell", items: page });
      if (++pages >= limits.maxMessagesPerAnswer) return;
      page = [];
      bytes = 0;
    }
    page.push(item);
    bytes += size;
  }
  if (page.length > 0) send(turn, target, { type: "tell", items: page });
}

function sameFingerprint(known: Known, fingerprint: Uint8Array): boolean {
  const own = toBytes(known.fingerprint);
  return own.every((byte, i) => byte === fingerprint[i]);
}
