// One end's account of one link: leaves in the order of the link's own numbering, in chunks, so that both ends make the
// same roots (docs/protocols/receipts.md). The prover cuts it at each receipt.
//
// INVARIANT 1: leaf n is the leaf hash of the digest of batch n of the link: repeats and re-sent batches of a new link count like others.
import { type BatchHasher, type Digest, type EdgeId, type Hasher, toHex } from "../base/index.ts";
import { leafHash, MerkleFrontier } from "../ledger/index.ts";
import { type EdgeAccount, receiptChunkBatches } from "../model/index.ts";
import { limits } from "./limits.ts";

/** The leaf of a batch in its link's account. */
export function batchLeaf(hasher: BatchHasher, batch: Uint8Array): Uint8Array {
  return leafHash(hasher, hasher.batchDigest(batch));
}

export class LinkAccount {
  readonly edge: EdgeId;
  readonly peer: number;
  readonly #hasher: Hasher;
  #batches = 0;
  #records = 0;
  #open: Uint8Array[] = [];
  /** Over #open, grown with it, so that no batch pays for a whole chunk. */
  #tree: MerkleFrontier;
  #roots: Digest[] = [];
  #firstChunk = 0;
  #cutAt = 0;
  /** Leaves of complete chunks, newest last; the first belongs to chunk #firstKept. */
  #kept: Uint8Array[] = [];
  #firstKept = 0;

  constructor(hasher: Hasher, edge: EdgeId, peer: number) {
    this.#hasher = hasher;
    this.#tree = new MerkleFrontier(hasher);
    this.edge = edge;
    this.peer = peer;
  }

  get batches(): number {
    return this.#batches;
  }
  get records(): number {
    return this.#records;
  }
  /** Something came since the last cut. */
  get changed(): boolean {
    return this.#batches !== this.#cutAt;
  }
  /** So many roots wait that the next receipt must not. */
  get crowded(): boolean {
    return this.#roots.length >= limits.maxRootsPerReceipt;
  }

  add(leaf: Uint8Array, records: number): void {
    this.#batches++;
    this.#records += records;
    this.#open.push(leaf);
    this.#tree.append(leaf);
    if (this.#open.length < receiptChunkBatches) return;
    this.#roots.push(toHex(this.#tree.root()) as Digest);
    const chunk = new Uint8Array(receiptChunkBatches * 32);
    this.#open.forEach((one, i) => {
      chunk.set(one, 32 * i);
    });
    this.#kept.push(chunk);
    this.#open = [];
    this.#tree = new MerkleFrontier(this.#hasher);
    if (this.#kept.length < 2 * limits.maxKeptChunks) return;
    this.#kept = this.#kept.slice(limits.maxKeptChunks);
    this.#firstKept += limits.maxKeptChunks;
  }

  /** The account for a receipt; the next one goes on from here. */
  cut(): EdgeAccount {
    const account: EdgeAccount = {
      edge: this.edge,
      peer: this.peer,
      batches: this.#batches,
      records: this.#records,
      firstChunk: this.#firstChunk,
      roots: this.#roots,
      ...(this.#open.length > 0 ? { openRoot: toHex(this.#tree.root()) as Digest } : {}),
    };
    this.#firstChunk += this.#roots.length;
    this.#roots = [];
    this.#cutAt = this.#batches;
    return account;
  }

  /** Digests of the batches of a chunk; of the open one as far as it is. Empty when forgotten or not begun. */
  leaves(chunk: number): Uint8Array[] {
    const complete = Math.floor(this.#batches / receiptChunkBatches);
    if (chunk === complete) return [...this.#open];
    const kept = this.#kept[chunk - this.#firstKept];
    if (kept === undefined) return [];
    return Array.from({ length: receiptChunkBatches }, (_, i) => kept.slice(32 * i, 32 * (i + 1)));
  }
}
