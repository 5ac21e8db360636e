// Bounds of the overlay, each with its reason (DESIGN §4.4).
export const limits = {
  /** Certificate checks take milliseconds; a hardware quote may take a second on a busy machine. */
  admissionTimeoutMs: 8_000,
  /** A refused peer gets this long to read why before the connection is cut. */
  refusalLingerMs: 250,
  /** What may wait unread behind the admission messages: the first frames of the multiplexer. */
  maxAdmissionReadBytes: 1024 * 1024,
  dialTimeoutMs: 10_000,
  /** A node announces at most 16 addresses. */
  maxAddresses: 16,
  maxAddressLength: 256,
  /** A plan with its bodies is the largest control message (core/base). */
  maxMessageBytes: 6 * 1024 * 1024,
  /** Two of the largest messages and some small ones per peer; beyond that the peer is too slow. */
  maxQueuedBytes: 16 * 1024 * 1024,
  maxQueuedMessages: 4_096,
  /** Small messages that wait together leave together: one encryption and one write for up to 64 KiB. */
  batchBytes: 64 * 1024,
  /** Frames of one turn leave in one write up to here: beyond it a system call costs nothing beside the bytes. */
  coalesceBytes: 64 * 1024,
  /** A peer that takes nothing for this long is as good as gone. */
  drainTimeoutMs: 30_000,
  redialFirstMs: 250,
  redialMaxMs: 30_000,
  /** About four minutes in all; after that a new address or a message to send tries again. */
  redialAttempts: 12,
  /** A revoked key stays revoked; only a peer that was wrong about it may think again, and it has time. */
  turnedAwayFirstMs: 5_000,
  turnedAwayMaxMs: 600_000,
  /** How long a second connection to the same peer lives on, so that what is in flight on it arrives. */
  duplicateGraceMs: 1_000,
  maxConnections: 1_024,
  maxPendingInbound: 64,
  /** All nodes of a machine or of a household share one address. Per second. */
  inboundPerAddressPerSecond: 200,
  /** One for each data edge that falls back to the overlay: 64 vertices of 16 inputs. */
  maxEdgeStreams: 1_024,
  /** Below the read buffer, so that a paused edge stream never overflows it. */
  streamWindowBytes: 2 * 1024 * 1024,
  streamBufferBytes: 4 * 1024 * 1024,
  pingIntervalMs: 5_000,
  /** A peer that is busy for less than this is not dead. */
  pingTimeoutMs: 10_000,
  pingStreams: 16,
  certificateSweepMs: 60_000,
  /** Private networks are small: this many peers per bucket keep them whole. */
  kademliaBucketSize: 8,
} as const;
