// PL and PC, the tails of SEP2P §3.3. Both are the same sum: the probability that at least k of so many nodes, placed
// uniformly (nobody picks her place), lie in a region of size rs. PL counts all nodes, PC the colluding ones.
//   PL(≥ k, N, rs) = atLeast(k, N, rs)     PC(≥ k, C, rs) = atLeast(k, C, rs)     PL(< k, N, rs) = fewerThan(k, N, rs)
// Each is right to 1e-10 of itself down to 1e-30 and far below: what is small is summed, from its dominant term outwards
// with all signs positive; only what is above one half is taken as the rest to one.
import { exactly } from "./binomial.ts";

/** P(X ≥ least), equations 1 and 2. */
export function atLeast(least: number, count: number, rs: number): number {
  if (least <= 0) return 1;
  if (least > count || rs <= 0) return 0;
  if (rs >= 1) return 1;
  // Up to the mean the median is not below `least`: one half or more, so its rest to one loses nothing.
  return least > count * rs ? upwards(least, count, rs) : 1 - downwards(least - 1, count, rs);
}

/** P(X < bound), the rest to one of `atLeast`, with all its digits where it is small. */
export function fewerThan(bound: number, count: number, rs: number): number {
  if (bound <= 0) return 0;
  if (bound > count || rs <= 0) return 1;
  if (rs >= 1) return 0;
  return bound - 1 < count * rs ? downwards(bound - 1, count, rs) : 1 - upwards(bound, count, rs);
}

/** Beyond the mean, terms fall from the first on, and faster and faster: what follows a term so small changes nothing. */
const negligible = 2 ** -64;

function upwards(first: number, count: number, rs: number): number {
  const odds = rs / (1 - rs);
  let term = 1;
  let sum = 1;
  for (let hits = first; hits < count && term > sum * negligible; hits++) {
    term *= ((count - hits) / (hits + 1)) * odds;
    sum += term;
  }
  return exactly(first, count, rs) * sum;
}

function downwards(last: number, count: number, rs: number): number {
  const odds = (1 - rs) / rs;
  let term = 1;
  let sum = 1;
  for (let hits = last; hits > 0 && term > sum * negligible; hits--) {
    term *= (hits / (count - hits + 1)) * odds;
    sum += term;
  }
  return exactly(last, count, rs) * sum;
}
