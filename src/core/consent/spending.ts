// An owner's budget as she writes it, ε and δ for a number of days, and as it is kept (core/privacy). An account is an analyst's
// name, not a node: whoever runs three nodes has no three budgets.
import { z } from "zod";
import { accept, type Result } from "../base/index.ts";
import { type Allowance, type Amount, amountAllowed, type BudgetRules, parseDecimal } from "../privacy/index.ts";
import { limits } from "./limits.ts";

const epsilon = z.number().min(0.001).max(100);
const delta = z.number().min(1e-12).max(0.001);
const whichever = "any";

export const budgetSchema = z.strictObject({
  periodDays: z.number().int().min(1).max(366).default(30),
  /** For all analysts together: they may be one person, or collude. */
  altogether: z.strictObject({ epsilon, delta }).default({ epsilon: 4, delta: 1e-5 }),
  /** For each analyst and purpose; of several lines the one that names the analyst decides, then the one that names the purpose. */
  each: z
    .array(
      z.strictObject({
        analyst: z.string().min(1).max(80).default(whichever),
        purpose: z.string().min(1).max(80).default(whichever),
        epsilon,
        delta,
      }),
    )
    .max(64)
    .default([{ analyst: whichever, purpose: whichever, epsilon: 2, delta: 1e-5 }]),
});
export type WrittenBudget = z.output<typeof budgetSchema>;

const dayMs = 86_400_000;

export function budgetRulesOf(written: WrittenBudget): Result<BudgetRules> {
  const altogether = amountOf(written.altogether);
  if (!altogether.ok) return altogether;
  const allowances: Allowance[] = [];
  for (const { analyst, purpose, ...given } of written.each) {
    const each = amountOf(given);
    if (!each.ok) return each;
    allowances.push({ analyst: analyst === whichever ? whichever : accountName(analyst), purpose, each: each.value });
  }
  return accept({ allowances, altogether: altogether.value, periodMs: written.periodDays * dayMs });
}

/** By ε and δ: the search for each takes half a millisecond, and a node works out the same ones for every question. */
const amounts = new Map<string, Result<Amount>>();

export function amountOf(written: { readonly epsilon: number; readonly delta: number }): Result<Amount> {
  const name = `${written.epsilon} ${written.delta}`;
  const known = amounts.get(name);
  if (known !== undefined) return known;
  const amount = workOut(written);
  if (amounts.size >= limits.maxAmounts) amounts.clear();
  amounts.set(name, amount);
  return amount;
}

function workOut({ epsilon: e, delta: d }: { readonly epsilon: number; readonly delta: number }): Result<Amount> {
  const [epsilonRatio, deltaRatio] = [parseDecimal(String(e)), parseDecimal(String(d))];
  if (!epsilonRatio.ok) return epsilonRatio;
  return deltaRatio.ok ? amountAllowed(epsilonRatio.value, deltaRatio.value) : deltaRatio;
}

/** Of an analyst's account: her name without blanks, which part the analyst from the purpose there. */
export function accountName(principal: string): string {
  return encodeURIComponent(principal.replaceAll(/\p{Surrogate}/gu, "\uFFFD"));
}
