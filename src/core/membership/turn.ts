// One step in the making: the state it works on, the time, and the effects it collects.
import type { NodeId } from "../base/index.ts";
import type { MembershipMessage } from "./messages.ts";
import type { MembershipEffect, MembershipState } from "./state.ts";

export interface Turn {
  readonly state: MembershipState;
  readonly nowMs: number;
  readonly effects: MembershipEffect[];
}

export function send(turn: Turn, target: NodeId, message: MembershipMessage): void {
  turn.effects.push({ type: "send", to: target, message });
}

/** The next tick is at most that far away. */
export function tickWithin(turn: Turn, afterMs: number): void {
  const atMs = turn.nowMs + afterMs;
  if (turn.state.tickAtMs <= atMs) return;
  turn.state.tickAtMs = atMs;
  turn.effects.push({ type: "wake", tag: "tick", afterMs });
}
