// An answer that goes to everybody who was asked (SEP2P §5.1: what is sensed is broadcast to those who took part). The total's node tells
// it to every member; whoever keeps a person who was asked in that round checks it here, and keeps it for her. The others drop it.
//
// INVARIANT 1: it is taken from a node where the verified plan puts the total, and from no other: nobody else can make an answer up.
// INVARIANT 2: only where the question said so, which everybody who was asked had read before she answered.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import { type Answer, parseAnswer, peopleCells } from "../terms/index.ts";
import type { Commission } from "./commission.ts";
import { limits } from "./limits.ts";
import type { AskMessageOf } from "./messages.ts";

/** null: it stays with the analyst; it was not asked for, or it is too long to be told to everybody. */
export function answerMessage(
  { round, terms }: Pick<Commission, "round" | "terms">,
  answer: Answer,
): AskMessageOf<"answer"> | null {
  if (terms.settings.broadcast !== true) return null;
  const text = JSON.stringify(answer);
  return text.length > limits.maxAnswerChars ? null : { type: "answer", round, answer: text };
}

/** What `from` says came out of this round. */
export function answerTold(commission: Commission, from: NodeId, { answer }: AskMessageOf<"answer">): Result<Answer> {
  const total = commission.plan.vertices.find(({ id }) => id === peopleCells.total);
  const isTotal = total !== undefined && [total.node, ...total.spares].includes(from);
  if (!isTotal || commission.terms.settings.broadcast !== true) return refuse("ask-not-total", { blame: from });
  const read = parseAnswer(answer);
  return read.ok ? accept(read.value) : { ...read, blame: from };
}
