// Bounds of inquiries, each with its reason (DESIGN §4.4).
export const limits = {
  /** Receipts of one answer; the asker comes back for more. */
  maxReceiptsPerAnswer: 256,
  /** The same in bytes: receipts of a busy cell are long, the longest some 300 KB, and the message must hold one more. */
  maxReceiptBytesPerAnswer: 512 * 1024,
  /** What an asker takes from one node: two segments of each of a few busy cells or of dozens of quiet ones, and closings. */
  maxReceiptBytesPerNode: 32 * 1024 * 1024,
  /** Pages likewise. At one receipt per second the cells of a node that runs a whole query fill 8 each. */
  maxPagesPerNode: 1024,
  /** A chunk has 64 leaves of 32 bytes. */
  maxLeavesPerAnswer: 64,
  /** A plan has at most 64 vertices. */
  maxCells: 64,
  /** Longest inquiry or answer on the wire. */
  maxMessageBytes: 1024 * 1024,
  /** Inquiries waiting for an answer at one node. */
  maxPending: 1024,
} as const;
