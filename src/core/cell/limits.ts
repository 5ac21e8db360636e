// Bounds of the cell area, each with its reason (DESIGN §4.4).
import { maxBatchBytes } from "../batch/index.ts";

/** Authentication tag of ChaCha20-Poly1305, behind what it seals. */
export const tagBytes = 16;
/** Behind the ciphertext of a large frame: the digest of its batch, sealed. */
export const largeTagBytes = 32 + tagBytes;

export const limits = {
  /** A frame holds one batch. */
  maxFrameBytes: maxBatchBytes + largeTagBytes,
  /** Frames up to it are sealed whole and written in one piece; larger ones are enciphered, and written in three. */
  smallFrameBytes: 8 * 1024,
  /** What an edge keeps until it is acknowledged. Past it the cell holds back: 128 batches of 64 KiB keep both ends
   *  of a link at 400 MB/s busy over 20 ms, be it a round trip or a turn of another process on a busy machine. */
  maxRetainedBytes: 8 * 1024 * 1024,
  /** The same in frames, for small batches: bookkeeping per frame outweighs its bytes. */
  maxRetainedFrames: 4096,
  /** The receiving end acknowledges at the latest after so many bytes or frames, a sixteenth of the window… */
  acknowledgeAfterBytes: 512 * 1024,
  acknowledgeAfterFrames: 256,
  /** …or after this long, so that small streams settle without an acknowledgement per record. */
  acknowledgeAfterMs: 20,
  /** Ways in which a batch can reach one edge through stateless cells. Each costs a number of memory at each cell. */
  maxPathsPerEdge: 4096,
  /** An origin is one safe integer: 40 bits of sequence below 13 bits of incarnation. */
  maxOriginSequence: 2 ** 40 - 1,
  maxIncarnation: 2 ** 13 - 1,
  /** Digests of batches kept per link end for questions about single batches: 2 MiB. Older chunks keep their root only. */
  maxKeptChunks: 1024,
  /** Chunk roots in one receipt; before it is reached the cell signs early. Half of what the schema takes. */
  maxRootsPerReceipt: 2048,
  /** Chunks of a link's end that are signed once more when it has ended: what one end may have signed and the other not
   *  when it died is one receipt's roots and the 64 chunks of a full window. */
  maxTailChunks: 2048 + 256,
  /** Ended links of a cell whose leaves are still held: 2 to 4 MiB each. */
  maxClosedWithLeaves: 4,
  /** Receipts of a segment; one or two segments are kept. At one per second the last 17 to 34 minutes: both ends' receipts
   *  overlap although they are not fetched at the same moment. */
  receiptsPerSegment: 1024,
  /** The same in bytes, for cells with many links or full receipts: still more than a dozen of the largest. */
  maxSegmentBytes: 4 * 1024 * 1024,
  /** Hellos of an edge: an edge id, a query id, numbers and proofs. Anything longer is no hello. */
  maxHelloBytes: 512,
  /** A coordinator replaces a cell at most so often (lifecycle's limit of the same name): an audit believes no cell past it
   *  and no link to one. That bounds the links of a cell: an audit looks at each, and a liar may sign any number. */
  maxReplacements: 32,
  /** What comes of it: 16 inputs and the 64 outputs that a receipt has room for, each to every incarnation at its other end. */
  maxLinksPerCell: (16 + 64) * (32 + 1),
  /** Findings against one cell that an audit lists. The first say enough; a liar may sign as many contradictions as it likes. */
  maxFindingsPerCell: 32,
  /** A receipt is a few hundred bytes beside its roots. */
  maxReceiptBytes: 1024 * 1024,
} as const;
