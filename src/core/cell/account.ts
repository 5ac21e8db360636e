// One end's account of one link: leaves of batches in the order of the link's own numbering, in chunks, so that both ends
// make the same roots (docs/protocols/receipts.md). The prover cuts it at each receipt.
//
// INVARIANT 1: leaf n is the keyed digest of batch n of the link (leaves.ts): repeats and re-sent batches of a new link count
//   like others.
// INVARIANT 2: the past at chunk n covers the roots of all chunks before n, in order. Two ends that sign the same past at any
//   chunk signed the same batches from the first one on, whatever is kept of the single roots.
import { type Digest, type EdgeId, fromHex, type Hasher, toHex } from "../base/index.ts";
import { type EdgeAccount, receiptChunkBatches } from "../model/index.ts";
import { limits } from "./limits.ts";

export const leafBytes = 32;

/** What both ends of a link sign for a chunk: `leaves` are its digests, apart or already one after the other. */
export function chunkRoot(hasher: Hasher, ...leaves: readonly Uint8Array[]): Digest {
  return toHex(hasher.sha256(...leaves)) as Digest;
}

/** The past at chunk 0: nothing came before. */
export const noPast = "00".repeat(32) as Digest;

/** The past one chunk later. */
export function pastAfter(hasher: Hasher, past: Digest, root: Digest): Digest {
  return toHex(hasher.sha256(fromHex(past), fromHex(root))) as Digest;
}

export class LinkAccount {
  readonly edge: EdgeId;
  readonly peer: number;
  readonly #hasher: Hasher;
  #batches = 0;
  #records = 0;
  #open = new Uint8Array(receiptChunkBatches * leafBytes);
  #openBytes = 0;
  /** Roots of the newest complete chunks and the past before each; the first belongs to chunk #firstRoot. */
  #roots: Digest[] = [];
  #pasts: Digest[] = [];
  #firstRoot = 0;
  #past = noPast;
  /** What the receipts so far cover: the first chunk not in them, and all batches. */
  #cutChunk = 0;
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
  /** So many roots wait for the next receipt. */
  get waitingRoots(): number {
    return this.#complete - this.#cutChunk;
  }

  get #complete(): number {
    return this.#firstRoot + this.#roots.length;
  }

  add(leaf: Uint8Array, records: number): void {
    this.#batches++;
    this.#records += records;
    this.#open.set(leaf, this.#openBytes);
    this.#openBytes += leafBytes;
    if (this.#openBytes < this.#open.length) return;
    const root = chunkRoot(this.#hasher, this.#open);
    this.#roots.push(root);
    this.#pasts.push(this.#past);
    this.#past = pastAfter(this.#hasher, this.#past, root);
    this.#kept.push(this.#open);
    this.#open = new Uint8Array(receiptChunkBatches * leafBytes);
    this.#openBytes = 0;
    this.#forget();
  }

  /** The account for a receipt; the next one goes on from here. */
  cut(): EdgeAccount {
    return this.#cut(this.#cutChunk, {});
  }

  /**
   * The last account of a link that has ended, with the roots of its last chunks once more: the other end may have died
   * without signing that far, and its last receipt must still meet one of these roots.
   */
  close(): EdgeAccount {
    const first = Math.max(this.#firstRoot, this.#complete - limits.maxTailChunks);
    return this.#cut(Math.min(first, this.#cutChunk), { closed: true });
  }

  /** Digests of the batches of a chunk; of the open one as far as it is. Empty when forgotten or not begun. */
  leaves(chunk: number): Uint8Array[] {
    const bytes =
      chunk === this.#complete ? this.#open.subarray(0, this.#openBytes) : this.#kept[chunk - this.#firstKept];
    if (bytes === undefined) return [];
    const at = (leaf: number) => bytes.slice(leafBytes * leaf, leafBytes * (leaf + 1));
    return Array.from({ length: bytes.length / leafBytes }, (_, leaf) => at(leaf));
  }

  #cut(firstChunk: number, more: Pick<EdgeAccount, "closed">): EdgeAccount {
    const open = this.#open.subarray(0, this.#openBytes);
    const past = this.#pasts[firstChunk - this.#firstRoot] ?? this.#past;
    const account: EdgeAccount = {
      edge: this.edge,
      peer: this.peer,
      batches: this.#batches,
      records: this.#records,
      firstChunk,
      ...(firstChunk > 0 ? { past } : {}),
      roots: this.#roots.slice(firstChunk - this.#firstRoot),
      ...(open.length > 0 ? { openRoot: chunkRoot(this.#hasher, open) } : {}),
      ...more,
    };
    this.#cutChunk = this.#complete;
    this.#cutAt = this.#batches;
    return account;
  }

  #forget(): void {
    if (this.#kept.length >= 2 * limits.maxKeptChunks) {
      this.#kept = this.#kept.slice(limits.maxKeptChunks);
      this.#firstKept += limits.maxKeptChunks;
    }
    if (this.#roots.length < 2 * limits.maxTailChunks) return;
    const gone = Math.min(this.#roots.length - limits.maxTailChunks, this.#cutChunk - this.#firstRoot);
    this.#roots = this.#roots.slice(gone);
    this.#pasts = this.#pasts.slice(gone);
    this.#firstRoot += gone;
  }
}
