// Leaves: what stands for a batch under the roots that the two ends of a link sign, and which batch it is where they differ.
//
// INVARIANT 1: a leaf is keyed with a secret that only the two cells of the link derive. Whoever reads receipts and leaves
//   cannot try out what was in a batch, however few values it can have (docs/decisions/0011).
import { sameBytes } from "../base/index.ts";

export const leafSecretBytes = 32;
const digestBytes = 32;

/** Leaves of one link: BLAKE3-256 of the secret and the batch's own BLAKE3-256, which serves all edges that it leaves on. */
export function keyedLeaves(
  blake3: (bytes: Uint8Array) => Uint8Array,
  secret: Uint8Array,
): (batchDigest: Uint8Array) => Uint8Array {
  const block = new Uint8Array(leafSecretBytes + digestBytes);
  block.set(secret.subarray(0, leafSecretBytes));
  return (batchDigest) => {
    block.set(batchDigest, leafSecretBytes);
    return blake3(block);
  };
}

export type Discrepancy = "batch-tampered" | "batch-dropped" | "batch-replayed" | "batch-reordered" | "batch-invented";

/**
 * The first place where what was received is not what was sent, or null when one is a prefix of the other. `before` is
 * what both have in common before these lists, as far as it is known: a replayed batch may stem from there.
 */
export function firstDiscrepancy(
  sent: readonly Uint8Array[],
  received: readonly Uint8Array[],
  before: readonly Uint8Array[] = [],
): { readonly what: Discrepancy; readonly index: number } | null {
  const common = Math.min(sent.length, received.length);
  let index = 0;
  while (index < common && sameBytes(sent[index]!, received[index]!)) index++;
  if (index === common) return null;
  const expected = sent[index]!;
  const found = received[index]!;
  if (contains(sent.slice(index + 1), found)) {
    // A later batch came early: either this one was moved behind it, or it is gone.
    const moved = contains(received.slice(index + 1), expected);
    return { what: moved ? "batch-reordered" : "batch-dropped", index };
  }
  if (contains(sent.slice(0, index), found) || contains(before, found)) return { what: "batch-replayed", index };
  return { what: "batch-tampered", index };
}

/** Batches past the last one sent: one of those that were sent, again, or something else. */
export function classifyExcess(sent: readonly Uint8Array[], excess: Uint8Array | undefined): Discrepancy {
  return excess !== undefined && contains(sent, excess) ? "batch-replayed" : "batch-invented";
}

function contains(list: readonly Uint8Array[], leaf: Uint8Array): boolean {
  return list.some((one) => sameBytes(one, leaf));
}
