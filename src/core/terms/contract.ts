// What core/terms is to others: from a question and how it is carried out to what it costs, what each person sends, and how
// that becomes an answer. Nothing here knows nodes, keys or messages.
import { z } from "zod";
import type { Result } from "../base/index.ts";
import { type AskSettings, noisePlaces, type Question, valueTypes } from "../model/index.ts";
import type { Coins, Cost } from "../privacy/index.ts";
import type { Layout } from "./layout.ts";

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
  /** How contributions lie in bytes and totals, and the noise of each: this area's own. */
  readonly layout: Layout;
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
  /** Refuses what is no contribution of these terms; nothing of it counts then, and who sent it is silent. */
  add(contribution: Uint8Array): Result<void>;
  /**
   * The gatherer's part of the total: with its share of the noise where noise is split. `silent`: asked, and never heard of, with the noise
   * of `find` (noise.ts), so that it may be below nothing.
   * Once: a second one would be another share of noise over the same people.
   */
  part(silent: number, coins: Coins): Uint8Array;
}

const intervalSchema = z.strictObject({
  low: z.number(),
  high: z.number(),
  coverage: z.number(),
  method: z.string().max(300),
});
const estimateFields = {
  value: z.union([z.number(), z.string().max(1_024), z.null()]),
  /** Standard deviation of the noise; absent for group keys and lists. */
  noise: z.number().optional(),
  interval: intervalSchema.optional(),
};
const countSchema = z.strictObject(estimateFields);
const itemSchema = z.strictObject({
  ...estimateFields,
  /** Of an item of TOP_K: how many people have it. */
  people: countSchema.optional(),
  /** Of an item of HISTOGRAM: the ends of its bin. `to` counts in the next one; in the last bin it counts itself. */
  bin: z.strictObject({ from: z.number(), to: z.number() }).optional(),
  /** Of an item of APPROX_QUANTILES: which quantile it is, from 0 to 1. */
  fraction: z.number().optional(),
});
const valueSchema = z.strictObject({
  ...estimateFields,
  /** Values of a list output (histogram, quantiles, top_k). `value` is null then. */
  list: z.array(itemSchema).max(4_096).optional(),
});
export type AnswerItem = z.output<typeof itemSchema>;
/** Whole numbers beyond 2^53 are text; a date is in days, a timestamp in microseconds since 1970; bool is `true` or `false`. */
export type AnswerValue = z.output<typeof valueSchema>;

/** All of it passed differential privacy: it may be shown to anybody. */
export const answerSchema = z.strictObject({
  columns: z
    .array(
      z.strictObject({
        name: z.string().max(64),
        type: z.enum(valueTypes),
        unit: z.string().max(40).nullable(),
        /** Of quantiles: the bounds of the rows. An interval that is as wide says nothing. */
        range: z.strictObject({ low: z.number(), high: z.number() }).optional(),
      }),
    )
    .max(32),
  rows: z.array(z.array(valueSchema).max(32)).max(1_000_000),
  /** Where groups are chosen by how many people are in them: those below it, by a noised count, are not among the rows. */
  threshold: z.number().optional(),
  /** Noised numbers of people: asked, and by outcome; `silent` never answered. */
  participation: z.strictObject({
    contributed: countSchema,
    policy: countSchema,
    grant: countSchema,
    budget: countSchema,
    failed: countSchema,
    silent: countSchema,
    asked: countSchema,
  }),
  /** Gatherers whose part is missing: people who sent to them are not in the answer. Empty for a whole answer. */
  missing: z.array(z.number().int().min(0).max(15)).max(16),
  /** What each who contributed paid: ρ, and the (ε, δ) that follows. */
  cost: z.strictObject({ rho: z.number(), epsilon: z.number(), delta: z.number() }),
  noise: z.enum(noisePlaces),
});
export type Answer = z.output<typeof answerSchema>;
