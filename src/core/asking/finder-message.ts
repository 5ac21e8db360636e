// The finder of a question that brings a message gets it from the analyst's node, once there are enough people: who is not sent to needs no text.
import { type NodeId, type Refusal, refuse } from "../base/index.ts";
import type { FinderTurn } from "./finder-state.ts";
import { limits } from "./limits.ts";
import { openMessage } from "./message-commitment.ts";
import type { AskMessageOf } from "./messages.ts";

export const fetchWake = "fetch";

/** False: it was asked for often enough. The analyst's node may just be starting again. */
export function askForMessage({ state, effects }: FinderTurn): boolean {
  if (state.fetches >= limits.maxFetches) return false;
  const { plan } = state.config.commission;
  state.fetches++;
  state.fetching = state.nextNumber++;
  effects.push(
    { type: "send", to: plan.analyst.node, message: { type: "message-ask", query: plan.id, number: state.fetching } },
    { type: "wake", tag: fetchWake, afterMs: limits.fetchMs },
  );
  return true;
}

/** Whether it is what the analyst's node says to what it was asked last. */
export function answersFetch({ state }: FinderTurn, from: NodeId, number: number): boolean {
  return state.at === "fetching" && number === state.fetching && from === state.config.commission.plan.analyst.node;
}

/** null: it is there, and the one committed to. */
export function takeMessage(turn: FinderTurn, from: NodeId, { message }: AskMessageOf<"message">): Refusal | null {
  const { state, effects } = turn;
  const { ports, commission } = state.config;
  const opened = openMessage(ports.hasher, commission.plan.asked?.message, message);
  if (!opened.ok) return refuse(opened.code, { blame: from });
  state.message = message;
  effects.push({ type: "cancel-wake", tag: fetchWake });
  return null;
}
