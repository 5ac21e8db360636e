// A question over people who were made up for it, from the statement to the answer, in this process: every step that a pod, a gatherer and the
// total would take, and beside the answer the truth, which only inventing people tells.
import { createHash, randomBytes } from "node:crypto";
import type { Result } from "../core/base/index.ts";
import { Coins } from "../core/privacy/index.ts";
// The one place that may.
import { type TrueValue, trueRows } from "../core/terms/exact.ts";
import { foundNoise, type Tally, type Terms, terms } from "../core/terms/index.ts";
import type { Submission } from "./api.ts";
import { inventAnswers } from "./pod.ts";
import { askedOf } from "./query.ts";
import { valueOrThrow } from "./refused.ts";
import type { FaultView, PeopleAnswer } from "./views.ts";

export interface DryRunOrder {
  readonly people: number;
  /** Of the invented people; the noise is drawn afresh each time. */
  readonly seed: number;
}

export interface DryRunView {
  readonly invented: true;
  readonly name: string;
  readonly notes: readonly string[];
  readonly people: number;
  readonly seed: number;
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
  order: DryRunOrder,
  { signal, onPerson }: DryRunWatch = {},
): Promise<{ at: "faulty"; faults: readonly FaultView[] } | { at: "answered"; run: DryRunView }> {
  const read = askedOf(submission, manyProcessors);
  if (!read.ok) return { at: "faulty", faults: read.faults };
  const { question, notes } = read;
  const { settings } = read.asked;
  const people = Math.min(order.people, settings.maximumPeople);
  const noised = valueOrThrow(terms.termsOf(question, settings));
  const exact = valueOrThrow(terms.termsOf(question, { ...settings, noise: "one" }));
  const tallies = Array.from({ length: settings.gatherers }, () => terms.createTally(noised));
  const truth = terms.createTally(exact);
  const troubles = new Map<string, { code: string; detail: string; people: number }>();
  let done = 0;
  for (const { rows, trouble } of inventAnswers({ question, people, seed: order.seed })) {
    // The same coins, so that the same rows count in both.
    const add = (of: Terms, tally: Tally): Result<void> =>
      tally.add(terms.encodeContribution(of, rows, new Coins(seeded(`${order.seed} ${done}`))));
    valueOrThrow(add(noised, tallies[done % tallies.length]!));
    valueOrThrow(add(exact, truth));
    if (trouble !== null) {
      const name = `${trouble.code} ${trouble.detail ?? ""}`;
      const known = troubles.get(name) ?? { code: trouble.code, detail: trouble.detail ?? "", people: 0 };
      troubles.set(name, { ...known, people: known.people + 1 });
    }
    onPerson?.(++done);
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
      ...{ name: question.name, notes, people, seed: order.seed, settings, answer },
      truth: matched(noised, answer, exactly),
      hiddenGroups: Math.max(0, exactly.length - answer.rows.length),
      troubles: [...troubles.values()],
    },
  };
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
