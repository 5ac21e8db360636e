// The shape of every protocol with an adversary in it: `step(state, event) → { state, effects }` (DESIGN §4).
// Synchronous, total, no clock, no randomness, no I/O. A driver (live or simulated) performs the effects in order and
// feeds what happens back as events. A `persist` effect must be durable before any later effect of the list is performed.
import type { NodeId } from "./ids.ts";
import type { Refusal } from "./result.ts";

export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** Set when the event was refused: the state is unchanged by it, the driver applies the code's consequence. */
  readonly refusal?: Refusal;
}

export function to<State, Effect>(state: State, ...effects: Effect[]): Step<State, Effect> {
  return { state, effects };
}

export function stay<State, Effect>(state: State): Step<State, Effect> {
  return { state, effects: [] };
}

export function refused<State, Effect>(state: State, refusal: Refusal, ...effects: Effect[]): Step<State, Effect> {
  return { state, effects, refusal };
}

// Effects that every machine may use. Areas add their own beside these.

/** One-way; it may be lost, delayed, doubled or reordered. Machines retry what they need. */
export interface Send<Message> {
  readonly type: "send";
  readonly to: NodeId;
  readonly message: Message;
}
/** An event `{ type: "wake", tag }` after the delay. Setting the same tag again replaces the earlier wake. */
export interface Wake {
  readonly type: "wake";
  readonly tag: string;
  readonly afterMs: number;
}
export interface CancelWake {
  readonly type: "cancel-wake";
  readonly tag: string;
}
/** Durable before any later effect of the same step. `null` forgets the key. */
export interface Persist {
  readonly type: "persist";
  readonly key: string;
  readonly value: Uint8Array | null;
}
