// What is signed about caches, and how any signed statement of a draw or a cache is read again as evidence. Each starts
// with its own name, so none can stand for another.
import {
  type Digest,
  fromCanonical,
  type Hasher,
  type NodeId,
  nodeIdPattern,
  publicKeyBytes,
  publicKeyOfNodeId,
  toCanonical,
  toHex,
  type Verifier,
} from "../base/index.ts";
import { limits } from "./limits.ts";

/** Bytes, and their signature by whoever is said to have made them. */
export interface Signed {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Who is in a node's cache: all it knows round its place, and everybody whom it acknowledged lately. */
export interface CacheList {
  readonly network: string;
  readonly owner: NodeId;
  /** Grows with each list and acknowledgement of the owner, also through crashes. */
  readonly version: number;
  readonly atMs: number;
  /** Leading bits that its block shares with the owner's place. */
  readonly depth: number;
  /** Public keys in ascending order. */
  readonly keys: Uint8Array;
}

/** "You are in my cache, and stand on every list of mine up to this version." */
export interface Acknowledgement {
  readonly network: string;
  readonly holder: NodeId;
  readonly member: NodeId;
  readonly since: number;
  readonly until: number;
}

const names = {
  list: "hedgerow cache 1",
  attestation: "hedgerow cache attestation 1",
  bundle: "hedgerow attested cache 1",
  acknowledgement: "hedgerow cache acknowledgement 1",
} as const;

export function listBody({ network, owner, version, atMs, depth, keys }: CacheList): Uint8Array {
  return toCanonical([names.list, network, owner, version, atMs, depth, keys]);
}

export function acknowledgementBody({ network, holder, member, since, until }: Acknowledgement): Uint8Array {
  return toCanonical([names.acknowledgement, network, holder, member, since, until]);
}

export const digestOfList = (hasher: Hasher, body: Uint8Array): Digest => toHex(hasher.sha256(body)) as Digest;

export function attestationBody(list: Digest, by: NodeId, atMs: number): Uint8Array {
  return toCanonical([names.attestation, list, by, atMs]);
}

/** The owner's word over the list and all attestations: it has looked at each of them. */
export function bundleBody(list: Digest, attestations: readonly Attestation[]): Uint8Array {
  return toCanonical([names.bundle, list, attestations.map(({ by, atMs, signature }) => [by, atMs, signature])]);
}

export interface Attestation {
  readonly by: NodeId;
  readonly atMs: number;
  readonly signature: Uint8Array;
}

export function isSignedBy(verifier: Verifier, node: NodeId, body: Uint8Array, signature: Uint8Array): boolean {
  const key = publicKeyOfNodeId(node);
  return key !== null && signature.length === 64 && verifier.verify(key, body, signature);
}

/** null: anything but exactly what `listBody` writes. */
export function readList(body: Uint8Array): CacheList | null {
  const said = entriesOf(body);
  if (said?.[0] !== names.list || said.length !== 7) return null;
  const [, network, owner, version, atMs, depth, keys] = said;
  if (typeof network !== "string" || !isNodeId(owner) || !isCount(version) || !isCount(atMs)) return null;
  if (!isCount(depth) || depth > limits.maxDepth || !(keys instanceof Uint8Array)) return null;
  const list = { network, owner, version, atMs, depth, keys };
  return areKeys(keys) ? list : null;
}

export function readAcknowledgement(body: Uint8Array): Acknowledgement | null {
  const said = entriesOf(body);
  if (said?.[0] !== names.acknowledgement || said.length !== 6) return null;
  const [, network, holder, member, since, until] = said;
  if (typeof network !== "string" || !isNodeId(holder) || !isNodeId(member)) return null;
  return isCount(since) && isCount(until) ? { network, holder, member, since, until } : null;
}

export function entriesOf(body: Uint8Array): readonly unknown[] | null {
  const read = fromCanonical(body, limits.maxEvidenceBytes);
  return read.ok && Array.isArray(read.value) ? read.value : null;
}

function isNodeId(value: unknown): value is NodeId {
  return typeof value === "string" && nodeIdPattern.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whole keys, ascending, none twice, so that one set has one encoding. */
function areKeys(keys: Uint8Array): boolean {
  if (keys.length % publicKeyBytes !== 0 || keys.length > publicKeyBytes * limits.maxListed) return false;
  for (let at = publicKeyBytes; at < keys.length; at += publicKeyBytes)
    if (compareAt(keys, at - publicKeyBytes, keys, at) >= 0) return false;
  return true;
}

export function compareAt(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < publicKeyBytes; i++) if (a[atA + i] !== b[atB + i]) return a[atA + i]! - b[atB + i]!;
  return 0;
}

export function* keysOf({ keys }: Pick<CacheList, "keys">): Generator<Uint8Array> {
  for (let at = 0; at < keys.length; at += publicKeyBytes) yield keys.subarray(at, at + publicKeyBytes);
}

export function hasKey({ keys }: Pick<CacheList, "keys">, key: Uint8Array): boolean {
  let from = 0;
  let to = keys.length / publicKeyBytes;
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = compareAt(keys, middle * publicKeyBytes, key, 0);
    if (order === 0) return true;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return false;
}
