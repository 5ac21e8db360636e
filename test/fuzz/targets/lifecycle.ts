// The life cycle: its decoder, and both machines in every state that real runs brought them to, spoken to by everybody.

import type { NodeId } from "../../../src/core/base/index.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  stepCoordinator,
  stepParticipant,
} from "../../../src/core/lifecycle/index.ts";
import type { MemberFacts } from "../../../src/core/model/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { bent, hostileMessage } from "../mutate.ts";
import { recordLifecycle } from "../recordings.ts";
import { check, type Target, verdictOf } from "../target.ts";

const recording = recordLifecycle([1, 2, 3, 4, 5, 6, 7, 8]);
const { messages, encoded, speakers } = recording;
const values: readonly unknown[] = messages;

/** Who says it: whoever may, another member, one of another role, network or person, or nobody known. */
function speaker(random: Random, honest: MemberFacts): MemberFacts {
  return random.pick<() => MemberFacts>([
    () => honest,
    () => honest,
    () => random.pick(speakers),
    () => ({ ...honest, roles: random.pick([[], ["transform"], ["analyst"], ["producer", "exit"]] as const).slice() }),
    () => ({ ...honest, network: "another" }),
    () => ({ ...honest, principal: "mallory" }),
    () => ({ ...honest, node: `12D3Koo${"M".repeat(45)}` as NodeId }),
  ])();
}

/** A message as the wire would bring it: bent or from another moment, then through the decoder. Null: it stops there. */
function heard(random: Random, near: Message | null): Message | null {
  const base = near !== null && random.chance(0.5) ? near : random.pick(messages);
  const said = random.chance(0.15) ? base : bent(random, base, values);
  const decoded = decodeMessage(encodeMessage(said));
  return decoded.ok ? decoded.value : null;
}

/** What a machine says must be what its peers' decoder takes, whatever a liar made it repeat. */
function checkEffects(effects: readonly { readonly type: string }[]): void {
  for (const effect of effects) {
    if (effect.type !== "send") continue;
    const decoded = decodeMessage(encodeMessage((effect as unknown as { message: Message }).message));
    check(decoded.ok, `it sends what its own decoder refuses: ${JSON.stringify(decoded)}`);
  }
  check(effects.length <= 2_000, `${effects.length} effects of one event`);
}

function messageOf(event: { readonly type: string }): { from: MemberFacts; message: Message } | null {
  return event.type === "message" ? (event as unknown as { from: MemberFacts; message: Message }) : null;
}

export const lifecycleTargets: readonly Target[] = [
  {
    name: "life cycle: decoder",
    inputs: 9_000,
    reaches: ["malformed", "too-deep", "too-large"],
    attempt: (random) => verdictOf(decodeMessage(hostileMessage(random, encoded, values))),
  },
  {
    name: "life cycle: participant",
    inputs: 16_000,
    reaches: ["unknown-query", "wrong-network", "not-an-analyst", "stale-term", "wrong-plan", "not-a-participant"],
    attempt(random) {
      const { config, state, event } = random.pick(recording.participant);
      const honest = messageOf(event);
      const message = heard(random, honest?.message ?? null);
      if (message === null) return "malformed";
      const from = speaker(random, honest?.from ?? random.pick(speakers));
      const taken = stepParticipant(config, state, { type: "message", nowMs: event.nowMs, from, message });
      checkEffects(taken.effects);
      if (taken.refusal === undefined) return "accepted";
      check(taken.state === state, `refused with ${taken.refusal.code}, and yet its state changed`);
      return taken.refusal.code;
    },
  },
  {
    name: "life cycle: coordinator",
    inputs: 16_000,
    reaches: ["unknown-query", "wrong-network", "not-a-participant", "wrong-plan"],
    attempt(random) {
      const { config, state, event } = random.pick(recording.coordinator);
      const honest = messageOf(event);
      const message = heard(random, honest?.message ?? null);
      if (message === null) return "malformed";
      const from = speaker(random, honest?.from ?? random.pick(speakers));
      const taken = stepCoordinator(config, state, { type: "message", nowMs: event.nowMs, from, message });
      checkEffects(taken.effects);
      if (taken.refusal === undefined) return "accepted";
      // Before the decision a lie ends the attempt (INVARIANT 7 of the coordinator); after it, it changes nothing.
      const gaveUp = (state.at === "instantiating" || state.at === "starting") && isGivenUp(taken.state.at);
      check(
        taken.state === state || gaveUp,
        `refused with ${taken.refusal.code}, and yet it went from ${state.at} to ${taken.state.at}`,
      );
      return taken.refusal.code;
    },
  },
];

function isGivenUp(at: string): boolean {
  return at === "rolling-back" || at === "settled";
}

/** What `times` hostile messages to one participant and one coordinator, one after another, leave behind, in bytes. */
export function growthUnderJunk(random: Random, times: number): { participant: number; coordinator: number } {
  const grow = <State, Config, Event extends { nowMs: number; type: string }>(
    moments: readonly { config: Config; state: State; event: Event }[],
    step: (config: Config, state: State, event: Event) => { readonly state: State },
    wanted: string,
  ): number => {
    const moment = moments.find(({ state }) => (state as { at: string }).at === wanted)!;
    const honest = messageOf(moment.event);
    let state = moment.state;
    let largest = 0;
    for (let i = 0; i < times; i++) {
      const message = heard(random, honest?.message ?? null);
      if (message === null) continue;
      const from = speaker(random, honest?.from ?? random.pick(speakers));
      state = step(moment.config, state, {
        type: "message",
        nowMs: moment.event.nowMs + i,
        from,
        message,
      } as unknown as Event).state;
      if (i % 100 === 0) largest = Math.max(largest, sizeOf(state));
    }
    return Math.max(largest, sizeOf(state)) - sizeOf(moment.state);
  };
  return {
    participant: grow(recording.participant, stepParticipant, "flowing"),
    coordinator: grow(recording.coordinator, stepCoordinator, "flowing"),
  };
}

function sizeOf(state: unknown): number {
  return JSON.stringify(state, (_, value) => (value instanceof Uint8Array ? value.length : value)).length;
}
