// One step of a node's draw under way: its facts, and the effects it has collected.
import { type Digest, type NodeId, type Refusal, type RefusalCode, refuse } from "../base/index.ts";
import type { DrawMessage } from "./messages.ts";
import type { DrawEffect, DrawFacts, DrawState } from "./state.ts";

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
export function decline(turn: Turn, to: NodeId, draw: Digest, refusal: Refusal): Refusal {
  const { code, blame } = refusal;
  const node = blame?.startsWith("12D3Koo") ? (blame as NodeId) : undefined;
  send(turn, to, { type: "draw-refused", draw, code, ...(node === undefined ? {} : { blame: node }) });
  return refusal;
}

export function culprit(turn: Turn, draw: Digest, code: RefusalCode, blame: NodeId, detail?: string): void {
  turn.effects.push({
    type: "culprit",
    draw,
    refusal: refuse(code, { blame, ...(detail === undefined ? {} : { detail }) }),
  });
}

export function convict(turn: Turn, node: NodeId, body: Uint8Array, signature: Uint8Array): void {
  turn.effects.push({ type: "convicted", node, statement: { body, signature } });
}

/** Not ours to answer: no such draw here, or not this step of it. */
export function notAsked(about: string): Refusal {
  return refuse("draw-not-asked", { detail: about });
}
