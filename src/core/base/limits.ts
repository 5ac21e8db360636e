// Bounds of the base area, each with its reason (DESIGN §4.4).
export const limits = {
  /** A plan with 64 vertices and their schemas is below 64 KB; operator bodies (≤ 4 MiB) travel beside it. */
  maxCanonicalBytes: 6 * 1024 * 1024,
  /** Our deepest message nests 9 levels. */
  maxDepth: 24,
} as const;
