// Counts, sums and averages over one group or a list of groups that the plan names. Each plan says what it costs before
// anything is drawn; adding noise (`addShare`) and reading the result are separate, because several cells may add noise.
//
// An average costs what it costs: it is a noisy sum over a noisy count, each with its own part of ρ, the sum taken round the
// middle of the bounds. There is no cheaper way that is honest about an unknown count.
import { accept, type Result, refuse } from "../base/index.ts";
import { type Cost, compose } from "./accountant.ts";
import { coverage, type Estimate, estimator } from "./estimate.ts";
import { type Ratio, ratio, times } from "./ratio.ts";
import { type Contribution, type Measure, sensitivityOf } from "./sensitivity.ts";
import { checkShares, type GaussianNoise, type NoiseCells, planNoise, totalVariance } from "./split-noise.ts";
import { gaussianHalfWidth } from "./tails.ts";

export interface MeasurePlan {
  readonly measure: Exclude<Measure, "centred">;
  readonly bounds: Contribution;
  readonly noise: GaussianNoise;
  readonly cost: Cost;
}

/** A count of owners, a count of records, or a sum, in every group at once: together they cost ρ. */
export function planMeasure(
  measure: MeasurePlan["measure"],
  bounds: Contribution,
  rho: Ratio,
  cells?: NoiseCells,
): Result<MeasurePlan> {
  const noise = planNoise(sensitivityOf(measure, bounds), rho, cells);
  return noise.ok ? accept({ measure, bounds, noise: noise.value, cost: noise.value.cost }) : noise;
}

/** `noisy` has the shares of so many cells in it. */
export function readMeasure(plan: MeasurePlan, noisy: Float64Array, shares: number): Result<Estimate[]> {
  const enough = checkShares(plan.noise, shares);
  if (!enough.ok) return enough;
  const variance = totalVariance(plan.noise, shares);
  const isSum = plan.measure === "sum";
  const read = isSum ? estimator(variance, plan.bounds.decimals) : estimator(variance, 0, 0);
  return accept(Array.from(noisy, read));
}

export interface AveragePlan {
  readonly bounds: Contribution;
  /** Which count is below the line: people, when each contributes once. */
  readonly counted: "owners" | "records";
  readonly sum: GaussianNoise;
  readonly count: GaussianNoise;
  readonly cost: Cost;
}

/** `forSum` of ρ is spent on the sum, the rest on the count. Half and half when nothing else is known. */
export function planAverage(
  bounds: Contribution,
  rho: Ratio,
  cells?: NoiseCells,
  forSum: Ratio = ratio(1, 2),
): Result<AveragePlan> {
  if (forSum.numerator === 0n || forSum.numerator >= forSum.denominator) {
    return refuse("privacy-number", { detail: "the sum's part of ρ lies between 0 and 1" });
  }
  const counted = bounds.recordsPerGroup === 1 ? "owners" : "records";
  const rest = ratio(forSum.denominator - forSum.numerator, forSum.denominator);
  const sum = planNoise(sensitivityOf("centred", bounds), times(rho, forSum), cells);
  if (!sum.ok) return sum;
  const count = planNoise(sensitivityOf(counted, bounds), times(rho, rest), cells);
  if (!count.ok) return count;
  const cost = compose(sum.value.cost, count.value.cost);
  return accept({ bounds, counted, sum: sum.value, count: count.value, cost });
}

/**
 * The interval: with 97.5 % the centred sum lies within its width, with 97.5 % the count does; with 95 % both do, and then the
 * average lies between the least and the greatest quotient of the two (a box, by Bonferroni; never beyond the bounds). It
 * covers at least 95 %, usually more. Where the count might be below 1, nothing is known: the interval is all of the bounds.
 */
export function readAverage(
  plan: AveragePlan,
  noisySums: Float64Array,
  noisyCounts: Float64Array,
  shares: number,
): Result<Estimate[]> {
  const enough = checkShares(plan.sum, shares);
  if (!enough.ok) return enough;
  const { lower, upper, decimals } = plan.bounds;
  const [sumVariance, countVariance] = [totalVariance(plan.sum, shares), totalVariance(plan.count, shares)];
  const miss = (1 - coverage) / 2;
  const [sumWidth, countWidth] = [gaussianHalfWidth(sumVariance, miss), gaussianHalfWidth(countVariance, miss)];
  const unit = 10 ** decimals;
  const middle = (lower + upper) / 2;
  const shown = (offset: number) => Math.min(upper, Math.max(lower, middle + offset)) / unit;
  const estimates = Array.from(noisySums, (sum, group): Estimate => {
    const noisyCount = noisyCounts[group]!;
    const [fewest, most] = [noisyCount - countWidth, noisyCount + countWidth];
    const count = Math.max(1, noisyCount);
    const offset = sum / 2 / count;
    const [least, greatest] = [(sum - sumWidth) / 2, (sum + sumWidth) / 2];
    const method = "box of the intervals of sum and count, 97.5 % each";
    const known = fewest >= 1;
    return {
      value: shown(offset),
      // To first order: the sum's noise and the count's, weighed by what is divided.
      noise: Math.sqrt(sumVariance / 4 + offset ** 2 * countVariance) / count / unit,
      interval: {
        low: known ? shown(least / (least < 0 ? fewest : most)) : lower / unit,
        high: known ? shown(greatest / (greatest > 0 ? fewest : most)) : upper / unit,
        coverage,
        method: known ? method : `${method}; the count may be below 1, so nothing but the bounds is known`,
      },
    };
  });
  return accept(estimates);
}
