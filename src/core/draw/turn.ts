// One step of a node's draw under way: its facts, and the effects it has collected.
import { type Digest, type NodeId, type Refusal, type RefusalCode, refuse } from "../base/index.ts";
import type { DrawMessage, Evidence } from "./messages.ts";
import type { Conflict, DrawEffect, DrawFacts, DrawState } from "./state.ts";

export interface Turn extends DrawFacts {
  readonly state: DrawState;
  readonly effects: DrawEffect[];
}

export function send(turn: Turn, to: NodeId, message: DrawMessage): void {
  turn.effects.push({ type: "send", to, message });
}

export function wake(turn: Turn, tag: string, afterMs: number): void {
  turn.effects.push({ type: "wake", tag, afterMs });
}

export function persist(turn: Turn, key: string, value: Uint8Array): void {
  turn.effects.push({ type: "persist", key, value });
}

/** Tells whoever asked that it will not happen, and returns the refusal for the driver. */
export function decline(turn: Turn, to: NodeId, draw: Digest, refusal: Refusal, evidence?: Evidence): Refusal {
  send(turn, to, refusalMessage(draw, refusal, evidence));
  return refusal;
}

export function refusalMessage(draw: Digest, { code, blame }: Refusal, evidence?: Evidence): DrawMessage {
  const node = blame?.startsWith("12D3Koo") ? { blame: blame as NodeId } : {};
  return { type: "draw-refused", draw, code, ...node, ...(evidence === undefined ? {} : { evidence }) };
}

export function culprit(turn: Turn, draw: Digest, code: RefusalCode, blame: NodeId, detail?: string): void {
  named(turn, draw, refuse(code, { blame, ...(detail === undefined ? {} : { detail }) }));
}

export function named(turn: Turn, draw: Digest, refusal: Refusal, evidence?: Evidence, conflict?: Conflict): void {
  const shown = { ...(evidence === undefined ? {} : { evidence }), ...(conflict === undefined ? {} : { conflict }) };
  turn.effects.push({ type: "culprit", draw, refusal, ...shown });
}

/** Not ours to answer: no such draw here, or not this step of it. */
export function notAsked(about: string): Refusal {
  return refuse("draw-not-asked", { detail: about });
}
