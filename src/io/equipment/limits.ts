// Bounds of equipment, each with its reason (DESIGN §4.4).
export const limits = {
  /** Large enough to read at disk speed, small enough that a slow sensor's records do not wait. */
  feedChunkBytes: 64 * 1024,
  /** An HTTP outlet that has not answered by then is taken for unreachable; exit-http tries again, boundedly. */
  postTimeoutMs: 10_000,
  /** What a crash can leave of a batch in a file: a batch is at most 4 MiB, its text a few times as much. A file with a longer
   * piece behind its last line was not written by an outlet, and is not cut. */
  maxTornBytes: 32 * 1024 * 1024,
} as const;
