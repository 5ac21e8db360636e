// What a person gets to see: a value, how much noise is in it, and an interval. The interval speaks of the noise alone: it
// covers what would have been computed from the clipped contributions of those who answered, not what clipping took away nor
// who did not answer.
import { gaussianHalfWidth } from "./tails.ts";

export const coverage = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  /** How it was found, in a few words that can stand beside it. */
  readonly method: string;
}

export interface Estimate {
  readonly value: number;
  /** Standard deviation of the noise, in the value's own unit. */
  readonly noise: number;
  readonly interval: Interval;
}

/**
 * Reads noisy whole numbers whose noise has this variance. The same width serves all of them, so it is found once. `least` is
 * what cannot be undercut: counts are never shown below zero.
 */
export function estimator(
  variance: number,
  decimals: number,
  least = Number.NEGATIVE_INFINITY,
): (noisy: number) => Estimate {
  const unit = 10 ** decimals;
  const noise = Math.sqrt(variance) / unit;
  const width = gaussianHalfWidth(variance, 1 - coverage);
  const method = "quantiles of the discrete Gaussian noise";
  const shown = (x: number) => Math.max(x, least) / unit;
  return (noisy) => ({
    value: shown(noisy),
    noise,
    interval: { low: shown(noisy - width), high: shown(noisy + width), coverage, method },
  });
}
