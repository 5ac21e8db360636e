// Choosing one of many candidates by their scores, so that a better score is likelier: two mechanisms, both drawn exactly, by
// trying candidates at random and keeping one with probability e^(−λ·(best − score)). No table of weights, no logarithms.
//   exponential      candidates are drawn anew each time (McSherry, Talwar 2007): P ∝ e^(λ·score). ε-DP, and ε²/8-zCDP
//                    because its privacy loss has range ε (Cesar, Rogers 2021; Dong et al. 2020)
//   noisy-max        candidates are tried in random order, each once (permute-and-flip, McKenna, Sheldon 2020), which is
//                    reporting the greatest score after exponential noise (Ding et al. 2021). ε-DP, ε²/2-zCDP; never worse
//                    in score, so it is the better of the two where pure ε is what counts
// λ = ε/2Δ, or ε/Δ for scores that an owner can only raise (counts): then all of them move the same way.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import { type Cost, pureCost } from "./accountant.ts";
import type { Coins } from "./coins.ts";
import { limits } from "./limits.ts";
import { isZero, type Ratio, ratio, times, toNumber, zero } from "./ratio.ts";

export type ChoiceMethod = "exponential" | "noisy-max";

export interface ChoicePlan {
  readonly method: ChoiceMethod;
  /** λ, by which a step of the score counts. */
  readonly rate: Ratio;
  readonly cost: Cost;
}

export interface ChoiceRequest {
  readonly method: ChoiceMethod;
  readonly epsilon: Ratio;
  /** How far one owner can move one score. */
  readonly sensitivity: bigint;
  /** Whether an owner can only raise scores. */
  readonly monotone: boolean;
}

export function planChoice({ method, epsilon, sensitivity, monotone }: ChoiceRequest): Result<ChoicePlan> {
  if (isZero(epsilon) || toNumber(epsilon) > limits.maxRho)
    return refuse("privacy-number", { detail: "ε above 0, at most 1000" });
  assert(sensitivity > 0n, "a score that somebody can move");
  const rate = times(epsilon, ratio(1n, monotone ? sensitivity : 2n * sensitivity));
  const eighth = { rho: times(times(epsilon, epsilon), ratio(1, 8)), delta: zero };
  return accept({ method, rate, cost: method === "exponential" ? eighth : pureCost(epsilon) });
}

/** The place of the one that was chosen. Scores are whole numbers; `among` holds the places that may be chosen. */
export function choose(plan: ChoicePlan, scores: Float64Array, among: Uint32Array, coins: Coins): number {
  assert(among.length >= 1 && among.length <= limits.maxCandidates, "as many candidates as limits.ts allows");
  let best = Number.NEGATIVE_INFINITY;
  for (const place of among) best = Math.max(best, scores[place]!);
  const order = plan.method === "noisy-max" ? Uint32Array.from(among) : among;
  // The best one is always kept, so this ends: after as many tries as there are candidates, on average or at most.
  for (let from = 0; ; ) {
    const at = from + coins.below(order.length - from);
    const place = order[at]!;
    if (isKept(best - scores[place]!, plan.rate, coins)) return place;
    if (plan.method === "noisy-max") {
      order[at] = order[from]!;
      from++;
    }
  }
}

function isKept(gap: number, { numerator, denominator }: Ratio, coins: Coins): boolean {
  assert(Number.isSafeInteger(gap), "scores are whole numbers");
  const [n, d] = [gap * Number(numerator), Number(denominator)];
  if (n <= Number.MAX_SAFE_INTEGER && d <= Number.MAX_SAFE_INTEGER) return coins.expMinus(n, d);
  return coins.expMinusBig(BigInt(gap) * numerator, denominator);
}

/** With this probability or less the choice scores more than the result below the best there was: ln(candidates/miss)/λ. */
export function worstGap(plan: ChoicePlan, candidates: number, miss: number): number {
  return Math.ceil(Math.log(candidates / miss) / toNumber(plan.rate));
}
