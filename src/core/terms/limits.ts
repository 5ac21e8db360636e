// Bounds of terms, each with its reason (DESIGN §4.4).
export const limits = {
  /** Of one person's message: it crosses some nodes that relay, sealed in layers, and everybody's is as long as the longest. */
  maxContributionBytes: 64 * 1024,
  /** A text by which people are grouped: names and codes are shorter, and every message has room for the longest. */
  maxKeyTextBytes: 64,
  /** Noised numbers of one question whose groups are known: 2 MiB of them, drawn in less than a second. */
  maxCells: 262_144,
  /** Numbers of one answer, each with its interval: 13 MB of JSON, which a person's machine still reads at once. */
  maxAnswerNumbers: 65_536,
  /** What a gatherer may have to hold and hand on when every person names other groups. */
  maxPartBytes: 64 * 1024 * 1024,
  /** A part or an answer travels in pieces, each one row of a batch. */
  pieceBytes: 256 * 1024,
  /** As many as the largest part has. */
  maxPieces: 256,
  /** Leaves of the tree behind a quantile are 2^j: finer ones would cost each count its accuracy. */
  maxTreeDepth: 10,
  /** Coarser than this, a quantile says next to nothing. */
  minTreeDepth: 3,
  /** A bound in steps is at least so many, where the value has fractions: rounding a value vanishes beside the noise. */
  stepsOfRange: 1_000_000,
} as const;
