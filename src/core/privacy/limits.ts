// Bounds of differential privacy, each with its reason (DESIGN §4.4).
export const limits = {
  /** Random bytes fetched at once: fetching costs a microsecond whatever their number, and this much is never wasted. */
  randomBufferBytes: 16 * 1024,
  /** And at first: many coins are thrown twice and forgotten. Then four times as many, until it is all of that. */
  firstRandomBytes: 64,
  /** 2^36 steps of noise: a bound of ten million in cents at ε = 0.1. All that is added to it stays below 2^53. */
  maxNoiseSteps: 2 ** 36,
  /** Digits after the point of an ε, ρ or δ that somebody types. */
  maxDecimals: 18,
  /** Sums with their noise stay below 2^47, so that they also fit into parts modulo 2^48; doubles are exact up to 2^53. */
  maxSum: 2 ** 46,
  /** Owners of one query: one for each person alive. */
  maxOwners: 10_000_000_000,
  /** Groups that one owner may be in; her sensitivity grows with it, so more is of no use. */
  maxGroupsPerOwner: 1_024,
  /** Records of one owner in one group. */
  maxRecordsPerGroup: 1_000_000,
  /** Groups of one result. */
  maxGroups: 1_000_000,
  /** Candidates of a choice. Each may have to be tried once, at 50 ns. */
  maxCandidates: 65_536,
  /** Items of a top-k. */
  maxTop: 1_024,
  /** Cells that add noise together: as many as a roster may have actors. */
  maxNoiseCells: 256,
  /** Above ρ = 1,000 (ε beyond 1,000) nothing is protected; below 1e-12 no noise fits. */
  maxRho: 1_000,
  /** Widths of noise that were found and are asked for again: an answer has a few, a quantile some dozens. */
  maxWidthsKept: 256,
  /** Above, "almost never" means nothing any more. */
  maxDelta: 0.001,
  /** Below, nobody can tell δ from zero. */
  minDelta: 1e-18,

  /** Pairs of analyst and purpose that one owner keeps accounts of: each needs 200 bytes. */
  maxAccounts: 4_096,
  /** Rounds of one analyst and purpose in a period, so that nobody fills the ledger for everybody else. */
  maxRoundsPerAccount: 512,
  /** Charges remembered, so that a retry is recognised: two periods of at most so many. */
  maxCharges: 8_192,
} as const;
