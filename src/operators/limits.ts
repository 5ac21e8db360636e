// Bounds of the standard operators, each with its reason (DESIGN §4.4).
export const limits = {
  /** A condition that a person wrote fits; deeper or longer text is not one. */
  maxExpressionCharacters: 2_048,
  maxExpressionDepth: 48,
  maxExpressionNodes: 512,
  /** Rows that a window holds until it is complete: four full batches. */
  maxHeldRows: 4 * 65_536,
  /** Groups of one aggregate: each becomes a row of its answer, which must fit few batches. */
  maxGroups: 65_536,
  /** One line of a feed. Longer lines are damage. */
  maxLineBytes: 1024 * 1024,
  /** Rows that one generated or file batch may hold. */
  maxSourceRows: 65_536,
  /** Attempts to post one batch, and the longest pause between two. */
  maxPostAttempts: 10,
  maxPostPauseMs: 30_000,
} as const;
