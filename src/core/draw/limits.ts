// Bounds of the draw, each with its reason (DESIGN §4.4).
export const limits = {
  /** One node for each person alive. The tails are checked against exact arithmetic up to here. */
  maxNodes: 10_000_000_000,
  /** Above, "never" means nothing any more. */
  maxAlpha: 0.1,
  /** Below, nobody can tell α from zero, nor wants to: a guessed key is likelier. */
  minAlpha: 1e-30,
  /** A roster is verified with 2k operations, so a longer table is of no use. Half of all nodes colluding, at α = 1e-10, takes 340. */
  maxRows: 512,
  /** Newton's method doubles its digits at each step; from its first guess it has needed 12 at most. */
  maxSteps: 100,

  /** Witnesses of one beacon or roster. Beyond it, C or α are chosen so that no query is worth the wait. */
  maxWitnesses: 64,
  /** A query has at most so many processors. */
  maxActors: 256,
  /**
   * Candidates that one witness names. By the estimates of trigger and witness together, R3 holds less than four times the
   * largest cache; by chance 350 more only where it lies five deviations off. A witness that knows more declines: were it to
   * leave some out, a colluding one could be the only one to name them.
   */
  maxCandidates: 2_400,
  /** A witness that lacks more than an eighth of what all others named, and more than eight, is named: views differ by less. */
  hiddenShare: 8,
  minHidden: 8,
  /** R3 of 2^-34 of the space: beyond ten billion nodes. */
  maxSpread: 34,
  /** Nodes that R3 shall hold, as many as the node cache (§4.3 of the paper finds 512 enough at 10 million). */
  cacheNodes: 512,
  /** The authority may ask for another size: enough for a query's processors, and what all witnesses' lists have room for. */
  minCacheNodes: 16,
  maxCacheNodes: 512,
  /** To whom news of liars go: about 3 log2 N nodes. */
  contactsPerShell: 3,
  /** Nodes that only attested caches name. */
  maxVouched: 2_048,
  /** A witness takes a spread that is by so much from its own: two estimates of N are within a factor of two, rounding does the rest. */
  spreadTolerance: 1,
  /** The lot falls anew so often at most; with a cache of 512 and 32 actors once in 10^90 draws is enough. */
  maxAttempts: 8,
  maxCertificateBytes: 4 * 1024,
  /** What the overlay takes. The longest are all candidates of all witnesses (4.7 MiB) and a certificate of each drawn. */
  maxMessageBytes: 6 * 1024 * 1024,

  /** Who has not answered is asked again after a round trip and the signatures of a slow node, so often. */
  repeatAfterMs: 1_500,
  maxRepeats: 3,
  /** The trigger asks so often for the roster: all steps of a few attempts. */
  maxRosterRepeats: 16,
  /** A roster that is not there after so many questions for it never comes: then its seal is not waited for either. */
  sealWithinMs: 17 * 1_500,
  /** Clocks that differ by more are not believed; a beacon or roster that is older is of no use. */
  maxSkewMs: 60_000,
  maxAgeMs: 10 * 60_000,
  /** A trigger gets so many draws in a window: enough for people, and grinding takes years. */
  drawsPerWindow: 12,
  windowMs: 10 * 60_000,
  /** Draws that a node witnesses at once. */
  maxOpenDraws: 256,
  /** Triggers whose sequences a node remembers; each needs 100 bytes. */
  maxTriggers: 4_096,
  /** A failed draw is begun again so often, each time with a fresh beacon. */
  maxRestarts: 3,
  restartAfterMs: 500,
} as const;
