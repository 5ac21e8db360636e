// Bounds of asking people, each with its reason (DESIGN §4.4).
export const limits = {
  /** A roster of 64 witnesses fills 128 KB, a plan of 64 cells 64 KB, a statement 32 KB. */
  maxPlanBytes: 320 * 1024,
  /** A plan, and beside it a page of shares or of a call's people. */
  maxMessageBytes: 1024 * 1024,
  /** What a forwarder passes on: a contribution of a wide question in three layers. */
  maxForwardBytes: 512 * 1024,
  maxContributionBytes: 384 * 1024,
  /** What a canonical encoding and three layers add to a contribution, with room. */
  maxSealedBytes: 400 * 1024,

  /** Shares of one entry, and how many suffice: two holders may be gone, two that collude learn nothing (SEP2P §5.3). */
  shares: 5,
  needed: 3,
  /** Nodes that hold each share: of two one is up nearly always. */
  replicas: 2,
  /** Widest interval that somebody is entered under: 2^10 values, so a number takes eleven entries. */
  maxLevel: 10,
  /** Concepts of one profile. A profile has some dozens; more is a mistake that would flood the index. */
  maxConcepts: 64,
  /** Keys that one question may need: 64 leaves, each a range of up to 20 intervals or a list of values, and some room. */
  maxKeys: 4_096,
  /** Entries live so long, and are renewed when a third of it is left: a node may be off for two days. */
  entryMs: 7 * 86_400_000,
  renewBeforeMs: 2 * 86_400_000,
  /** Membership that flaps may not make an owner publish without end. */
  minRenewMs: 10 * 60_000,
  /** Rules with a fault are mended within minutes, and a pod that an import writes to is free again: looked at so often, which costs little. */
  readAgainMs: 30_000,
  /** An entry that claims to live longer is refused: it could never be withdrawn. */
  maxEntryMs: 8 * 86_400_000,
  /** Shares of one pod that leave in one turn; the rest goes with the next turns: a profile is out within half a minute. */
  publishesPerTurn: 16,
  publishTurnMs: 2_000,
  /**
   * A node that has just started learns who is there: it publishes when nobody came for a turn, and in a network that never rests
   * after half a minute. Whoever is found where nobody looks is found no sooner than `minRenewMs` later.
   */
  maxGatherTurns: 15,
  /** Shares of as many people that a house sends together; with the sealing they fit the message. */
  sharesPerPublish: 64,
  maxPublishBytes: 24 * 1024,

  /** Entries of one indexer: 250 bytes each. */
  maxEntries: 1_000_000,
  /** Under one key: a whole network of people may have one concept. */
  maxEntriesPerKey: 500_000,
  /**
   * From one forwarder, so that a liar fills only its own quota: its part of all entries (passing-quota.ts), in a network of ten all concepts
   * of more people than a house keeps, twice, as old and new entries overlap. Never more than an eighth of all.
   */
  maxEntriesPerForwarder: 125_000,
  /** In a large network a popular concept crowds the few nodes that hold it. */
  minEntriesPerForwarder: 1_024,
  /** One sender has a forwarder fill so small a part of its quota at an indexer: so many that lie are needed to fill it. */
  sendersPerForwarder: 8,
  /** One share, encoded, has at least so many bytes: a forwarder that cannot read them counts them so. */
  shareBytes: 150,
  /** Keys in one look-up, and shares in one answer: below the longest message. */
  keysPerLookup: 512,
  sharesPerPage: 4_096,
  /** Verified plans that a node remembers: whoever is asked again does not verify again. */
  maxCommissions: 32,
  /** Statements that a node remembers as it compiled them: one of each of those plans. */
  maxStatements: 32,

  /** Gatherers whose evidence was verified: sixteen for each of those. */
  maxVerifiedGatherers: 512,

  /** Subsets of shares that are tried for one label: all of three out of ten. Liars cost the finder time, no more. */
  maxJoins: 120,
  /** Shares of one label that are looked at: five, each from two holders, and of each holder one. */
  maxSharesPerLabel: 10,
  /**
   * Labels that a finder takes from all indexers: more than may be asked, four times. Each holder has an equal part of it for labels
   * that fewer holders speak of than suffice: whoever invents labels fills its own part.
   */
  maxLabels: 4_000_000,
  /** A holder that does not answer is asked again, so often; then its replica and the other shares must do. */
  lookupMs: 5_000,
  lookupRepeats: 2,
  /** Look-ups at once: so many answers may be on their way, each up to a megabyte. */
  lookupsInFlight: 16,
  /** Pages of one look-up. */
  maxPages: 1_024,
  /** Calls at once that no node has acknowledged. */
  callsInFlight: 256,
  /** Requests whose answer may still come late: as many as were under way in the last minute of a busy round. */
  maxGivenUp: 4_096,
  calledMs: 5_000,
  /** Pods in one call: a node of a house has a few, a provider's thousands. */
  podsPerCall: 256,
  /** A person is called so often in all; each time she may take other forwarders. */
  maxCalls: 4,
  /**
   * The analyst's node is asked so often whether people may be called: for a minute, in which it starts again. It hears as much of one
   * node, which may be `find`'s of five of its questions.
   */
  goAskMs: 5_000,
  maxGoAsks: 12,
  goAsksPerWindow: 64,
  /** Between two polls of the gatherers. */
  pollMs: 2_000,
  /** Hashes of tags: a quarter of the longest message. */
  comePerPage: 8_192,

  /** Rounds that a pod remembers: until nobody can ask for them again. */
  maxRounds: 1_024,
  /** Members that are drawn for each forwarder before all are looked through. */
  pathDraws: 16,
  /** A person's message leaves again so often: for each call, and where no forwarder was known at first. */
  maxSendings: 8,
  resendMs: 2_000,
  /** What leaves a person's node leaves within so long after it could, so that a quick no is not told from a slow yes. */
  maxAnswerDelayMs: 3_000,
  /** Answers are on their way so long before time is up. */
  answerMarginMs: 500,

  /** Contributions that wait at a gatherer for their tags, which come over an edge of their own. */
  maxWaiting: 4_096,
  /** From one forwarder, in a window, that cannot be opened, or wait: beyond, it is not heard until the next. Eight times what one sender can bring by it. */
  maxJunkPerSender: 2_048,
  /** Forwarders that are counted. */
  maxSenders: 16_384,

  /** An answer that is told to everybody who was asked, as JSON: a map of some thousand cells. A longer one goes to the analyst alone. */
  maxAnswerChars: 512 * 1024,

  /** What one sender is heard of is counted in windows of a minute. */
  quotaWindowMs: 60_000,
  /** Shares of one forwarder, opened whether they can be kept or not: a busy forwarder passes on so many. */
  publishesPerWindow: 2_048,
  /** Plans of one sender that are not in order, each of which may cost 2k operations: honest ones send none. */
  badPlansPerWindow: 16,

  /** A forwarder holds so much, passes on so much of one sender in a window, and waits at most so long. */
  maxHeld: 4_096,
  maxHeldBytes: 256 * 1024 * 1024,
  forwardsPerWindow: 2_048,
  /**
   * Messages of one kind that it passes on from one sender to one node, in a window: an eighth of what the node hears of it. In a network of
   * ten, a house of 4,000 people publishes or answers with some 150.
   */
  passesPerWindow: 256,
  /** Layers for the next forwarder: fewer than that one passes on to one node, so that one sender does not use up what both pass on. */
  layersPerWindow: 64,
  /** Senders with their destinations that are counted, 100 bytes each: all of a network of 500, for as long as entries live. */
  maxPassedPairs: 262_144,
  maxForwardDelayMs: 2_000,
} as const;
