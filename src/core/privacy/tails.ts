// Tails of the noise, for intervals and thresholds. Reports only: none of these numbers decides a random draw. Each tail is
// summed term by term where that is quick, and bounded from above by the continuous one elsewhere.
import { assert } from "../base/index.ts";
import { limits } from "./limits.ts";

/** Up to here the terms of a discrete Gaussian are summed; wider, the continuous one is right to a thousandth of a deviation. */
const widestSummed = 1_000;
const negligible = 1e-18;

/** P[X ≥ least] for the discrete Gaussian, from above. */
export function gaussianTail(variance: number, least: number): number {
  assert(variance > 0, "noise has a variance");
  if (least <= 0) return 1 - gaussianTail(variance, 1 - least);
  const deviation = Math.sqrt(variance);
  // Canonne, Kamath, Steinke 2020, Proposition 25: P[discrete ≥ m] ≤ P[continuous ≥ m − 1].
  if (deviation > widestSummed) return 0.5 * complementaryError((least - 1) / (deviation * Math.SQRT2));
  const term = (x: number) => Math.exp((-x * x) / (2 * variance));
  let sum = 0;
  const first = term(least);
  for (let x = least; ; x++) {
    const next = term(x);
    sum += next;
    if (next <= first * negligible) break;
  }
  return sum / normaliser(variance);
}

/** Σ e^(−x²/2σ²) over all integers; by Poisson's formula √(2πσ²) but for 1 part in 10^8 once σ ≥ 1. */
function normaliser(variance: number): number {
  if (variance >= 1) {
    return Math.sqrt(2 * Math.PI * variance) * (1 + 2 * Math.exp(-2 * Math.PI * Math.PI * variance));
  }
  let sum = 1;
  for (let x = 1; x < 16; x++) sum += 2 * Math.exp((-x * x) / (2 * variance));
  return sum;
}

/** Each takes hundreds of exponentials, and an answer asks for the same few again for each group and each round. */
const widthsFound = new Map<string, number>();

/** The smallest w with P[|X| > w] ≤ miss, for the discrete Gaussian. */
export function gaussianHalfWidth(variance: number, miss: number): number {
  const key = `${variance} ${miss}`;
  const found = widthsFound.get(key);
  if (found !== undefined) return found;
  const width = leastHalfWidth(variance, miss);
  if (widthsFound.size === limits.maxWidthsKept) widthsFound.clear();
  widthsFound.set(key, width);
  return width;
}

function leastHalfWidth(variance: number, miss: number): number {
  return leastWhere((w) => 2 * gaussianTail(variance, w + 1) <= miss, 40 * Math.sqrt(variance) + 40);
}

/** The smallest w with P[|X| > w] ≤ miss, for the discrete Laplace of this scale. */
export function laplaceHalfWidth(scale: number, miss: number): number {
  return leastWhere((w) => (2 * Math.exp(-(w + 1) / scale)) / (1 + Math.exp(-1 / scale)) <= miss, 100 * scale + 100);
}

/**
 * The smallest count of owners that a group found in the data must reach, after noise, to be shown. A group of one owner
 * shows with probability P[X ≥ threshold − 1]; she may be alone in each of her groups, so that times their number is the δ.
 */
export function groupThreshold(variance: number, groupsPerOwner: number, delta: number): number {
  const deviations = Math.sqrt(2 * Math.log(groupsPerOwner / delta)) + 2;
  const safe = delta * (1 - 1e-9); // what the sums round
  return leastWhere(
    (least) => groupsPerOwner * gaussianTail(variance, least - 1) <= safe,
    2 * deviations * Math.sqrt(variance) + 40,
  );
}

function leastWhere(holds: (x: number) => boolean, most: number): number {
  let [low, high] = [0, Math.ceil(most)];
  assert(holds(high), "the search ends where the condition holds");
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** erfc(x) for x ≥ 0: the series of erf below 2, a continued fraction above. */
export function complementaryError(x: number): number {
  if (x < 0) return 2 - complementaryError(-x);
  if (x < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
