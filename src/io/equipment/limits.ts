// Bounds of equipment, each with its reason (DESIGN §4.4).
export const limits = {
  /** Large enough to read at disk speed, small enough that a slow sensor's records do not wait. */
  feedChunkBytes: 64 * 1024,
  /** An HTTP outlet that has not answered by then is taken for unreachable; exit-http tries again, boundedly. */
  postTimeoutMs: 10_000,
} as const;
