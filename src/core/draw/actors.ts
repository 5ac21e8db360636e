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
import { compareBytes } from "./neighbourhood.ts";
import { xorAll } from "./statement.ts";

export interface Drawn {
  readonly actors: readonly NodeId[];
  /** Those that not every witness named, each with a witness that did: their papers must be looked at. */
  readonly unattested: ReadonlyMap<NodeId, NodeId>;
}

interface Candidate {
  readonly key: Uint8Array;
  readonly by: NodeId;
  /** Witnesses that named it. */
  readonly count: number;
}

/** More than all witnesses together can name. */
const indexes = 2 ** 18;

/** null: the candidates are fewer than the processors wanted. */
export function drawActors(disclosures: readonly Disclosure[], wanted: number): Result<Drawn | null> {
  const fault = orderFault(disclosures);
  if (fault !== null) return fault;
  const named = union(disclosures);
  if (named.length < wanted) return accept(null);
  const random = xorAll(disclosures.map((disclosure) => disclosure.random));
  const first = lowest(named, random, wanted).map(({ key, by, count }) => ({
    node: nodeIdOfPublicKey(key),
    by,
    count,
  }));
  const unattested = first.filter(({ count }) => count < disclosures.length);
  return accept({
    actors: first.map(({ node }) => node),
    unattested: new Map(unattested.map(({ node, by }) => [node, by])),
  });
}

/**
 * Witnesses that left out what all others named, and more of it than views differ by. One honest witness names them all the
 * same, so it gains nothing; with two witnesses it is one's word against the other's.
 */
export function hidersAmong(disclosures: readonly Disclosure[]): NodeId[] {
  if (disclosures.length < 3) return [];
  const named = union(disclosures);
  const most = Math.max(limits.minHidden, named.length / limits.hiddenShare);
  return disclosures.flatMap((one) => {
    const others = union(disclosures.filter((other) => other !== one));
    const common = others.filter(({ count }) => count === disclosures.length - 1).length;
    const shared = named.filter(({ count }) => count === disclosures.length).length;
    return common - shared > most ? [one.witness] : [];
  });
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

/** The first by key ⊕ random. The leading 32 bits decide nearly everything, and numbers sort faster than anything else. */
function lowest(named: readonly Candidate[], random: Uint8Array, wanted: number): Candidate[] {
  const lead = leadOf(random);
  const order = Float64Array.from(named, ({ key }, i) => ((leadOf(key) ^ lead) >>> 0) * indexes + i).sort();
  let end = wanted;
  while (end < order.length && Math.floor(order[end]! / indexes) === Math.floor(order[wanted - 1]! / indexes)) end++;
  return Array.from(order.subarray(0, end), (packed) => named[packed % indexes]!)
    .map((candidate) => ({ candidate, rank: xorAll([candidate.key, random]) }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
    .slice(0, wanted)
    .map(({ candidate }) => candidate);
}

/** All candidates once, with the first witness that named each: a merge, as every list is in order. */
function union(disclosures: readonly Disclosure[]): Candidate[] {
  const named: Candidate[] = [];
  const [first] = disclosures;
  if (first !== undefined && disclosures.every((other) => sameBytes(other.candidates, first.candidates))) {
    for (let at = 0; at < first.candidates.length; at += publicKeyBytes) {
      const key = first.candidates.subarray(at, at + publicKeyBytes);
      named.push({ key, by: first.witness, count: disclosures.length });
    }
    return named;
  }
  const next = disclosures.map(() => 0);
  for (;;) {
    let least = -1;
    let count = 0;
    for (const [i, { candidates }] of disclosures.entries()) {
      if (next[i]! >= candidates.length) continue;
      const order = least < 0 ? -1 : compareKeys(candidates, next[i]!, disclosures[least]!.candidates, next[least]!);
      if (order < 0) [least, count] = [i, 1];
      else if (order === 0) count++;
    }
    if (least < 0) return named;
    const { witness, candidates } = disclosures[least]!;
    const from = next[least]!;
    const key = candidates.subarray(from, from + publicKeyBytes);
    named.push({ key, by: witness, count });
    for (const [i, other] of disclosures.entries())
      if (next[i]! < other.candidates.length && compareKeys(other.candidates, next[i]!, candidates, from) === 0)
        next[i]! += publicKeyBytes;
  }
}

function compareKeys(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < publicKeyBytes; i++) if (a[atA + i] !== b[atB + i]) return a[atA + i]! - b[atB + i]!;
  return 0;
}

/** The first 32 bits: they decide nearly every comparison. */
function leadOf(key: Uint8Array): number {
  return ((key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!) >>> 0;
}
