// What core/terms is to others: from a question and how it is carried out to what it costs, what each person sends, and how
// that becomes an answer. Nothing here knows nodes, keys or messages.
import type { Result } from "../base/index.ts";
import type { AskSettings, Question, QuestionValue } from "../model/index.ts";
import type { Coins, Cost, Interval } from "../privacy/index.ts";

/** A row of what a pod worked out, one value for each of `question.local.columns`, as its store gives it. */
export type LocalRow = readonly (bigint | number | string | null)[];

/** What became of one person who was asked. Sent as she sends a contribution, of the same size, so nobody on the way can tell. */
export const outcomes = ["contributed", "policy", "grant", "budget", "failed"] as const;
export type Outcome = (typeof outcomes)[number];

export interface Terms {
  readonly question: Question;
  readonly settings: AskSettings;
  /** What each person who contributes pays, whatever she contributes. */
  readonly cost: Cost;
  /** Of every message that carries an outcome, contribution or not. */
  readonly contributionBytes: number;
  /** Parts without which nothing is released. */
  readonly partsNeeded: number;
}

export interface TermsPort {
  /** Refuses what cannot be bounded, drawn exactly, or sent in one message. Sensitivities are worked out here, never believed. */
  termsOf(question: Question, settings: AskSettings): Result<Terms>;
  /** The rows of one person, bounded as the question says; `coins` choose which groups and rows count. Always of the same size. */
  encodeContribution(terms: Terms, rows: readonly LocalRow[], coins: Coins): Uint8Array;
  /** The same size, and no contribution. */
  encodeOutcome(terms: Terms, outcome: Exclude<Outcome, "contributed">): Uint8Array;
  createTally(terms: Terms): Tally;
  /** From the parts that came; `part` i is null when gatherer i gave none. `coins` are used where one cell adds all noise. */
  answerOf(terms: Terms, parts: readonly (Uint8Array | null)[], coins: Coins): Result<Answer>;
}

/** What one gatherer does with what it gets. It clips again: a contribution is a stranger's bytes. */
export interface Tally {
  /** Refuses what is no contribution of these terms; nothing of it counts then. */
  add(contribution: Uint8Array): Result<void>;
  /** The gatherer's part of the total: with its share of the noise where noise is split. `silent`: asked, and never heard of. */
  part(silent: number, coins: Coins): Uint8Array;
}

export interface AnswerValue {
  readonly value: number | string | null;
  /** Standard deviation of the noise; absent for group keys and lists. */
  readonly noise?: number;
  readonly interval?: Interval;
  /** Values of a list output (histogram, quantiles, top_k). */
  readonly list?: readonly AnswerValue[];
}

/** All of it passed differential privacy: it may be shown to anybody. */
export interface Answer {
  readonly columns: readonly {
    readonly name: string;
    readonly type: QuestionValue["type"];
    readonly unit: string | null;
  }[];
  readonly rows: readonly (readonly AnswerValue[])[];
  /** Noised numbers of people: asked, and by outcome; `silent` never answered. */
  readonly participation: Readonly<Record<Outcome | "silent" | "asked", AnswerValue>>;
  /** Gatherers whose part is missing: people who sent to them are not in the answer. Empty for a whole answer. */
  readonly missing: readonly number[];
  readonly cost: { readonly rho: number; readonly epsilon: number; readonly delta: number };
  readonly noise: AskSettings["noise"];
}
