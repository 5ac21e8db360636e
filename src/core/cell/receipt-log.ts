// What a node keeps of the receipts that its cells signed (docs/decisions/0014). The adapters perform it: io/storage.
//
//   segment k-1 (full) | segment k (growing)      closings: one receipt for each link of the cell that has ended
//
// INVARIANT 1: a segment begins with a receipt that stands for all before it, so that whole segments can be dropped.
// INVARIANT 2: a receipt that was answered to anybody survives kill -9: it is appended before it is shown.
// INVARIANT 3: at most two segments of a cell are kept: what a stream leaves behind does not grow with its age.
import type { EdgeId, NodeId, QueryId, VertexId } from "../base/index.ts";
import { limits } from "./limits.ts";

export interface KeptReceipt {
  readonly sequence: number;
  /** The encoded envelope. */
  readonly bytes: Uint8Array;
}

/** Which link of a cell. */
export interface LinkEndName {
  readonly side: "input" | "output";
  readonly edge: EdgeId;
  readonly peer: number;
}

/** Of one cell that signs. */
export interface ReceiptLog {
  /** The next receipt begins a segment. */
  readonly turning: boolean;
  /** `closing`: it accounts for the end of a link, and is kept for good. Throws with `cause` when it cannot be stored. */
  append(receipt: KeptReceipt, closing: boolean): void;
  /** What keys the link's leaves, for whoever runs the node to open a batch with in a dispute. Answered to nobody. */
  keepSecret(link: LinkEndName, secret: Uint8Array): void;
  close(): void;
}

/** Who may read the receipts of a query, and the leaves under them. */
export interface ReceiptReaders {
  /** The analyst who asked, on whatever node. */
  readonly principal: string;
  /** The nodes that the plan names. */
  readonly nodes: readonly NodeId[];
}

export interface SigningCell {
  readonly query: QueryId;
  readonly vertex: VertexId;
  readonly incarnation: number;
}

/** A place in all receipts of a query here: by vertex, incarnation and sequence. */
export interface ReceiptCursor {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly sequence: number;
}

export interface ReceiptPage {
  readonly envelopes: readonly Uint8Array[];
  /** Go on from here; absent when these were the last. */
  readonly next?: ReceiptCursor;
}

/** Of a node: cells of this life and of earlier ones. */
export interface ReceiptStore {
  /** A cell begins to sign. Not for a cell that has signed before: see `newest`. */
  open(cell: SigningCell, readers: ReceiptReaders): ReceiptLog;
  /** The last receipt of the cell, encoded. */
  newest(cell: SigningCell): Uint8Array | undefined;
  readers(query: QueryId): ReceiptReaders | undefined;
  /** At most `count` envelopes; past `bytes` no further one is added. */
  page(query: QueryId, from: ReceiptCursor | undefined, count: number, bytes: number): ReceiptPage;
  /** How many are kept of the query. */
  count(query: QueryId): number;
  close(): void;
}

export function isSegmentFull(receipts: number, bytes: number): boolean {
  return receipts >= limits.receiptsPerSegment || bytes >= limits.maxSegmentBytes;
}

export const keptSegments = 2;

export function compareCursors(a: ReceiptCursor, b: ReceiptCursor): number {
  if (a.vertex !== b.vertex) return a.vertex < b.vertex ? -1 : 1;
  return a.incarnation - b.incarnation || a.sequence - b.sequence;
}

/** One page out of kept receipts in their order. Read no further than needed. */
export function pageOf(receipts: Iterable<KeptReceipt & ReceiptCursor>, count: number, bytes: number): ReceiptPage {
  const envelopes: Uint8Array[] = [];
  let total = 0;
  for (const { vertex, incarnation, sequence, bytes: envelope } of receipts) {
    if (envelopes.length >= count || (envelopes.length > 0 && total + envelope.length > bytes))
      return { envelopes, next: { vertex, incarnation, sequence } };
    envelopes.push(envelope);
    total += envelope.length;
  }
  return { envelopes };
}
