// Bounds of the local API, each with its reason (DESIGN §4.4).
export const apiLimits = {
  /** A query's text (1 MiB) with three own operators of the largest size (4 MiB each) in base64, and some air. The
   *  authority's file of revocations, when it is full, needs 8 MiB. */
  maxLargeBodyBytes: 20 * 1024 * 1024,
  /** Every other call is an id or an address. */
  maxBodyBytes: 128 * 1024,
  /** Our own client sends a few hundred bytes of headers. */
  maxHeaderBytes: 8 * 1024,
  /** A program on the same machine sends its headers at once; who drips them holds a connection for nothing. */
  headersTimeoutMs: 5_000,
  /** The largest submission at 1 MB/s. */
  requestTimeoutMs: 30_000,
  /** How often Node looks for connections past these timeouts. */
  timeoutCheckMs: 1_000,
  /** Idle connections are closed; our client opens another in under a millisecond. */
  keepAliveMs: 10_000,
  /** A person's shells, scripts and a console together; each costs a few tens of KB. */
  maxConnections: 128,
  /** Streams hold state in the service; most of the connections may stream, some must stay for calls. */
  maxStreams: 96,
  /** Blank lines keep a quiet stream awake, and tell us that its reader has gone. */
  streamHeartbeatMs: 15_000,
  /** A reader that takes nothing for this long has hung; its stream ends, it may ask again with `from`. */
  streamStallMs: 60_000,
  /** How long calls under way may take once the node shuts down. */
  drainMs: 3_000,
} as const;

export type ApiLimits = { readonly [Name in keyof typeof apiLimits]: number };
