// Noise for totals: each aggregate's cells in every group, and who took part. One share of each, drawn afresh.
import { addShare, type Coins, DiscreteGaussian, type GaussianNoise, ratio } from "../privacy/index.ts";
import type { AggregatePart, Layout } from "./layout.ts";
import type { GroupTotals, Totals } from "./totals.ts";

/**
 * What `find` adds to a number of people before anybody hears of it: ten of them more or less do not show. Each gatherer hears of its own
 * people alone, and of those who are silent this is in the answer, beside the noise that everything in it has.
 */
export const foundVariance = 25;
export const foundNoise = new DiscreteGaussian(ratio(foundVariance));

interface Noised {
  readonly noise: GaussianNoise;
  readonly from: number;
  readonly cells: number;
}

export function noisesOf(part: AggregatePart): Noised[] {
  const { from, cells } = part;
  if (part.kind === "found-top") return [];
  if (part.kind !== "average") return [{ noise: part.plan.noise, from, cells }];
  return [
    { noise: part.plan.sum, from, cells: 1 },
    { noise: part.plan.count, from: from + 1, cells: 1 },
  ];
}

export function addCellNoise(layout: Layout, groups: readonly GroupTotals[], coins: Coins): void {
  for (const { noise, from, cells } of layout.aggregates.flatMap(noisesOf)) {
    const all = new Float64Array(groups.length * cells);
    for (const [i, group] of groups.entries()) all.set(group.cells.subarray(from, from + cells), i * cells);
    addShare(noise, all, coins);
    for (const [i, group] of groups.entries()) group.cells.set(all.subarray(i * cells, (i + 1) * cells), from);
  }
}

export function addParticipationNoise(layout: Layout, totals: Totals, coins: Coins): void {
  addShare(layout.participation.noise, totals.participation, coins);
}
