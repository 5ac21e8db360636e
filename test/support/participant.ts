// A participant of the plan in lifecycle.ts: its machine, what it is told, and the states that most tests begin with.
import type { VertexId } from "../../src/core/base/index.ts";
import type { Command, Message } from "../../src/core/lifecycle/messages.ts";
import { stepParticipant } from "../../src/core/lifecycle/participant.ts";
import {
  initialParticipant,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantState,
} from "../../src/core/lifecycle/participant-state.ts";
import type { MemberFacts } from "../../src/core/model/index.ts";
import { annasFacts, cardOf, digest, middle, participantConfig, plan, query, wiringFor } from "./lifecycle.ts";

export type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;
type CommandOf<Type> = Extract<Command, { type: Type }>;
export const add = { vertex: "add" as VertexId, incarnation: 0 };
export const base = { query, term: 1 };
export const instantiate: CommandOf<"instantiate"> = {
  type: "instantiate",
  ...base,
  command: 1,
  plan,
  digest,
  cells: [add],
  bodies: [],
};
export const run: CommandOf<"run"> = { type: "run", ...base, command: 2, ...add, wiring: wiringFor("add") };
export const flowing: Command = { type: "flowing", ...base, command: 3 };
export const prepared: Bare<ParticipantEvent> = { type: "cell-prepared", ...add, ...cardOf(middle, "add") };
export const started: Bare<ParticipantEvent> = { type: "cell-started", ...add };

export function by(from: MemberFacts, message: Message): Bare<ParticipantEvent> {
  return { type: "message", from, message };
}
export const told = (message: Message): Bare<ParticipantEvent> => by(annasFacts, message);

export class Machine {
  state: ParticipantState = initialParticipant(query);
  nowMs = 1_000;
  private readonly config: ParticipantConfig;
  constructor(config: ParticipantConfig = participantConfig(middle)) {
    this.config = config;
  }
  feed(event: Bare<ParticipantEvent>) {
    const step = stepParticipant(this.config, this.state, { ...event, nowMs: this.nowMs } as ParticipantEvent);
    this.state = step.state;
    return step;
  }
  play(...events: Bare<ParticipantEvent>[]): this {
    for (const event of events) this.feed(event);
    return this;
  }
}
export const ready = (): Machine => new Machine().play(told(instantiate), prepared);
export const running = (): Machine => ready().play(told(run), started, told(flowing));
