// Bounds of the life cycle, each with its reason (DESIGN §4.4).
export const limits = {
  /** Bodies up to this size travel inside the instantiation and save a round trip; larger ones are asked for. */
  inlineBodyBytes: 256 * 1024,
  /** An SGX or TDX quote with its certificate chain is below 10 KB. */
  maxEvidenceBytes: 16 * 1024,
  maxPublicKeyBytes: 64,
  maxEdgeAddresses: 8,
  maxDetailLength: 300,
  maxReasons: 32,
  /** Plans behind the preferred one: a query has at most eight (core/model). */
  maxAlternatives: 7,

  /** First repetition of an unanswered command: a few round trips of a slow mobile link. */
  retryMs: 500,
  /** Backoff doubles up to here: a node that comes back is noticed within four seconds. */
  maxRetryMs: 4_000,
  /** 0.5 + 1 + 2 + 4 · 4 s: a node silent for some 20 s through eight commands is unreachable. */
  maxAttempts: 8,
  /** A node that counts as dead is asked once more after 0.5 and 1 s: enough for one that lives, and a stop does not wait. */
  maxAttemptsToDead: 2,

  /**
   * Commands per node whose answers are still believed: all of one set-up (64 cells to run, 16 bodies, repeated a few times
   * over a slow link). An answer to an earlier one is dropped, and its command comes again.
   */
  maxRememberedCommands: 256,

  /** From the first instantiation to the decision: an enclave and a sandbox start in a few seconds. */
  setUpTimeoutMs: 30_000,
  /** A participant rolls back by itself after this. Twice the set-up time, so that a decision can still arrive. */
  leaseMs: 60_000,
  /** An attached coordinator shows itself this often, and gets a report in return. */
  watchIntervalMs: 5_000,
  /**
   * Three reports missed: the node counts as dead and its cells are placed anew. It is only for who dies without a word: a
   * process that ends closes its connections, and is noticed at once. Why not sooner: a false alarm costs what a window
   * held, for good, and a late one only time, since upstream holds back and keeps what is not acknowledged. A link that
   * comes back is heard again when TCP repeats, 6.2 or 12.6 s after the first loss, and the last report may be 5 s older:
   * this outlasts every outage of 6.2 s. Asking more often proves nothing more, since all questions wait in the same
   * stream; and membership waits longer, because there a false alarm costs the node its place in the whole network.
   */
  deadAfterMs: 16_000,
  /** A participant that heard no coordinator for this long counts as left alone. */
  attachedForMs: 20_000,
  /** How long a damaged query without a coordinator waits for one before it stops by itself. */
  orphanGraceMs: 60_000,
  /** How often the news that a query is orphaned is repeated to its other nodes, at the retry interval. */
  orphanNotices: 5,

  /**
   * The cell host itself ends a drain in which nothing moves (10 s). This is for a host that does not, and for a drain that
   * moves but never ends: a full pipeline of 4 MiB batches over a slow link is through in half a minute.
   */
  drainTimeoutMs: 60_000,
  /** Hearing of it takes the coordinator somewhat longer than the drain itself. */
  layerTimeoutMs: 75_000,

  /** Replacements per vertex over a query's life: a node that fails this often will fail again. */
  maxReplacements: 32,
  /** How long an ended query is remembered, so that late repetitions meet the truth and a returning analyst its end. */
  retainMs: 10 * 60_000,
  /** How long a participant whose cells all ended while the query ran on keeps its account for the analyst's return. */
  retainFinishedMs: 7 * 24 * 3_600_000,
  /** How often a process that takes over raises its term at one node's word: others of its analyst keep doing the same. */
  maxTermRaises: 8,
  /**
   * Takeovers that a process may have slept through: one a day for three years. A higher term is no news but a lie, and a
   * process that takes over climbs by no more at once, so that one lie does not use up the terms there are.
   */
  maxTermJump: 1_000,
  /** Highest term: far beyond what people take over, and safe in every number format. */
  maxTerm: 1_000_000,
} as const;
