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
  sameBytes,
  to,
  toCanonical,
  toHex,
  type Wake,
} from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import { type Findable, keysOf } from "./concepts.ts";
import { splitEntry } from "./entries.ts";
import { limits } from "./limits.ts";
import { type AskMessage, encodeShares, labelBytes, type PlacedShare } from "./messages.ts";
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
  /** null: what she lets herself be found by cannot be read now, so nothing is published, renewed or withdrawn. */
  readonly findable: Findable | null;
  readonly places: Places;
  readonly members: readonly KnownNode[];
  /** The node sends for all its people together (sendTogether); absent: each share leaves by itself. */
  readonly together?: boolean;
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
  /** Split, and not sent. */
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
  if (event.findable === null) return to(state, { type: "wake", tag: publishWake, afterMs: limits.readAgainMs });
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
  if (event.together !== true) effects.push(...sendTogether([{ state, pod: event.pod }], event));
  // Where there is nobody yet to hold shares or to pass them on, there will be. What waits for others of the node leaves by itself.
  const hasLeft = event.together === true || state.waiting.length === 0;
  const isDone = hasLeft && keys.size === state.published.size;
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
  forget(state.waiting, ({ share }) => !keys.has(toHex(share.key)));
}

function forget<T>(list: T[], isOver: (one: T) => boolean): void {
  for (let at = list.length - 1; at >= 0; at--) if (isOver(list[at]!)) list.splice(at, 1);
}

function look(state: PublisherState, facts: PublisherFacts, name: string, key: Uint8Array): void {
  const { ports, published, waiting } = state;
  const { nowMs, self, pod, places } = facts;
  const before = published.get(name);
  const holders = holdersOf(ports.hasher, key, places);
  // Whoever lost the place of a share before the share could leave: nobody will look there.
  forget(waiting, (one) => sameBytes(one.share.key, key) && !holders[one.share.point - 1]!.includes(one.to));
  if (before !== undefined && nowMs < before.untilMs - limits.renewBeforeMs) {
    if (nowMs < before.atMs + limits.minRenewMs || !haveMoved(before.holders, holders)) return;
  }
  // A network that has no room for as many shares as suffice holds nothing that could be found.
  if (holders.filter((nodes) => nodes.length > 0).length < limits.needed) return;
  // What still waits of the entry before goes with it.
  forget(waiting, ({ share }) => sameBytes(share.key, key));
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

export interface Publishing {
  readonly state: PublisherState;
  readonly pod: Uint8Array;
}

interface Leaving extends Publishing {
  readonly to: NodeId;
  readonly share: PlacedShare;
}

/**
 * A turn of all people of one node. Shares for one holder leave together, no two of one person, so nothing says which belong
 * together; of somebody alone each leaves by itself. In random order. What has left whole is written down; the rest is split
 * anew after a crash.
 */
export function sendTogether(
  people: readonly Publishing[],
  { members, self }: Pick<PublisherFacts, "members" | "self">,
): (Send<AskMessage> | Persist)[] {
  const ports = people[0]?.state.ports;
  if (ports === undefined) return [];
  const coins = new Coins({ fill: (into) => into.set(ports.random(into.length)) });
  const effects: Send<AskMessage>[] = [];
  /** By entry, any share of it. */
  const left = new Map<string, Leaving>();
  for (const { holder, leaving } of parcelsOf(people, coins)) {
    const path = choosePath(members, { length: ports.forwarders, self, avoid: [holder] }, coins);
    const recipient = members.find(({ node }) => node === holder);
    if (path.length === 0 || recipient === undefined) {
      // Nobody is there yet to pass it on, or its holder is not known at this moment: a later look says whether it still has the place.
      for (const { state, to: place, share } of leaving) state.waiting.push({ to: place, share });
      continue;
    }
    const plain = encodeShares(leaving.map(({ share }) => share));
    const sealed = ports.sealer.seal(recipient.sealingKey, uses.share, nothing, plain);
    const wrapped = sealed.ok ? wrap(ports.sealer, path, holder, { type: "publish", sealed: sealed.value }) : sealed;
    if (wrapped.ok) effects.push({ type: "send", to: wrapped.value.to, message: wrapped.value.message });
    for (const one of leaving) left.set(recordKey(one.pod, toHex(one.share.key)), one);
  }
  return [...effects, ...[...left.values()].filter(hasLeft).map(recordOf)];
}

/** What leaves in one message: for one holder, no two shares of one person. */
interface Parcel {
  readonly holder: NodeId;
  readonly leaving: Leaving[];
  readonly from: Set<PublisherState>;
}

/** Of each person a few shares, each in the first message to its holder that has none of hers. */
function parcelsOf(people: readonly Publishing[], coins: Coins): Parcel[] {
  const byHolder = new Map<NodeId, Parcel[]>();
  for (const { state, pod } of people) {
    for (let i = 0; i < limits.publishesPerTurn && state.waiting.length > 0; i++) {
      const one = { ...takeAny(state.waiting, coins), state, pod };
      const parcels = byHolder.get(one.to) ?? [];
      byHolder.set(one.to, parcels);
      let parcel = parcels.find(({ leaving, from }) => leaving.length < limits.sharesPerPublish && !from.has(state));
      if (parcel === undefined) {
        parcel = { holder: one.to, leaving: [], from: new Set() };
        parcels.push(parcel);
      }
      parcel.leaving.push(one);
      parcel.from.add(state);
    }
  }
  return [...byHolder.values()].flat();
}

function takeAny<T>(list: T[], coins: Coins): T {
  const at = coins.below(list.length);
  const taken = list[at]!;
  list[at] = list.at(-1)!;
  list.pop();
  return taken;
}

function hasLeft({ state, share }: Leaving): boolean {
  const name = toHex(share.key);
  return !state.waiting.some((other) => toHex(other.share.key) === name);
}

function recordOf({ state, pod, share }: Leaving): Persist {
  const name = toHex(share.key);
  return { type: "persist", key: recordKey(pod, name), value: toCanonical(state.published.get(name)) };
}
