// Exact ratios. Privacy parameters are decimals that people type and whole numbers from the plan; noise is drawn for exactly
// the ratio that follows from them, so no rounding stands between the claim and the noise. Where a ratio is simplified, it is
// upwards: more noise, never less.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";

/** numerator / denominator, not negative, in lowest terms. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export function ratio(numerator: bigint | number, denominator: bigint | number = 1n): Ratio {
  const [top, bottom] = [BigInt(numerator), BigInt(denominator)];
  assert(top >= 0n && bottom > 0n, "a ratio is not negative");
  const divisor = greatestCommonDivisor(top, bottom);
  return { numerator: top / divisor, denominator: bottom / divisor };
}

const decimalPattern = /^(\d{1,18})(?:\.(\d{1,18}))?(?:[eE](-?\d{1,2}))?$/;

/** A decimal as a person or a plan writes it ("0.5", "1e-6"), exactly. */
export function parseDecimal(text: string): Result<Ratio> {
  const match = decimalPattern.exec(text.trim());
  if (match === null) return refuse("privacy-number", { detail: "write a decimal such as 0.5 or 1e-6" });
  const [, whole, fraction = "", exponent = "0"] = match;
  const power = Number(exponent) - fraction.length;
  if (power < -2 * limits.maxDecimals || power > limits.maxDecimals) {
    return refuse("privacy-number", { detail: `at most ${limits.maxDecimals} digits after the point` });
  }
  const digits = BigInt(`${whole}${fraction}`);
  return accept(power < 0 ? ratio(digits, 10n ** BigInt(-power)) : ratio(digits * 10n ** BigInt(power)));
}

/** What a double holds, exactly: 0.1 becomes 3602879701896397 / 2^55. For decimals that are meant, use `parseDecimal`. */
export function ratioOf(value: number): Ratio {
  assert(Number.isFinite(value) && value >= 0, "not a finite number that is not negative");
  let significand = value;
  let bits = 0n;
  for (; !Number.isInteger(significand); bits++) significand *= 2;
  return ratio(BigInt(significand), 1n << bits);
}

export const times = (a: Ratio, b: Ratio): Ratio => ratio(a.numerator * b.numerator, a.denominator * b.denominator);
export const over = (a: Ratio, b: Ratio): Ratio => ratio(a.numerator * b.denominator, a.denominator * b.numerator);
export const plus = (a: Ratio, b: Ratio): Ratio =>
  ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const atMost = (a: Ratio, b: Ratio): boolean => a.numerator * b.denominator <= b.numerator * a.denominator;
export const isZero = (a: Ratio): boolean => a.numerator === 0n;
export const zero: Ratio = ratio(0);

export const floorOf = (a: Ratio): bigint => a.numerator / a.denominator;
export const ceilOf = (a: Ratio): bigint => (a.numerator + a.denominator - 1n) / a.denominator;

/** The nearest double, give or take a unit in the last place. For reports and intervals; never for noise. */
export function toNumber({ numerator, denominator }: Ratio): number {
  if (numerator === 0n) return 0;
  const shift = bitLength(denominator) - bitLength(numerator) + 64;
  const scaled = shift >= 0 ? (numerator << BigInt(shift)) / denominator : numerator / (denominator << BigInt(-shift));
  const half = Math.trunc(-shift / 2);
  return Number(scaled) * 2 ** half * 2 ** (-shift - half);
}

/** The smallest m / 2^j not below, m having so many bits or one more, or j = 0: short, and at most 2^(1 − bits) too much. */
export function roundUp(value: Ratio, bits: number): Ratio {
  if (isZero(value)) return value;
  const shift = BigInt(Math.max(0, bits - (bitLength(value.numerator) - bitLength(value.denominator))));
  return ratio(ceilOf({ numerator: value.numerator << shift, denominator: value.denominator }), 1n << shift);
}

/** ⌊√n⌋, by Newton from above. */
export function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(2).length;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
