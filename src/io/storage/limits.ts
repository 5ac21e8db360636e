// Bounds of storage, each with its reason (DESIGN §4.4).
export const limits = {
  /** Results of one query kept on the asker's node. A query that gives more belongs at an exit with an outlet. */
  maxResultBytes: 1024 * 1024 * 1024,
  /** One batch is at most 4 MiB; what is kept beside it is small. */
  maxResultItemBytes: 5 * 1024 * 1024,
  /** Queries of which signed receipts are kept: those that run here, and so many of the newest others. */
  maxReceiptQueries: 200,
  /** The same in bytes: some 700 cells that signed each second for long. */
  maxReceiptBytes: 1024 * 1024 * 1024,
  /** A power failure takes at most the receipts of so long, and the cells that signed them. */
  receiptSyncMs: 5_000,
} as const;
