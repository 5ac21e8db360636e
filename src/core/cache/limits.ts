// Bounds of attested caches and of evidence, each with its reason (DESIGN §4.4).
export const limits = {
  /** Members that a list names: a block where 1,024 are asked for holds fewer than four times that, chance apart. */
  maxListed: 5_120,
  /** A block of one node in a network of ten billion. */
  maxDepth: 32,
  /** Those nearest to a joiner: one that serves is enough, and not all of four are silent. */
  providers: 4,
  /** Membership brings the first news within this. */
  firstJoinAfterMs: 3_000,
  /** Providers ask their witnesses a few times: then the round is over. */
  joinWithinMs: 15_000,
  /** A join that brought no attested cache is tried again after this, doubling up to the refresh. */
  joinAgainMs: 20_000,
  /** What was lost on the way (a cache, evidence) comes along with the next one. */
  refreshMs: 60 * 60_000,
  /** An attested cache is handed out again for so long: joiners come in crowds. */
  attestedForMs: 30_000,
  /** Witnesses whose views differ from the owner's for a moment: the list is made anew, so often. */
  maxRounds: 5,
  roundAfterMs: 700,
  roundSilentAfterMs: 2_500,
  maxWaiting: 64,
  maxWitnesses: 64,
  /** Certificates in one message: 256 KB of them. */
  maxPapers: 256,
  maxCertificateBytes: 4 * 1024,
  maxMessageBytes: 1024 * 1024,
  /** Whoever was acknowledged stands on every list for so long: the time in which hiding it can be proven. */
  leaseMs: 10 * 60_000,
  maxAcknowledged: 512,
  /** What others acknowledged to us: each neighbour's last. */
  maxHeld: 128,
  /** Owners whose last list a witness remembers, to notice a second one under the same version. */
  maxHeard: 256,
  /** A list or an attestation is fresh for so long; clocks differ by a minute. */
  maxAgeMs: 5 * 60_000,
  maxSkewMs: 60_000,
  /** Named by attested caches only: believed until membership has had time to bring or to bury them. */
  vouchedForMs: 10 * 60_000,
  /** Those who are told that a list leaves them out. */
  maxHiddenTold: 16,
  /** Proven liars that are kept. Each is a certified node, so the authority's revocations come first. */
  maxEvidence: 1_024,
  /** Two lists of the longest sort, 160 KB each. */
  maxEvidenceBytes: 512 * 1024,
  /** Evidence told along with a cache. */
  maxEvidenceTold: 32,
  /** Messages of one peer in a window: a whole join in each direction, ten times over. */
  messagesPerWindow: 240,
  windowMs: 60_000,
  maxPeersCounted: 4_096,
} as const;
