// A question over people who were made up for it, from the statement to the answer, in this process: every step that an owner's rules, a pod,
// a gatherer and the total would take, and beside the answer the truth, which only inventing people tells.
import { createHash, randomBytes } from "node:crypto";
import { type RefusalCode, type Result, sentenceOf } from "../core/base/index.ts";
import type { Question } from "../core/model/index.ts";
import { Coins } from "../core/privacy/index.ts";
// The one place that may.
import { type TrueValue, trueRows } from "../core/terms/exact.ts";
import { foundNoise, type Outcome, type Tally, type Terms, terms } from "../core/terms/index.ts";
import { givenValues } from "../io/pod/index.ts";
import type { Submission } from "./api.ts";
import { standardCatalogue } from "./catalogue.ts";
import { inventedOwners, type Refusing } from "./invented-owners.ts";
import { inventAnswers } from "./pod.ts";
import { askedOf } from "./query.ts";
import { valueOrThrow } from "./refused.ts";
import type { FaultView, PeopleAnswer } from "./views.ts";

export interface DryRunOrder {
  readonly people: number;
  /** Of the invented people; the noise is drawn afresh each time. */
  readonly seed: number;
  /** `some`, if not given: each decides by invented rules. `all`: everybody contributes. */
  readonly willing?: Willing;
}

export const willingness = ["some", "all"] as const;
export type Willing = (typeof willingness)[number];

export interface DryRunView {
  readonly invented: true;
  readonly name: string;
  readonly notes: readonly string[];
  /** Made so that they match the question, and asked. */
  readonly people: number;
  readonly seed: number;
  readonly willing: Willing;
  /** Of them, without noise. An analyst sees classes only, and with noise: in the answer's participation. */
  readonly decisions: {
    readonly contributed: number;
    readonly refused: readonly {
      readonly outcome: Exclude<Outcome, "contributed">;
      readonly code: RefusalCode;
      readonly sentence: string;
      readonly people: number;
    }[];
  };
  readonly settings: Terms["settings"];
  readonly answer: PeopleAnswer;
  /** For each row of the answer what its values are without noise, within the bounds; null: the answer's keys do not tell which group it is. */
  readonly truth: readonly (readonly TrueValue[] | null)[];
  /** Groups that the answer does not show. */
  readonly hiddenGroups: number;
  /** What would have gone wrong in pods, and in how many. Only an owner is told so of her own. */
  readonly troubles: readonly { readonly code: string; readonly detail: string; readonly people: number }[];
}

export interface DryRunWatch {
  readonly signal?: AbortSignal;
  readonly onPerson?: (done: number) => void;
}

/** Processors that are taken for granted: as many as leave nothing to be desired. */
const manyProcessors = 64;
/** So many people between two looks at whether somebody wants it to end. */
const turn = 64;

export async function dryRun(
  submission: Submission,
  { people: wanted, seed, willing = "some" }: DryRunOrder,
  { signal, onPerson }: DryRunWatch = {},
): Promise<{ at: "faulty"; faults: readonly FaultView[] } | { at: "answered"; run: DryRunView }> {
  const read = askedOf(submission, manyProcessors);
  if (!read.ok) return { at: "faulty", faults: read.faults };
  const { question, notes } = read;
  const { settings } = read.asked;
  const people = Math.min(wanted, settings.maximumPeople);
  const noised = valueOrThrow(terms.termsOf(question, settings));
  const exact = valueOrThrow(terms.termsOf(question, { ...settings, noise: "one" }));
  const tallies = Array.from({ length: settings.gatherers }, () => terms.createTally(noised));
  const truth = terms.createTally(exact);
  const refusedBy = inventedOwners({ asked: read.asked, question, terms: noised }, seed);
  const whyNot = (index: number): Refusing | null => (willing === "all" ? null : refusedBy(index));
  const refused = new Map<RefusalCode, { outcome: Refusing["outcome"]; people: number }>();
  const troubles = new Map<string, { code: string; detail: string; people: number }>();
  let done = 0;
  for (const pod of inventAnswers({ question, people, seed, takesPart: (index) => whyNot(index) === null })) {
    const trouble = pod?.trouble ?? null;
    // Who takes part and has nothing to give has failed, as her node would say.
    const refusing = pod === null ? whyNot(done + 1) : trouble && { outcome: "failed" as const, code: trouble.code };
    if (refusing !== null) {
      const { outcome, code } = refusing;
      refused.set(code, { outcome, people: (refused.get(code)?.people ?? 0) + 1 });
    }
    // The same coins, so that the same rows count in both.
    const add = (of: Terms, tally: Tally): Result<void> =>
      tally.add(
        refusing === null
          ? terms.encodeContribution(of, pod!.rows, new Coins(seeded(`${seed} ${done}`)))
          : terms.encodeOutcome(of, refusing.outcome),
      );
    valueOrThrow(add(noised, tallies[done % tallies.length]!));
    valueOrThrow(add(exact, truth));
    if (trouble !== null) {
      const name = `${trouble.code} ${trouble.detail ?? ""}`;
      const known = troubles.get(name) ?? { code: trouble.code, detail: trouble.detail ?? "", people: 0 };
      troubles.set(name, { ...known, people: known.people + 1 });
    }
    done++;
    onPerson?.(done);
    if (done % turn === 0) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  const coins = new Coins({ fill: (into) => void into.set(randomBytes(into.length)) });
  const parts = tallies.map((tally) => tally.part(foundNoise.sample(coins), coins));
  const answer = valueOrThrow(terms.answerOf(noised, parts, coins));
  const exactly = valueOrThrow(trueRows(exact, [truth.part(0, coins)]));
  return {
    at: "answered",
    run: {
      invented: true,
      ...{ name: question.name, notes: [...notes, ...givenNotes(question)], people, seed, willing, settings, answer },
      decisions: decisionsOf(people, refused),
      truth: matched(noised, answer, exactly),
      hiddenGroups: Math.max(0, exactly.length - answer.rows.length),
      troubles: [...troubles.values()],
    },
  };
}

/** Everybody who is invented matches, also what nobody would of herself. */
function givenNotes({ target }: Question): string[] {
  return givenValues(target, standardCatalogue()).map(({ concept, value, nearest }) => {
    const meant = nearest === null ? "" : ` Did you mean ${JSON.stringify(nearest)}?`;
    return `No invented person has profile('${concept}') = ${JSON.stringify(value)} of her own: it was given to those made for this question. Whether anybody real has it cannot be seen here.${meant}`;
  });
}

/** Most frequent first. */
function decisionsOf(
  people: number,
  refused: ReadonlyMap<RefusalCode, { readonly outcome: Refusing["outcome"]; readonly people: number }>,
): DryRunView["decisions"] {
  const all = [...refused]
    .map(([code, { outcome, people: count }]) => ({ outcome, code, sentence: sentenceOf(code), people: count }))
    .sort((a, b) => b.people - a.people || (a.code < b.code ? -1 : 1));
  return { contributed: people - all.reduce((sum, one) => sum + one.people, 0), refused: all };
}

/** Rows of one group stand in one place: the answer's are ordered and cut. */
function matched({ question }: Terms, { rows }: PeopleAnswer, exactly: readonly TrueValue[][]) {
  const { outputs, groups } = question;
  const shown = new Set(outputs.flatMap(({ of }) => ("key" in of ? [of.key] : [])));
  if (groups.keys.some((_, key) => !shown.has(key))) return rows.map(() => null);
  const nameOf = (row: readonly Pick<TrueValue, "value">[]) =>
    JSON.stringify(outputs.map(({ of }, at) => ("key" in of ? row[at]!.value : null)));
  const byName = new Map(exactly.map((row) => [nameOf(row), row]));
  return rows.map((row) => byName.get(nameOf(row)) ?? null);
}

/** Random bytes that are the same for the same seed. */
function seeded(seed: string): ConstructorParameters<typeof Coins>[0] {
  let block = 0;
  return {
    fill(into) {
      for (let at = 0; at < into.length; at += 32) {
        const bytes = createHash("sha256").update(`${seed} ${block++}`).digest();
        into.set(bytes.subarray(0, Math.min(32, into.length - at)), at);
      }
    },
  };
}
