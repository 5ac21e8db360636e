// Bounds of an owner's rules, grants and records, each with its reason (DESIGN §4.4).
export const limits = {
  /** What a person can keep in her head is far fewer. */
  maxRules: 64,
  maxNamesPerRule: 16,
  maxPublished: 32,
  /** A file of 64 rules is some kilobytes. */
  maxFileChars: 64 * 1024,
  maxFaultsTold: 10,
  /** Asks that wait for an answer. More are denied: an owner who is asked by hundreds reads none of them. */
  maxPending: 100,
  /** Grants in force and ended ones. The oldest ended ones are forgotten first. */
  maxGrants: 500,
  /** Each is a record, so that a round called twice is charged once. */
  maxRoundsPerGrant: 1_000,
  /** Uses that the history shows; older ones are forgotten. About 2 kB each on disk. */
  maxUses: 1_000,
  /** Why something was decided, as it is kept, shown and signed: of a question that reads very much it is cut off. */
  maxReasonChars: 1_000,
  /** Pairs of ε and δ that are remembered as they are kept: a few of each of a house's people. */
  maxAmounts: 4_096,
  /** Steps of a plan told on a card: a plan has at most 64 cells. */
  maxSteps: 64,
} as const;
