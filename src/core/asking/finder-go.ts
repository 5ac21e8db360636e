// Before it calls anybody the finder asks the analyst's node for leave, and gets the message that its question brings. That node writes down
// that people are called: if the finder is lost, it is known whether anybody may have paid. Asked once there are enough people: of who finds
// too few nothing is to be written down, and who is not sent to needs no text.
import { type NodeId, type Refusal, refuse } from "../base/index.ts";
import type { FinderTurn } from "./finder-state.ts";
import { limits } from "./limits.ts";
import { openMessage } from "./message-commitment.ts";
import type { AskMessageOf } from "./messages.ts";

export const goWake = "go";

/** False: it was asked for often enough. The analyst's node may just be starting again. */
export function askToGo({ state, effects }: FinderTurn): boolean {
  if (state.goAsks >= limits.maxGoAsks) return false;
  const { plan } = state.config.commission;
  state.goAsks++;
  state.goNumber = state.nextNumber++;
  effects.push(
    { type: "send", to: plan.analyst.node, message: { type: "go-ask", query: plan.id, number: state.goNumber } },
    { type: "wake", tag: goWake, afterMs: limits.goAskMs },
  );
  return true;
}

/** Whether it is what the analyst's node says to what it was asked last. */
export function answersGoAsk({ state }: FinderTurn, from: NodeId, number: number): boolean {
  return state.at === "waiting" && number === state.goNumber && from === state.config.commission.plan.analyst.node;
}

/** null: people may be called, and what is brought is what was committed to. */
export function takeGo(turn: FinderTurn, from: NodeId, { message }: AskMessageOf<"go">): Refusal | null {
  const { state, effects } = turn;
  const { ports, commission } = state.config;
  const opened = openMessage(ports.hasher, commission.plan.asked?.message, message);
  if (!opened.ok) return refuse(opened.code, { blame: from });
  state.message = message ?? null;
  effects.push({ type: "cancel-wake", tag: goWake });
  return null;
}
