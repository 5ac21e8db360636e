// Which batch is it? Compares the leaves that the two ends of a link signed, from the first chunk whose roots differ.
import { sameBytes } from "../base/index.ts";

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
