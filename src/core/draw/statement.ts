// What is hashed and signed in a draw. Each statement starts with its own name, so none can stand for another.
import { type Digest, type Hasher, type NodeId, sameBytes, toCanonical, toHex } from "../base/index.ts";
import { type Location, locationOfHash } from "./location.ts";
import type { Disclosure, DrawHeader } from "./messages.ts";

export function drawOf(hasher: Hasher, header: DrawHeader): Digest {
  return toHex(hasher.sha256(toCanonical(["hedgerow draw 1", header]))) as Digest;
}

/** A witness' commitment to its random value. The draw is in it, so that a value cannot be borrowed from another one. */
export function beaconCommitment(hasher: Hasher, draw: Digest, witness: NodeId, random: Uint8Array): Uint8Array {
  return hasher.sha256(toCanonical(["hedgerow beacon commitment 1", draw, witness, random]));
}

/** Covers the list and the own value, so that a value that does not fit its commitment convicts whoever signed it. */
export function beaconStatement(
  draw: Digest,
  commitments: readonly Uint8Array[],
  random: Uint8Array,
  atMs: number,
): Uint8Array {
  return toCanonical(["hedgerow beacon 1", draw, commitments, random, atMs]);
}

/** What stands for candidates wherever they are committed to or signed: they are long, and mostly the same for all. */
export function candidatesDigest(hasher: Hasher, candidates: Uint8Array): Uint8Array {
  return hasher.sha256(candidates);
}

/** The same, not worked out again where these are the same candidates. */
export function candidatesDigestLike(
  hasher: Hasher,
  candidates: Uint8Array,
  known: NamedCandidates | null,
): Uint8Array {
  return known !== null && sameBytes(known.candidates, candidates) ? known.named : candidatesDigest(hasher, candidates);
}

export interface NamedCandidates {
  readonly candidates: Uint8Array;
  /** Their digest. */
  readonly named: Uint8Array;
}

export function rosterCommitment(
  hasher: Hasher,
  draw: Digest,
  attempt: number,
  { witness, random, candidates }: Pick<Disclosure, "witness" | "random" | "candidates">,
): Uint8Array {
  return commitmentTo(hasher, draw, attempt, { witness, random, named: candidatesDigest(hasher, candidates) });
}

export function commitmentTo(
  hasher: Hasher,
  draw: Digest,
  attempt: number,
  { witness, random, named }: Pick<Disclosure, "witness" | "random"> & Pick<NamedCandidates, "named">,
): Uint8Array {
  return hasher.sha256(toCanonical(["hedgerow roster commitment 1", draw, attempt, witness, random, named]));
}

/** R3: where candidates live. */
export interface CandidatesRegion {
  readonly lot: Location;
  /** It has a share of 2^-spread of the space. */
  readonly spread: number;
}

/** Says which region the candidates were named for, so that one that does not live there convicts whoever signed it. */
export function disclosureStatement(
  draw: Digest,
  attempt: number,
  { lot, spread }: CandidatesRegion,
  commitments: readonly Uint8Array[],
  { random, named }: Pick<Disclosure, "random"> & Pick<NamedCandidates, "named">,
): Uint8Array {
  return toCanonical(["hedgerow roster disclosure 1", draw, attempt, lot, spread, commitments, random, named]);
}

export function rosterStatement(
  draw: Digest,
  random: Uint8Array,
  attempt: number,
  actors: readonly NodeId[],
  atMs: number,
): Uint8Array {
  return toCanonical(["hedgerow roster 1", draw, random, attempt, actors, atMs]);
}

/** What the trigger's witnesses sign: the same list, with another name, so that no signature of a lot's witness stands for theirs. */
export function sealStatement(
  draw: Digest,
  random: Uint8Array,
  attempt: number,
  actors: readonly NodeId[],
  atMs: number,
): Uint8Array {
  return toCanonical(["hedgerow roster seal 1", draw, random, attempt, actors, atMs]);
}

export function sparseStatement(draw: Digest, random: Uint8Array, attempt: number, atMs: number): Uint8Array {
  return toCanonical(["hedgerow sparse region 1", draw, random, attempt, atMs]);
}

/**
 * What all signers of a roster sign but for the time: encoded once, as it is most of the statement. Each statement lies in
 * the same bytes, so it is good until the next one is asked for.
 */
export function rosterStatements(
  draw: Digest,
  random: Uint8Array,
  attempt: number,
  actors: readonly NodeId[],
): (atMs: number) => Uint8Array {
  return upToTime(rosterStatement(draw, random, attempt, actors, 0));
}

export function sealStatements(
  draw: Digest,
  random: Uint8Array,
  attempt: number,
  actors: readonly NodeId[],
): (atMs: number) => Uint8Array {
  return upToTime(sealStatement(draw, random, attempt, actors, 0));
}

/** `whole`: with the time 0. */
function upToTime(whole: Uint8Array): (atMs: number) => Uint8Array {
  const ending = endings(whole, [0]);
  return (atMs) => ending([atMs]);
}

/** The same for the parts of a beacon, which differ in the value too. */
export function beaconStatements(
  draw: Digest,
  commitments: readonly Uint8Array[],
): (random: Uint8Array, atMs: number) => Uint8Array {
  const none = new Uint8Array(0);
  const ending = endings(beaconStatement(draw, commitments, none, 0), [none, 0]);
  return (random, atMs) => ending([random, atMs]);
}

/** A list says in front how long it is, and then its items follow one another: so its last ones can be exchanged. */
function endings(whole: Uint8Array, last: readonly unknown[]): (last: readonly unknown[]) => Uint8Array {
  const common = whole.length - itemsOf(last).length;
  const bytes = new Uint8Array(common + longestEnd);
  bytes.set(whole.subarray(0, common));
  return (items) => {
    const end = itemsOf(items);
    bytes.set(end, common);
    return bytes.subarray(0, common + end.length);
  };
}

/** A value of 32 bytes with its head, and a number. */
const longestEnd = 2 + 32 + 9;

/** The items of a short list, without what says how many they are: one byte. */
function itemsOf(list: readonly unknown[]): Uint8Array {
  return toCanonical(list).subarray(1);
}

/** Where the lot falls: the hash of RND_T; for each further attempt the hash of the point before. */
export function lotOf(hasher: Hasher, random: Uint8Array, attempt: number): Location {
  let point = hasher.sha256(random);
  for (let i = 0; i < attempt; i++) point = hasher.sha256(point);
  return locationOfHash(point);
}

/** Random whenever one of the values is, whatever the others are. */
export function xorAll(values: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(32);
  for (const value of values) for (let i = 0; i < all.length; i++) all[i]! ^= value[i]!;
  return all;
}
