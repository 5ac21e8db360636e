// The discrete Gaussian, exactly (Canonne, Kamath, Steinke 2020, Algorithm 3): P[X = x] ∝ e^(−x²/2σ²) over the integers.
// Added to whole numbers of L2 sensitivity Δ it is Δ²/2σ²-zCDP (Theorem 4 there). A discrete Laplace of about the same width
// is drawn and kept with probability e^(−(|y| − σ²/t)²/2σ²), t = ⌊σ⌋ + 1: for σ² = p/q that is (|y|·q·t − p)² / (2·p·q·t²).
import { assert } from "../base/index.ts";
import type { Coins } from "./coins.ts";
import { exponential } from "./laplace.ts";
import { limits } from "./limits.ts";
import { floorOf, isZero, type Ratio, roundUp, squareRoot, toNumber } from "./ratio.ts";

/** Bits of σ² that are kept. Rounded up: at most 1/2048 more variance than asked for, and coins that fit into 53 bits. */
const varianceBits = 12;

/** The variance that is drawn for this one: not below it, and short. */
export function drawnVariance(atLeast: Ratio): Ratio {
  return roundUp(atLeast, varianceBits);
}

export function isGaussianVariance(variance: Ratio): boolean {
  return (
    !isZero(variance) &&
    floorOf(variance) < BigInt(limits.maxNoiseSteps) ** 2n &&
    variance.denominator <= BigInt(limits.maxNoiseSteps)
  );
}

export class DiscreteGaussian {
  readonly variance: Ratio;
  readonly #t: number;
  readonly #p: bigint;
  readonly #qt: bigint;
  readonly #d: bigint;
  /** The same as doubles, when everything up to |y| = `fastUpTo` fits: above, BigInt decides. */
  readonly #fast: { readonly p: number; readonly qt: number; readonly d: number; readonly upTo: number };

  constructor(variance: Ratio) {
    assert(isGaussianVariance(variance), "a variance that limits.ts allows");
    this.variance = variance;
    const { numerator: p, denominator: q } = variance;
    const t = squareRoot(p / q) + 1n; // ⌊√⌊p/q⌋⌋ = ⌊√(p/q)⌋
    this.#t = Number(t);
    this.#p = p;
    this.#qt = q * t;
    this.#d = 2n * p * q * t * t;
    const [pFast, qtFast, d] = [Number(p), Number(q * t), Number(this.#d)];
    // (|y|·q·t − p)² < 2^53 as long as |y|·q·t and p both stay below 2^26.
    const upTo = d < 2 ** 53 && pFast < 2 ** 26 ? Math.floor(2 ** 26 / qtFast) : -1;
    this.#fast = { p: pFast, qt: qtFast, d, upTo };
  }

  get deviation(): number {
    return Math.sqrt(toNumber(this.variance));
  }

  sample(coins: Coins): number {
    for (;;) {
      const magnitude = exponential(coins, this.#t);
      const negative = coins.even();
      if (negative && magnitude === 0) continue;
      if (this.#kept(coins, magnitude)) return negative ? -magnitude : magnitude;
    }
  }

  #kept(coins: Coins, magnitude: number): boolean {
    const { p, qt, d, upTo } = this.#fast;
    if (magnitude <= upTo) {
      const distance = magnitude * qt - p;
      return coins.expMinus(distance * distance, d);
    }
    const distance = BigInt(magnitude) * this.#qt - this.#p;
    return coins.expMinusBig(distance * distance, this.#d);
  }
}
