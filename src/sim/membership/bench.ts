// One member under test, and the hands of everybody around it: a test plays all the others itself.
import { type NodeId, nodeIdOfPublicKey, type RefusalCode, toCanonical } from "../../core/base/index.ts";
import {
  type Announcement,
  createMembership,
  type GoodbyeStatement,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipMessage,
  type MembershipState,
  type SelfDescription,
  type SuspicionStatement,
  step,
} from "../../core/membership/index.ts";
import {
  describeMember,
  type SimulatedAuthority,
  type SimulatedMember,
  simulatedAuthority,
  simulatedMembers,
} from "./member.ts";

export const startMs = 1_750_000_000_000;

/** An event without its time: the bench keeps the clock. */
type Untimed<E> = E extends unknown ? Omit<E, "nowMs"> : never;

export class MemberBench {
  readonly authority: SimulatedAuthority;
  readonly self: SimulatedMember;
  readonly others: readonly SimulatedMember[];
  nowMs = startMs;
  state: MembershipState;
  private readonly wakes = new Map<string, number>();

  constructor(others: number, options: { readonly seeds?: readonly string[]; readonly seed?: number } = {}) {
    const seed = options.seed ?? 1;
    this.authority = simulatedAuthority(seed);
    const [self, ...rest] = simulatedMembers(others + 1, seed, this.authority);
    this.self = self!;
    this.others = rest;
    this.state = createMembership(
      {
        network: this.self.facts.network,
        node: this.self.node,
        signer: this.self.signer,
        certificate: this.self.certificate,
        reader: this.authority.reader,
        self: describeMember(this.self),
        seeds: options.seeds ?? [],
      },
      this.authority.crypto,
    );
  }

  /** One step now. Returns its effects; wakes are kept for `pass`. */
  take(event: Untimed<MembershipEvent>): {
    readonly effects: readonly MembershipEffect[];
    readonly code?: RefusalCode;
    readonly blame?: string;
  } {
    const taken = step(this.state, { ...event, nowMs: this.nowMs } as MembershipEvent);
    this.state = taken.state;
    for (const effect of taken.effects) {
      if (effect.type === "wake") this.wakes.set(effect.tag, this.nowMs + effect.afterMs);
      if (effect.type === "cancel-wake") this.wakes.delete(effect.tag);
    }
    const { refusal, effects } = taken;
    return {
      effects,
      ...(refusal && { code: refusal.code }),
      ...(refusal?.blame !== undefined && { blame: refusal.blame }),
    };
  }

  hear(from: NodeId, message: MembershipMessage): ReturnType<MemberBench["take"]> {
    return this.take({ type: "message", from, message });
  }

  contact(member: SimulatedMember): ReturnType<MemberBench["take"]> {
    return this.take({ type: "contact", facts: member.facts });
  }

  /** Lets time go by: wakes happen in order. Returns all their effects. */
  pass(durationMs: number): MembershipEffect[] {
    const endMs = this.nowMs + durationMs;
    const effects: MembershipEffect[] = [];
    for (;;) {
      const next = [...this.wakes].sort((a, b) => a[1] - b[1])[0];
      if (next === undefined || next[1] > endMs) break;
      this.wakes.delete(next[0]);
      this.nowMs = Math.max(this.nowMs, next[1]);
      effects.push(...this.take({ type: "wake", tag: next[0] }).effects);
    }
    this.nowMs = endMs;
    return effects;
  }

  /** Starts it, and lets all others be known, connected and quiet. */
  meetAll(): this {
    this.take({ type: "start" });
    for (const member of this.others) {
      this.contact(member);
      this.hear(member.node, { type: "tell", items: [this.record(member, 1)] });
    }
    this.pass(1_000);
    return this;
  }

  record(
    member: SimulatedMember,
    sequence: number,
    change: Partial<SelfDescription> & { network?: string } = {},
  ): Announcement {
    const { node, certificate, signer } = member;
    const body = toCanonical({ ...describeMember(member), network: member.facts.network, node, sequence, ...change });
    return { kind: "record", body, signature: signer.sign(body), certificate };
  }

  suspicion(accuser: SimulatedMember, suspect: NodeId, sequence: number): SuspicionStatement {
    const said = { type: "suspicion", network: accuser.facts.network, suspect, sequence, accuser: accuser.node };
    const body = toCanonical({ ...said, atMs: this.nowMs });
    return { kind: "suspicion", body, signature: accuser.signer.sign(body) };
  }

  goodbye(member: SimulatedMember, sequence: number): GoodbyeStatement {
    const body = toCanonical({ type: "goodbye", network: member.facts.network, node: member.node, sequence });
    return { kind: "goodbye", body, signature: member.signer.sign(body) };
  }
}

export function sends(effects: readonly MembershipEffect[], type?: MembershipMessage["type"]) {
  return effects.flatMap((effect) =>
    effect.type === "send" && (type === undefined || effect.message.type === type) ? [effect] : [],
  );
}

/** Who was told, of which kind of item, how often. */
export function told(
  effects: readonly MembershipEffect[],
): { readonly to: NodeId; readonly kinds: readonly string[] }[] {
  return sends(effects).flatMap(({ to, message }) =>
    message.type === "tell" ? [{ to, kinds: message.items.map((item) => item.kind) }] : [],
  );
}

export const strangerId = nodeIdOfPublicKey(new Uint8Array(32).fill(9));
