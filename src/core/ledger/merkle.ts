// Merkle trees as RFC 6962 §2.1 hashes them. Receipts use them for chunks of batches; the public ledger for its entries.
//
// INVARIANT 1: a leaf and an inner node never hash alike: each has its own first byte.
// INVARIANT 2: roots depend on the order and the number of leaves, so a dropped, doubled or moved leaf changes them.
import { type Hasher, sameBytes } from "../base/index.ts";

/** First byte of what is hashed for a leaf. */
export const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export function leafHash(hasher: Hasher, data: Uint8Array): Uint8Array {
  return hasher.sha256(leafPrefix, data);
}

export function nodeHash(hasher: Hasher, left: Uint8Array, right: Uint8Array): Uint8Array {
  return hasher.sha256(nodePrefix, left, right);
}

/** A tree that only grows. It keeps the roots of its complete subtrees: one per set bit of its size. */
export class MerkleFrontier {
  readonly #hasher: Hasher;
  readonly #subtrees: Uint8Array[] = [];
  #size = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  get size(): number {
    return this.#size;
  }

  /** `leaf` is already a leaf hash. */
  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#hasher, this.#subtrees.pop()!, node);
    }
    this.#subtrees.push(node);
    this.#size++;
  }

  root(): Uint8Array {
    if (this.#size === 0) return this.#hasher.sha256();
    let root = this.#subtrees[this.#subtrees.length - 1]!;
    for (let i = this.#subtrees.length - 2; i >= 0; i--) root = nodeHash(this.#hasher, this.#subtrees[i]!, root);
    return root;
  }
}

export function merkleRoot(hasher: Hasher, leaves: readonly Uint8Array[]): Uint8Array {
  const tree = new MerkleFrontier(hasher);
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}

/** The audit path of RFC 6962 §2.1.1: what is needed, beside the leaf, to compute the root. Nearest sibling first. */
export function inclusionProof(hasher: Hasher, leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const split = largestPowerBelow(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  if (index < split) return [...inclusionProof(hasher, left, index), merkleRoot(hasher, right)];
  return [...inclusionProof(hasher, right, index - split), merkleRoot(hasher, left)];
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162 §2.1.3.2. False for anything that does not lead to the root. */
export function verifyInclusion(hasher: Hasher, claim: InclusionClaim): boolean {
  const { leaf, index, size, proof, root } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let at = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(hasher, sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(hasher, node, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(node, root);
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
