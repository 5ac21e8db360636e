// Who is drawn (SEP2P §3.5, steps 8c to 8e): a procedure that nobody can predict and everybody repeats.
import {
  accept,
  type NodeId,
  nodeIdOfPublicKey,
  publicKeyBytes,
  type Refusal,
  type Result,
  refuse,
  sameBytes,
} from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Disclosure } from "./messages.ts";
import { leadOf } from "./neighbourhood.ts";
import { xorAll } from "./statement.ts";

export interface Drawn {
  readonly actors: readonly NodeId[];
  /** Those that not every witness named, each with a witness that did: their papers must be looked at. */
  readonly unattested: ReadonlyMap<NodeId, NodeId>;
}

/** All candidates once, in ascending order. */
interface Named {
  /** One after the other. */
  readonly keys: Uint8Array;
  readonly count: number;
  /** The first witness that named each, and how many did; null: all of them named all. */
  readonly by: Uint16Array | null;
  readonly times: Uint16Array | null;
}

/** null: the candidates are fewer than the processors wanted. */
export function drawActors(disclosures: readonly Disclosure[], wanted: number): Result<Drawn | null> {
  const distinct = areSame(disclosures) ? disclosures.slice(0, 1) : disclosures;
  const fault = orderFault(distinct);
  if (fault !== null) return fault;
  const named = union(distinct);
  if (named.count < wanted) return accept(null);
  const actors: NodeId[] = [];
  const unattested = new Map<NodeId, NodeId>();
  for (const at of lowest(named, xorAll(disclosures.map(({ random }) => random)), wanted)) {
    const node = nodeIdOfPublicKey(named.keys.subarray(at * publicKeyBytes, (at + 1) * publicKeyBytes));
    actors.push(node);
    if (named.times !== null && named.times[at]! < disclosures.length)
      unattested.set(node, disclosures[named.by![at]!]!.witness);
  }
  return accept({ actors, unattested });
}

/**
 * Witnesses that left out what all others named, and more of it than views differ by. One honest witness names them all the
 * same, so it gains nothing; with two witnesses it is one's word against the other's.
 */
export function hidersAmong(disclosures: readonly Disclosure[]): NodeId[] {
  if (disclosures.length < 3) return [];
  const named = union(disclosures);
  const most = Math.max(limits.minHidden, named.count / limits.hiddenShare);
  return disclosures.flatMap((one) => {
    const others = union(disclosures.filter((other) => other !== one));
    const common = namedBy(others, disclosures.length - 1);
    const shared = namedBy(named, disclosures.length);
    return common - shared > most ? [one.witness] : [];
  });
}

/** How many all of so many witnesses named. */
function namedBy({ times, count }: Named, all: number): number {
  return times === null ? count : times.filter((one) => one === all).length;
}

/** In ascending order, so that none is named twice and one set has one encoding. */
export function orderFault(disclosures: readonly Pick<Disclosure, "witness" | "candidates">[]): Refusal | null {
  for (const { witness, candidates } of disclosures) {
    if (candidates.length % publicKeyBytes !== 0)
      return refuse("draw-candidate-false", { blame: witness, detail: "half a key" });
    for (let at = publicKeyBytes; at < candidates.length; at += publicKeyBytes)
      if (compareKeys(candidates, at - publicKeyBytes, candidates, at) >= 0)
        return refuse("draw-candidate-false", { blame: witness, detail: "not in order" });
  }
  return null;
}

/**
 * Which are the first by key ⊕ random. Ranks are uniform, so a few more than wanted lie below the share of them that is
 * wanted, and only these are put in order: by the leading 32 bits, and where these are equal by all.
 */
function lowest({ keys, count }: Named, random: Uint8Array, wanted: number): number[] {
  const lead = leadOf(random, 0);
  const enough = wanted + 4 * Math.sqrt(wanted);
  for (let share = enough / count; ; share *= 2) {
    const below = share * 2 ** 32;
    const few: { readonly at: number; readonly rank: number }[] = [];
    for (let at = 0; at < count; at++) {
      const rank = (leadOf(keys, at * publicKeyBytes) ^ lead) >>> 0;
      if (rank < below) few.push({ at, rank });
    }
    if (few.length < wanted) continue; // ends: below 2^32 are all, and they are enough
    few.sort((a, b) => a.rank - b.rank || compareRanks(keys, a.at * publicKeyBytes, b.at * publicKeyBytes, random));
    return few.slice(0, wanted).map(({ at }) => at);
  }
}

function compareRanks(keys: Uint8Array, a: number, b: number, random: Uint8Array): number {
  for (let i = 0; i < publicKeyBytes; i++) {
    const order = (keys[a + i]! ^ random[i]!) - (keys[b + i]! ^ random[i]!);
    if (order !== 0) return order;
  }
  return 0;
}

/** As a rule they are: witnesses of one point know the same nodes. */
function areSame(disclosures: readonly Disclosure[]): boolean {
  const [first] = disclosures;
  return disclosures.every((other) => sameBytes(other.candidates, first!.candidates));
}

/** A merge, as every list is in order. */
function union(disclosures: readonly Disclosure[]): Named {
  const [first] = disclosures;
  if (disclosures.length < 2 || areSame(disclosures)) {
    const keys = first?.candidates ?? new Uint8Array(0);
    return { keys, count: keys.length / publicKeyBytes, by: null, times: null };
  }
  const most = disclosures.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const keys = new Uint8Array(most);
  const by = new Uint16Array(most / publicKeyBytes);
  const times = new Uint16Array(most / publicKeyBytes);
  const next = disclosures.map(() => 0);
  for (let count = 0; ; count++) {
    let least = -1;
    for (const [i, { candidates }] of disclosures.entries()) {
      if (next[i]! >= candidates.length) continue;
      const order = least < 0 ? -1 : compareKeys(candidates, next[i]!, disclosures[least]!.candidates, next[least]!);
      if (order < 0) [least, times[count]] = [i, 1];
      else if (order === 0) times[count]!++;
    }
    if (least < 0)
      return { keys: keys.subarray(0, count * publicKeyBytes), count, by, times: times.subarray(0, count) };
    const { candidates } = disclosures[least]!;
    const from = next[least]!;
    keys.set(candidates.subarray(from, from + publicKeyBytes), count * publicKeyBytes);
    by[count] = least;
    for (const [i, other] of disclosures.entries())
      if (next[i]! < other.candidates.length && compareKeys(other.candidates, next[i]!, candidates, from) === 0)
        next[i]! += publicKeyBytes;
  }
}

function compareKeys(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < publicKeyBytes; i++) if (a[atA + i] !== b[atB + i]) return a[atA + i]! - b[atB + i]!;
  return 0;
}
