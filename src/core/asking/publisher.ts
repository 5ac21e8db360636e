// What an owner's node publishes in the concept index, and when (SEP2P §5.1, use case 2).
//   turn -- a concept is new, or its entry will be over, or its places have moved --> a fresh entry, share by share in this turn and the next
// Each entry has a fresh label and is split anew, so nobody sees that two entries are one person's, and shares of different entries do not
// go together. What is not renewed is over by itself: nobody can be asked to delete what nobody knows the owner of.
//
// INVARIANT 1: only concepts that the owner chose are published.
// INVARIANT 2: every share goes through forwarders of its own, sealed to its holder.
import {
  fromCanonical,
  type Hasher,
  type NodeId,
  type Persist,
  type Send,
  type Step,
  to,
  toCanonical,
  toHex,
  type Wake,
} from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import { type Findable, keysOf } from "./concepts.ts";
import { splitEntry } from "./entries.ts";
import { limits } from "./limits.ts";
import { type AskMessage, encodeShare, labelBytes, type PlacedShare } from "./messages.ts";
import { choosePath, wrap } from "./paths.ts";
import { holdersOf, type Places } from "./placement.ts";
import { type KnownNode, nothing, type Sealer, uses } from "./sealing.ts";

export interface PublisherPorts {
  readonly hasher: Hasher;
  readonly sealer: Sealer;
  random(bytes: number): Uint8Array;
  /** Forwarders that each share passes. */
  readonly forwarders: number;
}

export interface PublisherFacts {
  readonly nowMs: number;
  readonly network: string;
  readonly self: NodeId;
  readonly pod: Uint8Array;
  /** null: she is not to be found any more. */
  readonly findable: Findable | null;
  readonly places: Places;
  readonly members: readonly KnownNode[];
}

interface Published {
  readonly atMs: number;
  readonly untilMs: number;
  readonly holders: readonly (readonly NodeId[])[];
}

export interface PublisherState {
  readonly ports: PublisherPorts;
  /** By key, in hexadecimal. */
  readonly published: Map<string, Published>;
  readonly waiting: { readonly to: NodeId; readonly share: PlacedShare }[];
  lookedAtMs: number;
}

export type PublisherEffect = Send<AskMessage> | Persist | Wake;
export type PublisherEvent = { readonly type: "turn" } & PublisherFacts;

export const publishWake = "publish";
const recordKey = (pod: Uint8Array, key: string) => `asking/published/${toHex(pod)}/${key}`;

/** `stored`: what the disk holds under `asking/published/` of this pod. */
export function createPublisher(
  ports: PublisherPorts,
  stored: Iterable<readonly [string, Uint8Array]> = [],
): PublisherState {
  const published = new Map<string, Published>();
  for (const [key, bytes] of stored) {
    const value = fromCanonical(bytes, 64 * 1024);
    if (value.ok) published.set(key.slice(key.lastIndexOf("/") + 1), value.value as Published);
  }
  return { ports, published, waiting: [], lookedAtMs: Number.NEGATIVE_INFINITY };
}

export function stepPublisher(state: PublisherState, event: PublisherEvent): Step<PublisherState, PublisherEffect> {
  const { ports } = state;
  const effects: PublisherEffect[] = [];
  const keys = keysOf(ports.hasher, event.network, event.findable);
  withdraw(state, event, keys, effects);
  // Places of all keys are looked at now and then: each costs a search among all processors.
  if (
    event.nowMs - state.lookedAtMs >= limits.minRenewMs ||
    [...keys.keys()].some((key) => !state.published.has(key))
  ) {
    state.lookedAtMs = event.nowMs;
    for (const [name, key] of keys) look(state, event, name, key);
  }
  send(state, event, effects);
  // Where there is nobody yet to hold shares or to pass them on, there will be.
  const isDone = state.waiting.length === 0 && keys.size === state.published.size;
  const afterMs = isDone ? limits.minRenewMs : limits.publishTurnMs;
  return to(state, ...effects, { type: "wake", tag: publishWake, afterMs });
}

function withdraw(
  state: PublisherState,
  { pod }: PublisherFacts,
  keys: ReadonlyMap<string, Uint8Array>,
  effects: PublisherEffect[],
): void {
  for (const name of [...state.published.keys()]) {
    if (keys.has(name)) continue;
    state.published.delete(name);
    effects.push({ type: "persist", key: recordKey(pod, name), value: null });
  }
  for (let at = state.waiting.length - 1; at >= 0; at--)
    if (!keys.has(toHex(state.waiting[at]!.share.key))) state.waiting.splice(at, 1);
}

function look(state: PublisherState, facts: PublisherFacts, name: string, key: Uint8Array): void {
  const { ports, published, waiting } = state;
  const { nowMs, self, pod, places } = facts;
  const before = published.get(name);
  const holders = holdersOf(ports.hasher, key, places);
  if (before !== undefined && nowMs < before.untilMs - limits.renewBeforeMs) {
    if (nowMs < before.atMs + limits.minRenewMs || !haveMoved(before.holders, holders)) return;
  }
  // A network that has no room for as many shares as suffice holds nothing that could be found.
  if (holders.filter((nodes) => nodes.length > 0).length < limits.needed) return;
  const untilMs = nowMs + limits.entryMs;
  published.set(name, { atMs: nowMs, untilMs, holders });
  const label = ports.random(labelBytes);
  const shares = splitEntry(ports.hasher, key, { node: self, pod }, ports.random);
  for (const [i, { point, bytes }] of shares.entries())
    for (const holder of holders[i]!) waiting.push({ to: holder, share: { key, point, label, share: bytes, untilMs } });
}

/** The finder looks where shares belong now: one that has no holder left in its place is as good as lost. */
function haveMoved(before: Published["holders"], now: Published["holders"]): boolean {
  return now.some((nodes, i) => nodes.length > 0 && !nodes.some((node) => before[i]?.includes(node) === true));
}

/** In random order: which shares leave together says nothing. What has left whole is written down; the rest is split anew after a crash. */
function send(state: PublisherState, { members, self, pod }: PublisherFacts, effects: PublisherEffect[]): void {
  const { ports, waiting } = state;
  const coins = new Coins({ fill: (into) => into.set(ports.random(into.length)) });
  const known = new Map(members.map((member) => [member.node, member]));
  let sent = 0;
  while (waiting.length > 0 && sent < limits.publishesPerTurn) {
    const at = coins.below(waiting.length);
    const { to: holder, share } = waiting[at]!;
    const path = choosePath(members, { length: ports.forwarders, self, avoid: [holder] }, coins);
    if (path.length === 0) break;
    waiting[at] = waiting[waiting.length - 1]!;
    waiting.pop();
    const recipient = known.get(holder);
    sent++;
    if (recipient !== undefined) {
      const sealed = ports.sealer.seal(recipient.sealingKey, uses.share, nothing, encodeShare(share));
      const wrapped = sealed.ok ? wrap(ports.sealer, path, holder, { type: "publish", sealed: sealed.value }) : sealed;
      if (wrapped.ok) effects.push({ type: "send", to: wrapped.value.to, message: wrapped.value.message });
    }
    const name = toHex(share.key);
    if (waiting.some((other) => toHex(other.share.key) === name)) continue;
    effects.push({ type: "persist", key: recordKey(pod, name), value: toCanonical(state.published.get(name)) });
  }
}
