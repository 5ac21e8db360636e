// An empirical audit: run a mechanism many times on two neighbouring populations, and look for an event that is so much likelier
// on one that (ε, δ) cannot hold. Events are every single outcome that was seen and every half line. What is reported is a lower
// bound: with all events together it is above the truth less than one time in a thousand (Wilson's bounds, five deviations).
import { tally } from "./goodness.ts";

const deviations = 5;

/** The largest ε that the two samples prove, at this δ, in either direction. 0 when they prove none. */
export function measuredEpsilon(one: Float64Array, other: Float64Array, delta: number): number {
  return Math.max(0, provenBy(one, other, delta), provenBy(other, one, delta));
}

function provenBy(likely: Float64Array, unlikely: Float64Array, delta: number): number {
  const [a, b] = [tally(likely), tally(unlikely)];
  const outcomes = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y);
  let most = Number.NEGATIVE_INFINITY;
  const test = (inLikely: number, inUnlikely: number) => {
    const surely = lowerBound(inLikely, likely.length) - delta;
    if (surely > 0) most = Math.max(most, Math.log(surely / upperBound(inUnlikely, unlikely.length)));
  };
  let [belowA, belowB] = [0, 0];
  for (const outcome of outcomes) {
    const [hereA, hereB] = [a.get(outcome) ?? 0, b.get(outcome) ?? 0];
    test(hereA, hereB);
    test(likely.length - belowA, unlikely.length - belowB);
    belowA += hereA;
    belowB += hereB;
    test(belowA, belowB);
  }
  return most;
}

const lowerBound = (hits: number, runs: number) => wilson(hits, runs, -1);
const upperBound = (hits: number, runs: number) => wilson(hits, runs, 1);

function wilson(hits: number, runs: number, side: 1 | -1): number {
  const square = deviations * deviations;
  const share = hits / runs;
  const spread = deviations * Math.sqrt((share * (1 - share)) / runs + square / (4 * runs * runs));
  return Math.max(0, (share + square / (2 * runs) + side * spread) / (1 + square / runs));
}
