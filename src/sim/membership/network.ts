// A simulated network of members: the overlay between them, and questions a test asks about all views at once.
import type { NodeId } from "../../core/base/index.ts";
import {
  type MembershipEvent,
  type MembershipMessage,
  type MembershipState,
  neighboursOf,
  sizeOfMessage,
} from "../../core/membership/index.ts";
import { type LinkQuality, type Outcome, Simulation } from "../kernel/index.ts";
import {
  describeMember,
  memberBehaviour,
  membershipWire,
  type SimulatedAuthority,
  type SimulatedMember,
  simulatedAuthority,
  simulatedMembers,
} from "./member.ts";

export interface MemberNetworkOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly link: LinkQuality;
  /** Nodes start evenly spread over that time. */
  readonly startWithinMs: number;
  /** Encode and decode each message as live. Costs time: for small networks. */
  readonly wire: boolean;
  /** Members that are made but start only when told. */
  readonly late?: number;
  readonly traceLines?: number;
}

/** A dial and its handshake take a few round trips; one that nobody answers is given up. */
const handshakeMs = 60;
const dialGivenUpMs = 3_000;

export class MemberNetwork {
  readonly simulation: Simulation<MembershipMessage>;
  readonly authority: SimulatedAuthority;
  readonly members: readonly SimulatedMember[];
  /** Everything but probes and their answers. */
  gossipMessages = 0;
  probes = 0;
  lastGossipAtMs = 0;
  private readonly connected = new Set<string>();
  private readonly listeners = new Map<string, SimulatedMember>();

  constructor(options: MemberNetworkOptions) {
    this.authority = simulatedAuthority(options.seed);
    this.members = simulatedMembers(options.nodes + (options.late ?? 0), options.seed, this.authority);
    this.simulation = new Simulation<MembershipMessage>({
      seed: options.seed,
      link: options.link,
      sizeOf: sizeOfMessage,
      traceLines: options.traceLines ?? 0,
      ...(options.wire ? { wire: membershipWire } : {}),
    });
    this.simulation.onSend = (_from, _target, message) => this.count(message);
    for (const member of this.members) this.listeners.set(member.address, member);
    this.members.forEach((member, i) => {
      // One known address suffices (PBDS §6.1): everybody's is the first node's.
      const seeds = i === 0 ? [] : [this.members[0]!.address];
      const overlay = {
        dial: (from: NodeId, node: NodeId | null, addresses: readonly string[]) => this.dial(from, node, addresses),
        hangUp: (from: NodeId, node: NodeId) => this.hangUp(from, node),
      };
      const startAfterMs = i < options.nodes ? (i * options.startWithinMs) / options.nodes : null;
      this.simulation.addNode(member.node, memberBehaviour(member, this.authority, seeds, overlay), startAfterMs);
    });
  }

  get nodes(): NodeId[] {
    return this.members.map((member) => member.node);
  }

  state(node: NodeId): MembershipState | undefined {
    return this.simulation.state<MembershipState>(node);
  }

  inject(node: NodeId, event: MembershipEvent): void {
    this.simulation.inject(node, event);
  }

  /** The node's own clock, for events. */
  nowMs(node: NodeId): number {
    return this.simulation.context(node).nowMs;
  }

  /** Starts to listen elsewhere: old connections break, and it announces where it is now. */
  move(member: SimulatedMember, address: string): void {
    this.listeners.delete(member.address);
    member.address = address;
    this.listeners.set(address, member);
    for (const pair of [...this.connected]) {
      const [a, b] = pair.split(" ") as [NodeId, NodeId];
      if (a === member.node || b === member.node) this.hangUp(a, b);
    }
    this.inject(member.node, { type: "describe", nowMs: this.nowMs(member.node), self: describeMember(member) });
  }

  /** Among the given nodes: do all that are up know exactly these that are up (or `expected`), at their latest? */
  converged(among: readonly NodeId[] = this.nodes, expected: readonly NodeId[] = among): boolean {
    const live = expected.filter((node) => this.simulation.isUp(node));
    const records = live.map((node) => this.state(node)?.self);
    for (const node of among) {
      const state = this.state(node);
      if (state === undefined) continue;
      if (state.members.size !== live.length) return false;
      for (let i = 0; i < live.length; i++) if (state.members.get(live[i]!) !== records[i]) return false;
    }
    return true;
  }

  /** Every node's present neighbours. */
  neighbours(): Map<NodeId, Set<NodeId>> {
    const all = new Map<NodeId, Set<NodeId>>();
    for (const node of this.nodes) {
      const state = this.state(node);
      if (state !== undefined) all.set(node, neighboursOf(state));
    }
    return all;
  }

  /** Runs until that is true, asked about ten times a virtual second, or until the time is over. */
  runUntil(holds: () => boolean, withinMs: number): Outcome {
    const endMs = this.simulation.nowMs + withinMs;
    while (this.simulation.nowMs < endMs) {
      if (holds()) return { at: "reached" };
      const outcome = this.simulation.run({ forMs: Math.min(100, endMs - this.simulation.nowMs) });
      if (outcome.at !== "time-limit") return outcome;
    }
    return holds() ? { at: "reached" } : { at: "time-limit" };
  }

  private count(message: MembershipMessage): void {
    if (message.type === "probe" || message.type === "alive") this.probes++;
    else {
      this.gossipMessages++;
      this.lastGossipAtMs = this.simulation.nowMs;
    }
  }

  private dial(from: NodeId, node: NodeId | null, addresses: readonly string[]): void {
    const { simulation } = this;
    simulation.after(handshakeMs, () => {
      const target = this.listeningAt(addresses);
      const reached =
        target !== undefined &&
        simulation.isUp(from) &&
        simulation.isUp(target.node) &&
        (node === null || node === target.node) &&
        simulation.network.reachable(simulation.context(from).index, simulation.context(target.node).index);
      if (!reached) {
        simulation.after(dialGivenUpMs, () => {
          if (simulation.isUp(from)) this.inject(from, { type: "dial-failed", nowMs: this.nowMs(from), node });
        });
      } else if (target.node !== from) this.connect(from, target.node);
    });
  }

  private listeningAt(addresses: readonly string[]): SimulatedMember | undefined {
    for (const address of addresses) {
      const member = this.listeners.get(address);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  private connect(a: NodeId, b: NodeId): void {
    this.connected.add(pairOf(a, b));
    this.inject(a, { type: "contact", nowMs: this.nowMs(a), facts: this.factsOf(b) });
    this.inject(b, { type: "contact", nowMs: this.nowMs(b), facts: this.factsOf(a) });
  }

  private hangUp(from: NodeId, node: NodeId): void {
    if (!this.connected.delete(pairOf(from, node))) return;
    for (const [one, other] of [
      [from, node],
      [node, from],
    ] as const)
      this.inject(one, { type: "lost", nowMs: this.nowMs(one), node: other });
  }

  private factsOf(node: NodeId) {
    return this.members[this.simulation.context(node).index]!.facts;
  }
}

function pairOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
