// Noised cells → what a person reads of one aggregate in each group: values with their noise and intervals, or lists.
import { accept, fromHex, type Result } from "../base/index.ts";
import {
  addShare,
  type Coins,
  checkShares,
  type Estimate,
  estimator,
  readAverage,
  readMeasure,
  shownGroups,
  totalVariance,
} from "../privacy/index.ts";
import type { AnswerItem, AnswerValue } from "./contract.ts";
import { compareKeys, type KeyValue, listedValue, readKey, shownKey } from "./keys.ts";
import type {
  AggregatePart,
  CountPart,
  FoundTopPart,
  HistogramPart,
  Layout,
  ListedTopPart,
  QuantilePart,
} from "./layout.ts";
import { readQuantile } from "./quantile-tree.ts";
import type { GroupTotals } from "./totals.ts";

/**
 * `shares` of noise are in the cells. Coins are for values that nobody listed: their noise is added where they are selected; null: none is,
 * and all of them are shown (invented people only).
 */
export function readAggregate(
  layout: Layout,
  part: AggregatePart,
  groups: readonly GroupTotals[],
  shares: number,
  coins: Coins | null,
): Result<AnswerValue[]> {
  const cellsOf = (group: GroupTotals) => group.cells.subarray(part.from, part.from + part.cells);
  const column = (cell: number) => Float64Array.from(groups, (group) => group.cells[part.from + cell]!);
  switch (part.kind) {
    case "measure": {
      const read = readMeasure(part.plan, column(0), shares);
      return read.ok ? accept(read.value.map((estimate) => atLeastZero(part, estimate))) : read;
    }
    case "average":
      return readAverage(part.plan, column(0), column(1), shares);
    case "quantiles": {
      const enough = checkShares(part.plan.noise, shares);
      return enough.ok ? accept(groups.map((group) => quantilesOf(part, cellsOf(group), shares))) : enough;
    }
    case "histogram": {
      const lists = groups.map((group) => readMeasure(part.plan, cellsOf(group), shares));
      const refused = lists.find((list) => !list.ok);
      return refused !== undefined && !refused.ok
        ? refused
        : accept(lists.map((list) => ({ value: null, list: list.ok ? binned(part, list.value) : [] })));
    }
    case "listed-top": {
      const enough = checkShares(part.plan.noise, shares);
      return enough.ok ? accept(groups.map((group) => listedTop(part, cellsOf(group), shares))) : enough;
    }
    case "found-top": {
      const index = layout.aggregates.filter(({ kind }) => kind === "found-top").indexOf(part);
      return foundTop(
        part,
        groups.map(({ named }) => named[index]!),
        coins,
      );
    }
  }
}

/** A number of rows is not below zero, whatever the noise says. */
function atLeastZero({ aggregate }: CountPart, estimate: Estimate): Estimate {
  if (aggregate.function !== "count") return estimate;
  const { value, interval } = estimate;
  const shown = (x: number) => Math.max(0, x);
  return {
    ...estimate,
    value: shown(value),
    interval: { ...interval, low: shown(interval.low), high: shown(interval.high) },
  };
}

function binned({ bins: { lower, width } }: HistogramPart, counts: readonly Estimate[]): AnswerItem[] {
  const edge = (place: number) => plainDecimal(lower + place * width);
  return counts.map((count, place) => ({ ...count, bin: { from: edge(place), to: edge(place + 1) } }));
}

/** 0.3, and not the 0.30000000000000004 that adding up binary fractions makes of it. */
function plainDecimal(value: number): number {
  return Number(value.toPrecision(12));
}

function quantilesOf({ aggregate, depth, bins, plan }: QuantilePart, nodes: Float64Array, shares: number): AnswerValue {
  const variance = totalVariance(plan.noise, shares);
  const read = aggregate.fractions.map((fraction) => readQuantile(nodes, depth, bins, Number(fraction), variance));
  if (!aggregate.list) return read[0]!;
  return { value: null, list: read.map((item, i) => ({ ...item, fraction: Number(aggregate.fractions[i]) })) };
}

function topOf(
  k: number,
  of: readonly { value: KeyValue; people: number }[],
  read: (x: number) => Estimate,
  type: AnswerTypes,
): AnswerItem[] {
  return [...of]
    .sort((a, b) => b.people - a.people || compareKeys([a.value], [b.value]))
    .slice(0, k)
    .map(({ value, people }) => ({ value: shownKey(type, value), people: read(people) }));
}

type AnswerTypes = Parameters<typeof shownKey>[0];

function listedTop({ aggregate, candidates, plan }: ListedTopPart, cells: Float64Array, shares: number): AnswerValue {
  const read = estimator(totalVariance(plan.noise, shares), 0, 0);
  const all = candidates.map((candidate, place) => ({ value: listedValue(candidate), people: cells[place]! }));
  return { value: null, list: topOf(aggregate.k, all, read, candidates[0]!.type) };
}

function foundTop(
  part: FoundTopPart,
  maps: readonly ReadonlyMap<string, number>[],
  coins: Coins | null,
): Result<AnswerValue[]> {
  const { plan, key, aggregate } = part;
  const read = estimator(totalVariance(plan.noise, 1), 0, 0);
  const lists: AnswerValue[] = [];
  for (const map of maps) {
    const keys = [...map.keys()];
    const people = Float64Array.from(map.values());
    if (coins !== null) addShare(plan.noise, people, coins);
    const shown = coins === null ? accept([...people.keys()]) : shownGroups(plan, people, 1);
    if (!shown.ok) return shown;
    const all = shown.value.map((place) => ({
      value: readKey(fromHex(keys[place]!), 0, key)!,
      people: people[place]!,
    }));
    lists.push({ value: null, list: topOf(aggregate.k, all, read, key.type) });
  }
  return accept(lists);
}
