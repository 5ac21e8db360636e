// For tests of core/terms: a question over invented people in memory, from their rows to the answer.
import type { AskSettings, Question } from "../../src/core/model/index.ts";
import { Coins } from "../../src/core/privacy/index.ts";
import { parseQuestion } from "../../src/core/sql/index.ts";
import {
  type Answer,
  answerOf,
  createTally,
  encodeContribution,
  type LocalRow,
  settingsFor,
  type Terms,
  termsOf,
} from "../../src/core/terms/index.ts";
import { seededBytes } from "./plain-noise.ts";
import { testCatalogue } from "./sql-catalogue.ts";

export const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};

export function questionOf(text: string): Question {
  const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.question;
}

export const withOptions = (options: string, rest: string) =>
  questionOf(`SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(${options}) ${rest}`);

export function settingsOf(question: Question, more: Partial<AskSettings> = {}): AskSettings {
  return { ...settingsFor(9, question), ...more };
}

export function termsFor(question: Question, more: Partial<AskSettings> = {}): Terms {
  return must(termsOf(question, settingsOf(question, more)));
}

/** Everybody contributes; person i's goes to gatherer i modulo their number. */
export function partsOf(terms: Terms, people: readonly (readonly LocalRow[])[], coins: Coins): Uint8Array[] {
  const tallies = Array.from({ length: terms.settings.gatherers }, () => createTally(terms));
  for (const [i, rows] of people.entries()) {
    must(tallies[i % tallies.length]!.add(encodeContribution(terms, rows, coins)));
  }
  return tallies.map((tally) => tally.part(0, coins));
}

export function askAll(terms: Terms, people: readonly (readonly LocalRow[])[], seed: number): Answer {
  const coins = new Coins(seededBytes(seed));
  return must(answerOf(terms, partsOf(terms, people, coins), coins));
}
