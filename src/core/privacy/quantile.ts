// A quantile by the exponential mechanism over a declared domain: lower, lower + step, … , upper. A point's score is minus the
// owners by which it misses the rank that is asked for. The value costs ε; its interval costs two more ε: the same mechanism,
// asked for a rank so much lower and so much higher that the truth lies between with 95 %.
//
// For the rank r = n·p/q of n owners, and a shift w of it in owners, scores in steps of 1/q owners are
//   −max(0,  q·below(x) − p·n − q·w,  q·above(x) − (q − p)·n + q·w)
// One owner more or less moves either term by max(p, q − p) at most, which is the sensitivity. An owner counts once.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import { type Cost, repeated } from "./accountant.ts";
import type { Coins } from "./coins.ts";
import { coverage, type Interval } from "./estimate.ts";
import { limits } from "./limits.ts";
import { isZero, type Ratio } from "./ratio.ts";
import { type ChoicePlan, choose, planChoice, worstGap } from "./select.ts";

/** In whole steps of the fixed point, as the bounds of a contribution. */
export interface Domain {
  readonly lower: number;
  readonly upper: number;
  readonly step: number;
  readonly decimals: number;
}

export interface QuantilePlan {
  readonly domain: Domain;
  readonly points: number;
  /** p and q of the quantile p/q. */
  readonly p: number;
  readonly q: number;
  readonly choice: ChoicePlan;
  /** By so many owners the interval's ends are shifted. */
  readonly shift: number;
  readonly cost: Cost;
}

const maxDenominator = 10_000n;

/** `epsilon` is spent three times: on the value and on both ends of its interval. */
export function planQuantile(quantile: Ratio, domain: Domain, epsilon: Ratio): Result<QuantilePlan> {
  const { numerator, denominator } = quantile;
  if (isZero(quantile) || numerator >= denominator || denominator > maxDenominator) {
    return refuse("privacy-number", { detail: "a quantile between 0 and 1, with at most four digits" });
  }
  const points = Math.floor((domain.upper - domain.lower) / domain.step) + 1;
  const whole = [domain.lower, domain.upper, domain.step].every(Number.isSafeInteger);
  if (!whole || domain.step < 1 || points < 2 || points > limits.maxCandidates - 2) {
    return refuse("privacy-bounds", {
      detail: `a domain of 2 to ${limits.maxCandidates - 2} points; this has ${points}`,
    });
  }
  const [p, q] = [Number(numerator), Number(denominator)];
  const sensitivity = BigInt(Math.max(p, q - p));
  const choice = planChoice({ method: "exponential", epsilon, sensitivity, monotone: false });
  if (!choice.ok) return choice;
  const shift = Math.ceil(worstGap(choice.value, points + 2, (1 - coverage) / 2) / q);
  return accept({ domain, points, p, q, choice: choice.value, shift, cost: repeated(choice.value.cost, 3) });
}

export interface QuantileEstimate {
  readonly value: number;
  /** With 95 % the value is at most so many owners from the rank that was asked for. */
  readonly withinOwners: number;
  readonly interval: Interval;
}

/** Where on the domain a contribution counts: clipped, and down to the point below. */
export function pointOf({ lower, upper, step }: Domain, value: number): number {
  const clipped = value >= lower ? Math.min(value, upper) : lower;
  return Math.floor((clipped - lower) / step);
}

/** From how many owners stand on each point. */
export function drawQuantile(plan: QuantilePlan, owners: Float64Array, coins: Coins): QuantileEstimate {
  assert(owners.length === plan.points, "one count for each point of the domain");
  const { lower, upper, step, decimals } = plan.domain;
  const drawn = (shift: number) => {
    const scores = scoresOf(plan, owners, shift);
    const places = Uint32Array.from(scores, (_, place) => place);
    const point = choose(plan.choice, scores, places, coins) - 1;
    if (point < 0) return lower / 10 ** decimals;
    // The upper sentinel stands for everything up to the end of the domain.
    return (point >= plan.points ? upper : lower + point * step) / 10 ** decimals;
  };
  const [value, low, high] = [drawn(0), drawn(-plan.shift), drawn(plan.shift)];
  return {
    value,
    withinOwners: Math.ceil(worstGap(plan.choice, plan.points + 2, 1 - coverage) / plan.q),
    interval: {
      low: Math.min(low, value),
      high: Math.max(high, value),
      coverage,
      method: `the same mechanism, asked ${plan.shift} owners lower and higher; of values rounded down to the domain's points`,
    },
  };
}

/**
 * Scores of the points between two sentinels, one below and one above the domain. Where a shifted rank lies beyond all owners
 * the sentinel has the best score, so an end of the interval does not move inwards for lack of owners.
 */
function scoresOf({ p, q, points }: QuantilePlan, owners: Float64Array, shift: number): Float64Array {
  let all = 0;
  for (const count of owners) all += count;
  const scores = new Float64Array(points + 2);
  const score = (below: number, above: number) =>
    -Math.max(0, q * below - p * all - q * shift, q * above - (q - p) * all + q * shift);
  scores[0] = -Math.max(0, q * all - (q - p) * all + q * shift);
  scores[points + 1] = -Math.max(0, q * all - p * all - q * shift);
  let below = 0;
  for (let i = 0; i < points; i++) {
    const here = owners[i]!;
    scores[i + 1] = score(below, all - below - here);
    below += here;
  }
  return scores;
}
