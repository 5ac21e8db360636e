// Bounds of data edges in io, each with its reason (DESIGN §4.4).
export const limits = {
  /** Key pairs made ahead: a query seldom puts more cells on one node at once, and a pair costs 30 µs. */
  keyPoolPairs: 16,
  /** Connections that have not proven themselves yet. A plan has at most 64 edges. Of each way in, TCP and overlay. */
  maxUnprovenConnections: 256,
  /** A hello on a slow link needs two round trips. */
  handshakeTimeoutMs: 5_000,
  dialTimeoutMs: 3_000,
  /** Reconnecting: at once, then slower, up to one try per second for as long as the cell lives. */
  firstRetryMs: 10,
  lastRetryMs: 1_000,
  /** Wiring waits so long for an edge to stand: the next cell's node may be told of us a moment after us. */
  standWithinMs: 5_000,
  /** Told to the life cycle when an edge stays down so long. */
  edgeLostAfterMs: 3_000,
  /** Read ahead of the cell: past it, with a whole frame at hand, the connection is not read. */
  readAheadBytes: 256 * 1024,
  /** Written at once when so much is corked; less waits for the end of the turn, behind the first small frame of it. */
  corkBytes: 64 * 1024,
  /** Memory that is free and not given back to the kernel: several windows of an edge. */
  freedMemoryBytes: 32 * 1024 * 1024,
  /** Addresses of a node that are tried. */
  maxAddresses: 8,
} as const;
