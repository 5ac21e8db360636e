// From the parts to the answer: joined, noised where one cell adds the noise, groups selected, read, ordered, cut. What comes out
// has passed differential privacy; the order of the rows too, because it is made from noised numbers and keys alone.
import { accept, assert, fromHex, type Result, refuse } from "../base/index.ts";
import type { Question, ValueType } from "../model/index.ts";
import {
  addShare,
  type Coins,
  checkShares,
  type Estimate,
  estimator,
  readMeasure,
  shownGroups,
  totalVariance,
} from "../privacy/index.ts";
import type { Answer, AnswerValue, Terms } from "./contract.ts";
import { compareKeys, type KeyValue, listedValue, readKeys, shownKey } from "./keys.ts";
import type { Layout } from "./layout.ts";
import { addCellNoise, addParticipationNoise, foundVariance } from "./noise.ts";
import { costOf } from "./price.ts";
import { readAggregate } from "./read-aggregate.ts";
import { type GroupTotals, participants, Totals } from "./totals.ts";

export function answerOf(terms: Terms, parts: readonly (Uint8Array | null)[], coins: Coins): Result<Answer> {
  const { layout, settings, question } = terms;
  assert(parts.length === settings.gatherers, "a part, or null, for each gatherer");
  const missing = parts.flatMap((part, gatherer) => (part === null ? [gatherer] : []));
  const present = parts.length - missing.length;
  if (present < terms.partsNeeded) {
    return refuse("privacy-shares-missing", { detail: `${present} of ${terms.partsNeeded} needed parts` });
  }
  const totals = new Totals(layout);
  for (const [gatherer, part] of parts.entries()) {
    const added = part === null ? accept(undefined) : totals.addPart(part);
    if (!added.ok) return { ...added, blame: `gatherer ${gatherer + 1}` };
  }
  const shares = settings.noise === "split" ? present : 1;
  const enough = checkShares(layout.participation.noise, shares);
  if (!enough.ok) return enough;
  if (settings.noise === "one") addParticipationNoise(layout, totals, coins);
  const groups = selected(layout, totals, coins);
  if (!groups.ok) return groups;
  const shown = groups.value;
  const cells = shown.map(({ totals: of }) => of);
  if (settings.noise === "one") addCellNoise(layout, cells, coins);
  const read: AnswerValue[][] = [];
  for (const part of layout.aggregates) {
    const values = readAggregate(layout, part, cells, shares, coins);
    if (!values.ok) return values;
    read.push(values.value);
  }
  const rows = shown.map(({ keys }, row) =>
    question.outputs.map(
      ({ of, type }): AnswerValue =>
        "key" in of ? { value: shownKey(type, keys[of.key]!) } : read[of.aggregate]![row]!,
    ),
  );
  return accept({
    columns: question.outputs.map(({ name, type, unit, of }) => ({ name, type, unit, ...rangeOf(question, of) })),
    rows: ordered(rows, question),
    ...(layout.groups.at === "found" ? { threshold: layout.groups.plan.threshold } : {}),
    participation: participationOf(layout, totals, shares, present),
    missing,
    cost: costOf(terms),
    noise: settings.noise,
  });
}

function rangeOf({ aggregates }: Question, of: Question["outputs"][number]["of"]): Pick<Column, "range"> {
  const aggregate = "key" in of ? undefined : aggregates[of.aggregate];
  if (aggregate?.function !== "quantiles" || aggregate.contribution.per !== "row") return {};
  const { lower, upper } = aggregate.contribution;
  return { range: { low: Number(lower), high: Number(upper) } };
}

type Column = Answer["columns"][number];

interface Shown {
  readonly keys: readonly KeyValue[];
  readonly totals: GroupTotals;
}

/** Listed groups in their order; of the others those that pass the threshold, by their keys. */
function selected({ groups, keys }: Layout, totals: Totals, coins: Coins): Result<Shown[]> {
  if (groups.at === "listed") {
    return accept(
      [...totals.groups.values()].map((of, place) => ({ keys: groups.rows[place]!.map(listedValue), totals: of })),
    );
  }
  const found = [...totals.groups.entries()];
  const owners = Float64Array.from(found, ([, group]) => group.owners);
  addShare(groups.plan.noise, owners, coins);
  const passing = shownGroups(groups.plan, owners, 1);
  if (!passing.ok) return passing;
  const shown = passing.value.map((place): Shown => {
    const [key, of] = found[place]!;
    return { keys: readKeys(fromHex(key as string), 0, keys)!, totals: of };
  });
  return accept(shown.sort((a, b) => compareKeys(a.keys, b.keys)));
}

function participationOf(layout: Layout, totals: Totals, shares: number, gatherers: number): Answer["participation"] {
  const read = readMeasure(layout.participation, totals.participation, shares);
  assert(read.ok, "checkShares has accepted");
  const of = Object.fromEntries(participants.map((name, i) => [name, read.value[i]!])) as Record<
    (typeof participants)[number],
    Estimate
  >;
  const each = totalVariance(layout.participation.noise, shares);
  const found = foundVariance * gatherers;
  const silent = estimator(each + found, 0, 0)(totals.participation[participants.indexOf("silent")]!);
  // A sum of what is noised already: nothing more is spent on it.
  const asked = totals.participation.reduce((sum, count) => sum + count, 0);
  return { ...of, silent, asked: estimator(each * participants.length + found, 0, 0)(asked) };
}

function ordered(rows: AnswerValue[][], { order, limit, outputs }: Question): AnswerValue[][] {
  const compare = (a: readonly AnswerValue[], b: readonly AnswerValue[]) => {
    for (const { output, descending, nulls } of order) {
      const how = { type: outputs[output]!.type, nulls: nulls === "first" ? -1 : 1, direction: descending ? -1 : 1 };
      const by = compareValues(a[output]!, b[output]!, how);
      if (by !== 0) return by;
    }
    return 0;
  };
  const sorted = order.length === 0 ? rows : [...rows].sort(compare);
  return limit === null ? sorted : sorted.slice(0, limit);
}

interface How {
  readonly type: ValueType;
  readonly nulls: number;
  readonly direction: number;
}

/** Lists by their first values that differ, then by their length. */
function compareValues(a: AnswerValue, b: AnswerValue, how: How): number {
  const { type, nulls, direction } = how;
  if (a.list !== undefined && b.list !== undefined) {
    for (let index = 0; index < Math.min(a.list.length, b.list.length); index++) {
      const by = compareValues(a.list[index]!, b.list[index]!, how);
      if (by !== 0) return by;
    }
    return (a.list.length - b.list.length) * direction;
  }
  if (a.value === null || b.value === null) return a.value === b.value ? 0 : a.value === null ? nulls : -nulls;
  const [left, right] = [comparable(type, a.value), comparable(type, b.value)];
  return left === right ? 0 : left < right ? -direction : direction;
}

/** Whole numbers beyond 2^53 are written as text, and compared as numbers. */
function comparable(type: ValueType, value: number | string): number | bigint | string {
  return typeof value === "number" || type === "text" || type === "bool" ? value : BigInt(value);
}
