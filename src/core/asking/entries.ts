// An entry of the concept index: how a person is reached, and a check value, in shares of which a few suffice (SEP2P §5.3).
//
// INVARIANT 1: fewer than `needed` shares say nothing: not whose the entry is, nor whether it is the same person's as another.
// INVARIANT 2: what does not carry its check value was not put together from shares of one entry under this key.
// The check shows that shares belong together, not that a person published them: whoever is called knows whether it is about her.
import {
  accept,
  type Hasher,
  type NodeId,
  nodeIdOfPublicKey,
  publicKeyOfNodeId,
  type Result,
  refuse,
  sameBytes,
  toCanonical,
  toHex,
} from "../base/index.ts";
import { joinShares, type Share, splitSecret } from "../sharing/index.ts";
import { limits } from "./limits.ts";
import { entryBytes, podBytes } from "./messages.ts";

export interface Contact {
  readonly node: NodeId;
  readonly pod: Uint8Array;
}

/** One name for one contact. */
export function nameOf({ node, pod }: Contact): string {
  return `${node} ${toHex(pod)}`;
}

const checked = 32 + podBytes;

export function splitEntry(
  hasher: Hasher,
  key: Uint8Array,
  contact: Contact,
  random: (bytes: number) => Uint8Array,
  { shares, needed }: { readonly shares: number; readonly needed: number } = limits,
): Share[] {
  const secret = new Uint8Array(entryBytes);
  secret.set(publicKeyOfNodeId(contact.node)!);
  secret.set(contact.pod, 32);
  secret.set(checkOf(hasher, key, secret.subarray(0, checked)), checked);
  return splitSecret(secret, { shares, needed }, random);
}

function checkOf(hasher: Hasher, key: Uint8Array, contact: Uint8Array): Uint8Array {
  return hasher.sha256(toCanonical(["hedgerow entry", key, contact])).subarray(0, entryBytes - checked);
}

/**
 * Of all shares that came under one label. Some may be missing, others forged, two of one point may differ: subsets are tried, at most
 * `limits.maxJoins`, and the check value says which is right.
 */
export function joinEntry(
  hasher: Hasher,
  key: Uint8Array,
  came: readonly Share[],
  needed: number = limits.needed,
): Result<Contact> {
  const shares = distinct(came).slice(0, limits.maxSharesPerLabel);
  let tried = 0;
  let enough = false;
  for (const subset of subsets(shares, needed)) {
    enough = true;
    if (++tried > limits.maxJoins) break;
    const joined = joinShares(subset, needed);
    if (!joined.ok || joined.value.length !== entryBytes) continue;
    const contact = joined.value.subarray(0, checked);
    if (!sameBytes(checkOf(hasher, key, contact), joined.value.subarray(checked))) continue;
    return accept({ node: nodeIdOfPublicKey(contact.slice(0, 32)), pod: contact.slice(32) });
  }
  return enough
    ? refuse("shares-mismatch", { detail: `none of ${Math.min(tried, limits.maxJoins)} choices` })
    : refuse("shares-too-few", { detail: `${new Set(shares.map(({ point }) => point)).size} of ${needed}` });
}

/** Replicas hold the same. */
function distinct(shares: readonly Share[]): Share[] {
  const seen = new Map<string, Share>();
  for (const share of shares) seen.set(`${share.point} ${toHex(share.bytes)}`, share);
  return [...seen.values()];
}

/** Of `size`, no two of one point. */
function* subsets(shares: readonly Share[], size: number, from = 0): Generator<Share[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = from; at <= shares.length - size; at++)
    for (const rest of subsets(shares, size - 1, at + 1))
      if (rest.every(({ point }) => point !== shares[at]!.point)) yield [shares[at]!, ...rest];
}
