// What an owner allows: so much (ε, δ) for each analyst and purpose in each period, and so much for all of them together.
// Kept in whole units, so that a ledger adds up for ever without drifting: ρ in 10⁻¹², δ in 10⁻¹⁸. What is spent is rounded up,
// what is allowed down. Half of the δ serves the conversion of ρ to ε, half is there for thresholds to spend.
import { accept, type Result, refuse } from "../base/index.ts";
import { type Cost, rhoFor } from "./accountant.ts";
import { epsilonOf } from "./conversion.ts";
import { ceilOf, floorOf, type Ratio, ratio, times, toNumber } from "./ratio.ts";

/** ρ in 10⁻¹² and δ in 10⁻¹⁸: whole numbers below 2^53. */
export interface Amount {
  readonly rho: number;
  readonly delta: number;
}

const rhoUnits = ratio(10n ** 12n);
const deltaUnits = ratio(10n ** 18n);

export interface Allowance {
  /** An analyst's account (no blanks in its name) or a purpose by name, or any. Any means each of them has an account of its own with
   * this much. */
  readonly analyst: string;
  readonly purpose: string;
  readonly each: Amount;
}

export interface BudgetRules {
  readonly allowances: readonly Allowance[];
  /** For everybody together: analysts may be one person, or collude. */
  readonly altogether: Amount;
  readonly periodMs: number;
}

export function amountSpent({ rho, delta }: Cost): Result<Amount> {
  const amount = { rho: Number(ceilOf(times(rho, rhoUnits))), delta: Number(ceilOf(times(delta, deltaUnits))) };
  const fits = Number.isSafeInteger(amount.rho) && Number.isSafeInteger(amount.delta);
  return fits ? accept(amount) : refuse("privacy-number", { detail: "a cost that no budget could hold" });
}

export function amountAllowed(epsilon: Ratio, delta: Ratio): Result<Amount> {
  const half = times(delta, ratio(1, 2));
  const rho = rhoFor(epsilon, half);
  if (!rho.ok) return rho;
  return accept({ rho: Number(floorOf(times(rho.value, rhoUnits))), delta: Number(floorOf(times(half, deltaUnits))) });
}

/** What an amount means to a person, at a δ for the conversion alone. */
export function epsilonOfAmount({ rho }: Amount, delta: Ratio): number {
  return epsilonOf(rho / 1e12, toNumber(delta));
}

/** The allowance that decides: the one that names the analyst, else the one that names the purpose, else the general one. */
export function allowanceFor(rules: BudgetRules, analyst: string, purpose: string): Allowance | undefined {
  const score = (allowance: Allowance) =>
    (allowance.analyst === analyst ? 2 : 0) + (allowance.purpose === purpose ? 1 : 0);
  let best: Allowance | undefined;
  for (const allowance of rules.allowances) {
    const fits =
      (allowance.analyst === analyst || allowance.analyst === "any") &&
      (allowance.purpose === purpose || allowance.purpose === "any");
    if (fits && (best === undefined || score(allowance) > score(best))) best = allowance;
  }
  return best;
}
