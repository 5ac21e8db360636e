// The proof of §6.1 in numbers: how a network of that many nodes converges under loss, and that it is silent afterwards.
import type { LinkQuality } from "../kernel/index.ts";
import { MemberNetwork } from "./network.ts";

export interface SimulateMembershipOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly loss?: number;
  readonly duplication?: number;
  readonly reorder?: number;
  /** All start evenly spread over that time; 0: all at once, each knowing the first one's address only. */
  readonly startWithinMs?: number;
  /** Convergence must happen within that much virtual time after the last start. */
  readonly convergeWithinMs?: number;
  /** After the last view is complete, messages already on their way settle. Two probe intervals and more. */
  readonly settleMs?: number;
  /** And then, for that long, nothing but probes may be sent. */
  readonly silentForMs?: number;
  /** Encode and decode each message as live; costs time. */
  readonly wire?: boolean;
}

export interface MembershipReport {
  readonly nodes: number;
  readonly seed: number;
  readonly converged: boolean;
  /** Virtual time at which the last view became complete (to a tenth of a second). */
  readonly convergedAtMs: number;
  readonly lastGossipAtMs: number;
  readonly gossipMessages: number;
  /** In the silent time: must be 0. */
  readonly gossipAfterConvergence: number;
  readonly probes: number;
  readonly bytes: number;
  readonly events: number;
  readonly maxNeighbours: number;
  readonly traceHash: string;
  /** How the last run of the simulator ended: "time-limit" when all went well. */
  readonly outcome: string;
}

export function linkOfOptions(
  options: Pick<SimulateMembershipOptions, "loss" | "duplication" | "reorder">,
): LinkQuality {
  return {
    delay: { kind: "exponential", minMs: 5, meanMs: 40, maxMs: 1_000 },
    loss: options.loss ?? 0,
    duplication: options.duplication ?? 0.01,
    reorder: options.reorder ?? 0.1,
  };
}

export function simulateMembership(options: SimulateMembershipOptions): MembershipReport {
  const startWithinMs = options.startWithinMs ?? 0;
  const network = new MemberNetwork({
    nodes: options.nodes,
    seed: options.seed,
    link: linkOfOptions(options),
    startWithinMs,
    wire: options.wire ?? false,
  });
  const { simulation } = network;
  const allStarted = (): boolean => simulation.nowMs > startWithinMs;
  const withinMs = startWithinMs + (options.convergeWithinMs ?? 120_000);
  let outcome = network.runUntil(() => allStarted() && network.converged(), withinMs);
  const converged = outcome.at === "reached";
  const convergedAtMs = simulation.nowMs;
  if (converged) outcome = simulation.run({ forMs: options.settleMs ?? 30_000 });
  const settled = network.gossipMessages;
  if (converged && outcome.at === "time-limit") outcome = simulation.run({ forMs: options.silentForMs ?? 600_000 });
  return {
    nodes: options.nodes,
    seed: options.seed,
    converged: converged && network.converged(),
    convergedAtMs,
    lastGossipAtMs: network.lastGossipAtMs,
    gossipMessages: network.gossipMessages,
    gossipAfterConvergence: network.gossipMessages - settled,
    probes: network.probes,
    bytes: simulation.counts.bytes,
    events: simulation.counts.events,
    maxNeighbours: Math.max(0, ...[...network.neighbours().values()].map((neighbours) => neighbours.size)),
    traceHash: simulation.trace.hash(),
    outcome: outcome.at,
  };
}
