// The discrete Laplace distribution, exactly (Canonne, Kamath, Steinke 2020, Algorithm 2): P[X = x] ∝ e^(−|x|·s/t) for the
// scale t/s. Added to a whole number of sensitivity Δ with scale Δ/ε it is ε-differentially private.
import { assert } from "../base/index.ts";
import type { Coins } from "./coins.ts";
import { limits } from "./limits.ts";
import { atMost, floorOf, type Ratio, ratio, toNumber } from "./ratio.ts";

export class DiscreteLaplace {
  readonly scale: Ratio;
  readonly #t: number;
  readonly #s: number;

  constructor(scale: Ratio) {
    assert(isLaplaceScale(scale), "a scale that limits.ts allows");
    this.scale = scale;
    this.#t = Number(scale.numerator);
    this.#s = Number(scale.denominator);
  }

  get variance(): number {
    const e = Math.expm1(1 / toNumber(this.scale));
    return (2 * (1 + e)) / (e * e);
  }

  sample(coins: Coins): number {
    for (;;) {
      const magnitude = Math.floor(exponential(coins, this.#t) / this.#s);
      const negative = coins.even();
      if (negative && magnitude === 0) continue; // otherwise 0 would be drawn twice as often
      return negative ? -magnitude : magnitude;
    }
  }
}

/** Whether numerator, denominator and all that is drawn stay exact. */
export function isLaplaceScale(scale: Ratio): boolean {
  const most = BigInt(limits.maxNoiseSteps);
  return scale.numerator > 0n && scale.numerator <= most && scale.denominator <= most && floorOf(scale) <= most;
}

/** The scale Δ/ε. When it has too many digits to be drawn exactly it is rounded up. */
export function laplaceScale(sensitivity: Ratio, epsilon: Ratio): Ratio {
  const exact = ratio(sensitivity.numerator * epsilon.denominator, sensitivity.denominator * epsilon.numerator);
  if (isLaplaceScale(exact)) return exact;
  const parts = 2n ** 16n;
  const rounded = ratio((exact.numerator * parts + exact.denominator - 1n) / exact.denominator, parts);
  assert(atMost(exact, rounded), "never less noise");
  return rounded;
}

/** P[X = x] ∝ e^(−x/t) for x ≥ 0: a rest below t by rejection, and a whole number of t. Beyond 2^16·t is 10^(−28,000) away. */
export function exponential(coins: Coins, t: number): number {
  let rest = coins.below(t);
  while (!coins.expMinus(rest, t)) rest = coins.below(t);
  let whole = 0;
  while (coins.expMinusOne()) whole++;
  return rest + t * whole;
}
