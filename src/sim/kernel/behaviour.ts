// What a simulated node runs: a machine of core, and how the kernel's happenings become that machine's events. The
// kernel performs the common effects (send, wake, cancel-wake, persist); an area's own effects go to `perform`.
import type { CancelWake, NodeId, Persist, Refusal, Result, Send, Step, Wake } from "../../core/base/index.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { Random } from "./random.ts";

export type CommonEffect<Message> = Send<Message> | Wake | CancelWake | Persist;
export type AreaEffect<Effect, Message> = Exclude<Effect, CommonEffect<Message>>;

/** What a node sees of the world at one instant. Valid during the call that receives it. */
export interface NodeContext {
  readonly node: NodeId;
  readonly index: number;
  /** This node's clock: whole milliseconds since 1970, with its skew. */
  readonly nowMs: number;
  /** The node's own stream: entropy for events. */
  readonly random: Random;
  readonly disk: SimulatedDisk;
  /** 1 at the first start, one more after each restart. */
  readonly boots: number;
}

export interface Behaviour<State, Event, Effect extends { readonly type: string }, Message> {
  /** First start and every restart: builds the state from the disk. Recovery is the normal path run again. */
  boot(context: NodeContext): Step<State, Effect>;
  step(state: State, event: Event, context: NodeContext): Step<State, Effect>;
  received(from: NodeId, message: Message, context: NodeContext): Event;
  woken(tag: string, context: NodeContext): Event;
  /** An effect that only this area knows. It may inject events and touch the simulation. */
  perform?(effect: AreaEffect<Effect, Message>, context: NodeContext): void;
  /** The machine refused an event: the place to apply the code's consequence. */
  refused?(refusal: Refusal, event: Event, context: NodeContext): void;
}

/** How messages look on the wire. With it every message is encoded and decoded, as live; without it, shared as it is. */
export interface WireFormat<Message> {
  encode(message: Message): Uint8Array;
  decode(bytes: Uint8Array): Result<Message>;
}

/** A property that must hold after every step: the reason why it does not, else undefined. */
export type Invariant = (nowMs: number) => string | undefined;

export type Outcome =
  /** Nothing is left to happen. */
  | { readonly at: "quiet" }
  /** What the caller waited for came true. */
  | { readonly at: "reached" }
  /** The virtual time allowed is over. */
  | { readonly at: "time-limit" }
  /** The number of events allowed is used up: usually a livelock. */
  | { readonly at: "event-limit" }
  | { readonly at: "violated"; readonly invariant: string; readonly detail: string }
  /** The machine, the wire format or a hook threw: a mistake of ours. */
  | { readonly at: "threw"; readonly node: NodeId | null; readonly error: unknown };
