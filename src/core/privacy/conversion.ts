// From zCDP to (ε, δ) and back: the tight known conversion (Canonne, Kamath, Steinke 2020, Proposition 12 with Corollary 13),
//   δ = min over α > 1 of  e^((α−1)(αρ−ε)) / (α−1) · (1 − 1/α)^α
// Every α gives a bound that holds, so a search that stops early reports a larger ε, never a smaller one. What doubles round is
// covered by `slack`.
import { assert } from "../base/index.ts";

const slack = 1e-12;

/** The smallest ε known for ρ-zCDP at this δ, rounded up. */
export function epsilonOf(rho: number, delta: number): number {
  assert(rho >= 0 && delta > 0 && delta < 1, "ρ ≥ 0 and 0 < δ < 1");
  if (rho === 0) return 0;
  const bound = (u: number) => epsilonAt(1 + Math.exp(u), rho, delta);
  const middle = Math.log(Math.sqrt(Math.log(1 / delta) / rho)); // where Bun and Steinke's bound has its minimum
  return Math.max(0, minimum(bound, middle - 6, middle + 6)) * (1 + slack);
}

function epsilonAt(alpha: number, rho: number, delta: number): number {
  const gain = alpha * Math.log1p(-1 / alpha) - Math.log(alpha - 1);
  return alpha * rho + (Math.log(1 / delta) + gain) / (alpha - 1);
}

/** The smallest δ known for ρ-zCDP at this ε, rounded up. */
export function deltaOf(rho: number, epsilon: number): number {
  assert(rho >= 0 && epsilon >= 0, "ρ ≥ 0 and ε ≥ 0");
  if (rho === 0) return 0;
  const bound = (u: number) => {
    const alpha = 1 + Math.exp(u);
    return (alpha - 1) * (alpha * rho - epsilon) + alpha * Math.log1p(-1 / alpha) - Math.log(alpha - 1);
  };
  const middle = Math.log((epsilon + 1) / (2 * rho) + 1);
  return Math.min(1, Math.exp(minimum(bound, middle - 12, middle + 4)) * (1 + 1e-9));
}

/** The largest ρ known to give (ε, δ), rounded down. */
export function rhoOf(epsilon: number, delta: number): number {
  assert(epsilon >= 0, "ε ≥ 0");
  let [low, high] = [0, epsilon + 1];
  for (let i = 0; i < 100 && high - low > low * slack; i++) {
    const rho = (low + high) / 2;
    if (epsilonOf(rho, delta) <= epsilon) low = rho;
    else high = rho;
  }
  return low;
}

/** Bun and Steinke (2016), Proposition 1.3: simpler and looser. Kept to show what the tight conversion saves. */
export function looseEpsilonOf(rho: number, delta: number): number {
  return rho + 2 * Math.sqrt(rho * Math.log(1 / delta));
}

const golden = (Math.sqrt(5) - 1) / 2;

function minimum(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [atLeft, atRight] = [f(left), f(right)];
  for (let i = 0; i < 80; i++) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - golden * (high - low);
      atLeft = f(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + golden * (high - low);
      atRight = f(right);
    }
  }
  return Math.min(atLeft, atRight);
}
