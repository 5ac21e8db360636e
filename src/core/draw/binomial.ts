// The probability that exactly `hits` of `count` nodes lie in a region of size `rs`: one term of equations 1 and 2
// (SEP2P §3.3), to a few units in the last place. Differences of log-gamma lose seven digits at a billion nodes; the
// saddle-point form (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000) never takes a difference
// of large numbers:
//   P = sqrt(n / 2πxy) · exp(δ(n) − δ(x) − δ(y) − D(x, np) − D(y, nq)),   y = n − x,  q = 1 − p
// with δ the error of Stirling's formula and D the deviance.

export function exactly(hits: number, count: number, rs: number): number {
  if (hits < 0 || hits > count) return 0;
  if (rs <= 0) return hits === 0 ? 1 : 0;
  if (rs >= 1) return hits === count ? 1 : 0;
  if (hits === 0) return Math.exp(count * Math.log1p(-rs));
  if (hits === count) return Math.exp(count * Math.log(rs));
  const rest = count - hits;
  const expected = count * rs;
  const above = excess(hits, count, rs);
  const exponent =
    stirlingError(count) -
    stirlingError(hits) -
    stirlingError(rest) -
    deviance(hits, expected, above) -
    deviance(rest, count * (1 - rs), -above);
  return Math.sqrt(count / (2 * Math.PI * hits * rest)) * Math.exp(exponent);
}

/**
 * hits − count·rs, rounded once: the product is taken in two halves (Dekker 1971). Rounded twice, its error, times the
 * distance from the mean over the variance, would show in the tenth digit of a tail of a billion nodes.
 */
function excess(hits: number, count: number, rs: number): number {
  const product = count * rs;
  const [countHigh, countLow] = halves(count);
  const [rsHigh, rsLow] = halves(rs);
  const rest = countLow * rsLow - (product - countHigh * rsHigh - countLow * rsHigh - countHigh * rsLow);
  return hits - product - rest;
}

/** Two numbers of 26 bits whose sum is the given one. */
function halves(value: number): [number, number] {
  const shifted = value * (2 ** 27 + 1);
  const high = shifted - (shifted - value);
  return [high, value - high];
}

/** x·log(x/m) + m − x ≥ 0, where `above` is x − m, known better than either: near m the plain form cancels itself out. */
function deviance(x: number, m: number, above: number): number {
  if (Math.abs(above) >= 0.1 * (x + m)) return x * Math.log(x / m) - above;
  const v = above / (x + m);
  let sum = above * v;
  let power = 2 * x * v;
  for (let j = 3; ; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (next === sum) return sum;
    sum = next;
  }
}

/** log(n!) − log(sqrt(2πn)·(n/e)ⁿ). The series' first term left out is below 1e-15 from 15 on. */
function stirlingError(n: number): number {
  if (n < smallErrors.length) return smallErrors[n]!;
  const squared = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / squared) / squared) / squared) / squared) / n;
}

/** For n from 0 (never asked for) to 15; checked against exact factorials in the tests. */
const smallErrors = [
  0, 0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.020790672103765093, 0.016644691189821193,
  0.013876128823070748, 0.01189670994589177, 0.010411265261972096, 0.009255462182712733, 0.00833056343336287,
  0.007573675487951841, 0.00694284010720953, 0.006408994188004207, 0.0059513701127588475, 0.005554733551962801,
] as const;
