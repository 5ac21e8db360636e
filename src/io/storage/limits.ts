// Bounds of storage, each with its reason (DESIGN §4.4).
export const limits = {
  /** Results of one query kept on the asker's node. A query that gives more belongs at an exit with an outlet. */
  maxResultBytes: 1024 * 1024 * 1024,
  /** One batch is at most 4 MiB; what is kept beside it is small. */
  maxResultItemBytes: 5 * 1024 * 1024,
} as const;
