// What an owner is asked for, worked out by her own node: from the question that it compiled itself, the verified plan, and what
// that costs. Nothing here was believed.

import type { Digest, NodeId } from "../base/index.ts";
import type { AskSettings, Attribute, Question, Words } from "../model/index.ts";
import type { Amount } from "../privacy/index.ts";

export interface PlannedStep {
  readonly cell: string;
  readonly node: NodeId;
  /** Who runs that node, where it is known. */
  readonly principal: string | null;
}

export interface ConsentRequest {
  /** Digest of the query: the statement, its parameters, its settings. */
  readonly query: Digest;
  readonly name: string;
  readonly purpose: string;
  readonly analyst: { readonly node: NodeId; readonly principal: string };
  readonly reads: readonly { readonly table: string; readonly column: string | null; readonly attribute: Attribute }[];
  /** What of that is in words of the analyst's own; absent: nothing. */
  readonly words?: Words | undefined;
  /** Concepts by which she was found. */
  readonly foundBy: readonly string[];
  /** Of the whole question, as the analyst wrote it. */
  readonly epsilon: number;
  readonly delta: number;
  /** What taking part costs her, whatever she contributes. */
  readonly cost: Amount;
  readonly minimumPeople: number;
  readonly noise: AskSettings["noise"];
  readonly steps: readonly PlannedStep[];
  /** It brings a message, and asks nothing but that she is counted if she takes it. */
  readonly bringsMessage?: boolean;
  /** The answer goes to everybody who is asked. */
  readonly broadcast?: boolean;
  /** Until when her node has to answer. */
  readonly untilMs: number;
}

export function consentRequestOf(
  question: Question,
  settings: AskSettings,
  about: Pick<ConsentRequest, "query" | "analyst" | "cost" | "steps" | "untilMs" | "bringsMessage">,
): ConsentRequest {
  return {
    ...about,
    name: question.name,
    purpose: question.purpose,
    reads: question.local.reads,
    ...(question.local.words === undefined ? {} : { words: question.local.words }),
    foundBy: conceptsOf(question.target),
    epsilon: Number(question.privacy.epsilon),
    delta: Number(question.privacy.delta),
    minimumPeople: settings.minimumPeople,
    noise: settings.noise,
    broadcast: settings.broadcast === true,
  };
}

/** Whom a question is about, by the names of the concepts that say so. */
export function conceptsOf(target: Question["target"]): string[] {
  if (target === null) return [];
  if ("concept" in target) return [target.concept];
  const parts = "all" in target ? target.all : target.any;
  return [...new Set(parts.flatMap(conceptsOf))].sort();
}
