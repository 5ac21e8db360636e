// What a simulation is told, and what it counts.
import type { RefusalCode } from "../../core/base/index.ts";
import type { WireFormat } from "./behaviour.ts";
import type { LinkQuality } from "./network.ts";

export interface SimulationOptions<Message> {
  readonly seed: number;
  readonly link?: LinkQuality;
  readonly wire?: WireFormat<Message>;
  /** Of a message that is not encoded, for the count of bytes. */
  readonly sizeOf?: (message: Message) => number;
  /** One line for the trace. With it, what messages say is part of the trace's hash. */
  readonly describe?: (message: Message) => string;
  readonly traceLines?: number;
  /** What the clocks of the nodes show at virtual time 0. */
  readonly epochMs?: number;
}

export interface RunLimits {
  /** Stop that much virtual time from now. */
  readonly forMs?: number;
  readonly maxEvents?: number;
  /** Asked after each event: true ends the run as "reached". */
  readonly until?: () => boolean;
}

export interface CrashOptions {
  /** Writes that the disk claimed and did not keep. */
  readonly loseLastWrites?: number;
  /** Also the last writes after which the node did nothing yet: of these an honest disk has promised nothing. */
  readonly losePending?: boolean;
}

export interface SimulationCounts {
  events: number;
  sent: number;
  delivered: number;
  /** Lost by the link, cut by a partition, or addressed to a node that was down. */
  dropped: number;
  duplicated: number;
  bytes: number;
  refusals: Map<RefusalCode, number>;
}
