// Drives one machine live: performs the effects of each step in order and feeds what happens back as events. It decides
// nothing; the simulator's driver (src/sim/kernel) does the same over a virtual clock.
//
//   INVARIANT 1: steps do not nest. An event that arises while effects are performed waits its turn.
//   INVARIANT 2: `persist` is durable when it returns, so every later effect of the step comes after it.
import type { CancelWake, NodeId, Persist, Refusal, Send, Step, Wake } from "../core/base/index.ts";

type CommonEffect<Message> = Send<Message> | Wake | CancelWake | Persist;

export interface Ports<Message, Own> {
  send(to: NodeId, message: Message): void;
  persist(key: string, value: Uint8Array | null): void;
  /** The area's own effects. */
  perform(effect: Own): void;
  refused(refusal: Refusal, event: unknown): void;
}

export interface MachineDriver<State, Event> {
  readonly state: State;
  feed(event: Event): void;
  /** Ends all wakes; events are ignored from here on. */
  stop(): void;
}

export function drive<State, Event extends { readonly type: string }, Message, Own extends { readonly type: string }>(
  initial: State,
  step: (state: State, event: Event) => Step<State, CommonEffect<Message> | Own>,
  wakeEvent: (tag: string) => Event,
  ports: Ports<Message, Own>,
): MachineDriver<State, Event> {
  let state = initial;
  let stopped = false;
  let busy = false;
  const waiting: Event[] = [];
  const wakes = new Map<string, NodeJS.Timeout>();

  function cancel(tag: string): void {
    clearTimeout(wakes.get(tag));
    wakes.delete(tag);
  }

  function perform(effect: CommonEffect<Message> | Own): void {
    switch (effect.type) {
      case "send": {
        const { to, message } = effect as Send<Message>;
        return ports.send(to, message);
      }
      case "wake": {
        const { tag, afterMs } = effect as Wake;
        cancel(tag);
        const timer = setTimeout(() => {
          wakes.delete(tag);
          feed(wakeEvent(tag));
        }, afterMs);
        wakes.set(tag, timer);
        return;
      }
      case "cancel-wake":
        return cancel((effect as CancelWake).tag);
      case "persist": {
        const { key, value } = effect as Persist;
        return ports.persist(key, value);
      }
      default:
        return ports.perform(effect as Own);
    }
  }

  function feed(event: Event): void {
    if (stopped) return;
    waiting.push(event);
    if (busy) return;
    busy = true;
    try {
      for (let next = waiting.shift(); next !== undefined && !stopped; next = waiting.shift()) {
        const result = step(state, next);
        state = result.state;
        if (result.refusal !== undefined) ports.refused(result.refusal, next);
        for (const effect of result.effects) perform(effect);
      }
    } finally {
      busy = false;
    }
  }

  return {
    get state() {
      return state;
    },
    feed,
    stop() {
      stopped = true;
      for (const timer of wakes.values()) clearTimeout(timer);
      wakes.clear();
      waiting.length = 0;
    },
  };
}
