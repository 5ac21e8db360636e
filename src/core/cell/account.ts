// One end's account of one link: digests of batches in the order of the link's own numbering, in chunks, so that both ends
// make the same roots (docs/protocols/receipts.md). The prover cuts it at each receipt.
//
// INVARIANT 1: leaf n is the keyed digest of batch n of the link (leaves.ts): repeats and re-sent batches of a new link count like others.
import { type Digest, type EdgeId, type Hasher, toHex } from "../base/index.ts";
import { type EdgeAccount, receiptChunkBatches } from "../model/index.ts";
import { limits } from "./limits.ts";

export const leafBytes = 32;

/** What both ends of a link sign for a chunk: `leaves` are its digests, apart or already one after the other. */
export function chunkRoot(hasher: Hasher, ...leaves: readonly Uint8Array[]): Digest {
  return toHex(hasher.sha256(...leaves)) as Digest;
}

export class LinkAccount {
  readonly edge: EdgeId;
  readonly peer: number;
  readonly #hasher: Hasher;
  #batches = 0;
  #records = 0;
  #open = new Uint8Array(receiptChunkBatches * leafBytes);
  #openBytes = 0;
  #roots: Digest[] = [];
  #firstChunk = 0;
  #cutAt = 0;
  /** Leaves of complete chunks, newest last; the first belongs to chunk #firstKept. */
  #kept: Uint8Array[] = [];
  #firstKept = 0;

  constructor(hasher: Hasher, edge: EdgeId, peer: number) {
    this.#hasher = hasher;
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
    this.#open.set(leaf, this.#openBytes);
    this.#openBytes += leafBytes;
    if (this.#openBytes < this.#open.length) return;
    this.#roots.push(chunkRoot(this.#hasher, this.#open));
    this.#kept.push(this.#open);
    this.#open = new Uint8Array(receiptChunkBatches * leafBytes);
    this.#openBytes = 0;
    if (this.#kept.length < 2 * limits.maxKeptChunks) return;
    this.#kept = this.#kept.slice(limits.maxKeptChunks);
    this.#firstKept += limits.maxKeptChunks;
  }

  /** The account for a receipt; the next one goes on from here. */
  cut(): EdgeAccount {
    const open = this.#open.subarray(0, this.#openBytes);
    const account: EdgeAccount = {
      edge: this.edge,
      peer: this.peer,
      batches: this.#batches,
      records: this.#records,
      firstChunk: this.#firstChunk,
      roots: this.#roots,
      ...(open.length > 0 ? { openRoot: chunkRoot(this.#hasher, open) } : {}),
    };
    this.#firstChunk += this.#roots.length;
    this.#roots = [];
    this.#cutAt = this.#batches;
    return account;
  }

  /** Digests of the batches of a chunk; of the open one as far as it is. Empty when forgotten or not begun. */
  leaves(chunk: number): Uint8Array[] {
    const complete = Math.floor(this.#batches / receiptChunkBatches);
    const bytes = chunk === complete ? this.#open.subarray(0, this.#openBytes) : this.#kept[chunk - this.#firstKept];
    if (bytes === undefined) return [];
    const at = (leaf: number) => bytes.slice(leafBytes * leaf, leafBytes * (leaf + 1));
    return Array.from({ length: bytes.length / leafBytes }, (_, leaf) => at(leaf));
  }
}
