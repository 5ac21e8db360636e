// Bounds of inquiries, each with its reason (DESIGN §4.4).
export const limits = {
  /** Receipts of one answer; the asker comes back for more. At about 600 bytes each an answer stays below 200 KB. */
  maxReceiptsPerAnswer: 256,
  /** A chunk has 64 leaves of 32 bytes. */
  maxLeavesPerAnswer: 64,
  /** A plan has at most 64 vertices. */
  maxCells: 64,
  /** Longest inquiry or answer on the wire. */
  maxMessageBytes: 1024 * 1024,
  /** Inquiries waiting for an answer at one node. */
  maxPending: 1024,
} as const;
