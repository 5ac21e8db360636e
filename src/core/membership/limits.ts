// Bounds of membership, each with its reason (DESIGN §4.4). Times are for people's networks (venues, homes): noticed
// within half a minute, silent otherwise.
export const limits = {
  /** Known nodes. A venue has tens, a building hundreds; beyond this, names are looked up (SEP2P's DHT), not gossiped. */
  maxMembers: 4_096,
  /** Two neighbours on each of four rings (ring.ts); a network of at most this many other nodes is fully meshed. */
  rings: 4,
  maxNeighbours: 8,
  /** Connections of others that we did not choose: joiners at a seed, healing partitions, neighbours by older views. */
  maxStrayLinks: 32,
  /** Strays that are told news; the others learn by comparing views. */
  maxToldStrays: 8,
  /** A stray link that nobody used for so long is hung up. Three probe intervals. */
  strayIdleMs: 30_000,

  /** News wait so long for company: many records, one message. Small against a person's patience. */
  flushAfterMs: 100,
  maxItemsPerMessage: 256,
  /** A common record is 1–2 KB with its certificate. */
  maxMessageBytes: 512 * 1024,
  /** 32 pieces of equipment with modest shapes and a policy of 64 rules fit. */
  maxRecordBytes: 32 * 1024,
  maxCertificateBytes: 4 * 1024,
  maxStatementBytes: 1_024,
  /** Messages that one answer may take: a whole view of 1,000 fits one exchange, larger views take several. */
  maxMessagesPerAnswer: 8,

  /** Between two probes of a link: at 8 neighbours less than two small messages a second and node. */
  probeIntervalMs: 10_000,
  /** A probe without answer is repeated after this. Above any sane round trip. */
  probeTimeoutMs: 1_000,
  /** Probes in a row without any sign of life: at 5 % loss a live peer fails so with probability 10⁻⁸. */
  failuresUntilSuspicion: 8,
  /** The accused hears of it in at most 8 hops of flushAfterMs and refutes in as many: ten times that. */
  refuteWithinMs: 15_000,
  /** A dial without any answer by then has failed. */
  dialTimeoutMs: 5_000,
  /** After an accusation of ours was refuted, we cannot reach that node but others can: accuse again this much later, doubling. */
  accuseAgainMs: 600_000,
  /** Refuted suspicions of one accuser in one window, after which nobody listens to more. A healed partition costs 8. */
  maxRefutedPerAccuser: 24,
  accuserWindowMs: 3_600_000,
  maxAccusersRemembered: 4_096,

  /** Between two walks over all collections (the forgotten called back, strays hung up). */
  tidyIntervalMs: 5_000,
  /** Between two comparisons of all certificates with the clock: they run for months. */
  datesIntervalMs: 60_000,

  /** Forgotten nodes are remembered (evidence and addresses), so that a partition heals and a zombie stays dead. */
  maxDeparted: 4_096,
  departedKeptMs: 7 * 24 * 3_600_000,
  firstRetryMs: 20_000,
  maxRetryMs: 600_000,
  maxRetriesPerTick: 4,
  /** Revoked and excluded nodes are never forgotten; the authority decides how many there are, so this only bounds a disaster. */
  maxBanned: 65_536,

  /** Buckets of the view's digest: a difference in one record costs 1/64 of the summaries. */
  buckets: 64,
  maxEntriesPerMessage: 1_024,
  /** Between two exchanges opened with one peer while news are still flowing: they repair by themselves. */
  compareGapMs: 5_000,
  /** News heard so recently explain different views: wait. */
  settleMs: 1_500,

  /** Items that a peer may tell at once and per second. Everything there is, twice; then a trickle. */
  itemBurst: 8_192,
  itemsPerSecond: 200,
  /** Other messages of one peer (probes, answers, exchanges) at once and per second. */
  messageBurst: 400,
  messagesPerSecond: 40,

  /** Seeds are dialled again while we are alone: first after this, doubling up to maxRetryMs. */
  firstSeedRetryMs: 2_000,
  maxSeeds: 16,
  /** Verified statements that a reader remembers: every member, twice. */
  maxRemembered: 8_192,
} as const;
