// The digest of a view: the XOR of the fingerprints of everything permanent in it, in 64 buckets. Order does not matter,
// and one change costs one XOR. A member who grinds records so that its own cancel out hides only itself.
import type { NodeId } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Entry } from "./messages.ts";
import type { Known } from "./reader.ts";
import type { MembershipState } from "./state.ts";

/** Adds what is not in the digest, takes out what is. */
export function toggle(buckets: Uint32Array, known: Known): void {
  buckets[2 * known.bucket]! ^= known.fingerprint[0];
  buckets[2 * known.bucket + 1]! ^= known.fingerprint[1];
}

export function digestOf(buckets: Uint32Array): Uint8Array {
  let high = 0;
  let low = 0;
  for (let i = 0; i < buckets.length; i += 2) {
    high ^= buckets[i]!;
    low ^= buckets[i + 1]!;
  }
  return toBytes([high, low]);
}

export function toBytes(words: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    bytes[4 * i] = word >>> 24;
    bytes[4 * i + 1] = word >>> 16;
    bytes[4 * i + 2] = word >>> 8;
    bytes[4 * i + 3] = word;
  }
  return bytes;
}

/** Which buckets differ from a peer's, as 64 booleans. */
export function differingBuckets(buckets: Uint32Array, theirs: Uint8Array): boolean[] {
  const ours = toBytes(buckets);
  return Array.from({ length: limits.buckets }, (_, bucket) => {
    for (let i = 8 * bucket; i < 8 * bucket + 8; i++) if (ours[i] !== theirs[i]) return true;
    return false;
  });
}

export function entryOf(known: Known): Entry {
  const banned = known.kind === "conflict" || known.kind === "revocation";
  const sequence = known.kind === "record" ? known.sequence : 0;
  return [known.node, banned ? 1 : 0, sequence, toBytes(known.fingerprint)];
}

/** What stands in the digest for a node: its ban, else its record. */
export function standingOf(state: MembershipState, node: NodeId): Known | undefined {
  return state.banned.get(node) ?? state.members.get(node);
}

export function* standings(state: MembershipState): Generator<Known> {
  yield* state.banned.values();
  yield* state.members.values();
}
