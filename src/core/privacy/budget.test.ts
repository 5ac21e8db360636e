import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digest, type InstantMs, type NodeId, toCanonical } from "../base/index.ts";
import {
  type Amount,
  type Ask,
  accountOf,
  allowanceFor,
  amountAllowed,
  amountSpent,
  type BudgetRules,
  type BudgetState,
  emptyBudget,
  parseDecimal,
  privacyLimits,
  ratio,
  restoreBudget,
  spentAt,
  stepBudget,
} from "./index.ts";

const dayMs = 86_400_000;
const [ann, bob] = ["ann", "bob"] as NodeId[];
const each: Amount = { rho: 100, delta: 10 };
const rules: BudgetRules = {
  periodMs: dayMs,
  altogether: { rho: 150, delta: 20 },
  allowances: [
    { analyst: "any", purpose: "any", each: { rho: 20, delta: 0 } },
    { analyst: "any", purpose: "health", each },
    { analyst: ann!, purpose: "any", each },
  ],
};
const ask = (round: string, rho: number, more: Partial<Ask> = {}): Ask => ({
  type: "ask",
  nowMs: (10 * dayMs + 5) as InstantMs,
  round,
  plan: "p" as Digest,
  analyst: ann!,
  purpose: "health",
  cost: { rho, delta: 0 },
  ...more,
});
const run = (asks: readonly Ask[], from: BudgetState = emptyBudget) =>
  asks.reduce((state, event) => stepBudget(state, event, rules).state, from);

describe("what an owner's budget answers", () => {
  it("pays, persists, then releases, in this order", () => {
    const { effects, refusal } = stepBudget(emptyBudget, ask("q:0", 40), rules);
    expect(refusal).toBeUndefined();
    expect(effects.map((effect) => effect.type)).toEqual(["persist", "release"]);
    expect(effects.at(-2)).toMatchObject({ type: "persist", key: "privacy/charge/q:0" });
  });

  it("an exhausted budget is refused with the time when it renews, and then it has renewed", () => {
    const state = run([ask("a", 60), ask("b", 40)]);
    const step = stepBudget(state, ask("c", 1), rules);
    const renewsAtMs = (11 * dayMs) as InstantMs;
    expect(step).toMatchObject({ state, refusal: { code: "budget-exhausted", blame: "ann" } });
    expect(step.effects).toMatchObject([{ type: "decline", round: "c", renewsAtMs }]);
    expect(step.refusal?.detail).toBe("renews on 1970-01-12T00:00:00Z");
    expect(stepBudget(state, ask("c", 1, { nowMs: (renewsAtMs - 1) as InstantMs }), rules).refusal).toBeDefined();
    expect(stepBudget(state, ask("c", 1, { nowMs: renewsAtMs }), rules).refusal).toBeUndefined();
  });

  it("δ runs out as ρ does", () => {
    const state = run([ask("a", 1, { cost: { rho: 1, delta: 10 } })]);
    expect(stepBudget(state, ask("b", 1, { cost: { rho: 1, delta: 1 } }), rules).refusal?.code).toBe(
      "budget-exhausted",
    );
  });

  it("purposes and analysts have accounts of their own, and one roof", () => {
    const state = run([ask("a", 100), ask("b", 20, { analyst: bob!, purpose: "traffic" })]);
    const other = { analyst: bob!, purpose: "health" };
    expect(stepBudget(state, ask("c", 31, other), rules).refusal?.code).toBe("budget-exhausted");
    expect(stepBudget(state, ask("c", 30, other), rules).refusal).toBeUndefined();
  });

  it("the allowance that names the analyst comes before the one that names the purpose", () => {
    expect(allowanceFor(rules, ann!, "traffic")?.analyst).toBe(ann);
    expect(allowanceFor(rules, bob!, "health")?.purpose).toBe("health");
    expect(allowanceFor({ ...rules, allowances: [] }, ann!, "health")).toBeUndefined();
    expect(stepBudget(emptyBudget, ask("a", 1), { ...rules, allowances: [] }).refusal?.code).toBe("budget-none");
  });

  it("what no period could pay says so, and names no time", () => {
    const { refusal, effects } = stepBudget(emptyBudget, ask("a", 101), rules);
    expect(refusal?.code).toBe("budget-too-large");
    expect(effects).toEqual([{ type: "decline", round: "a", refusal }]);
  });

  it("a retry is released again without being paid again, also in the next period", () => {
    const state = run([ask("a", 60)]);
    for (const nowMs of [10 * dayMs + 9, 11 * dayMs] as InstantMs[]) {
      const step = stepBudget(state, ask("a", 60, { nowMs }), rules);
      expect(step.effects.at(-1)).toMatchObject({ type: "release", round: "a" });
      expect(spentAt(step.state, 11 * dayMs - 1).altogether.rho).toBe(60);
      expect(spentAt(step.state, 11 * dayMs)).toMatchObject({ altogether: { rho: 0 }, renewsAtMs: 0 });
    }
  });

  it("a round that is paid serves no other plan, cost, analyst or purpose", () => {
    const state = run([ask("a", 60)]);
    for (const more of [
      { plan: "other" as Digest },
      { cost: { rho: 1, delta: 0 } },
      { analyst: bob! },
      { purpose: "traffic" },
    ]) {
      expect(stepBudget(state, ask("a", 60, more), rules).refusal?.code).toBe("budget-other-plan");
    }
  });

  it("a clock that goes back finds spent what was spent, and behind what is forgotten it gets nothing", () => {
    const late = run([ask("a", 60, { nowMs: (12 * dayMs) as InstantMs })]);
    expect(stepBudget(late, ask("b", 41), rules).refusal?.code).toBe("budget-exhausted");
    expect(stepBudget(late, ask("b", 40), rules).refusal).toBeUndefined();
    const forgetting = stepBudget(run([ask("a", 60)]), ask("b", 1, { nowMs: (12 * dayMs) as InstantMs }), rules);
    expect(forgetting.effects.map((effect) => effect.type === "persist" && effect.value === null)).toContain(true);
    expect(stepBudget(forgetting.state, ask("c", 1), rules).refusal?.code).toBe("budget-clock");
    expect(
      stepBudget(forgetting.state, ask("c", 1, { nowMs: (11 * dayMs) as InstantMs }), rules).refusal,
    ).toBeUndefined();
  });

  it("another length of the period neither gives back what is spent nor locks the owner out", () => {
    const state = run([ask("a", 60)]);
    const [hourly, weekly] = [dayMs / 24, 7 * dayMs].map((periodMs) => ({ ...rules, periodMs }));
    const later = (10.5 * dayMs) as InstantMs;
    expect(stepBudget(state, ask("b", 41, { nowMs: later }), hourly!)).toMatchObject({
      refusal: { code: "budget-exhausted" },
      effects: [{ renewsAtMs: 11 * dayMs }],
    });
    const paid = stepBudget(state, ask("b", 40, { nowMs: later }), hourly!);
    expect(paid.refusal).toBeUndefined();
    expect(
      stepBudget(paid.state, ask("c", 1, { nowMs: (later + dayMs) as InstantMs }), weekly!).refusal,
    ).toBeUndefined();
  });

  it("what could not be read after a crash is not written, and the ledger is bounded", () => {
    expect(stepBudget(emptyBudget, ask("x".repeat(97), 1), rules).refusal?.code).toBe("malformed");
    expect(stepBudget(emptyBudget, ask("a", Number.NaN), rules).refusal?.code).toBe("malformed");
    expect(stepBudget(emptyBudget, ask("a", -1), rules).refusal?.code).toBe("malformed");
    const free = Array.from({ length: privacyLimits.maxRoundsPerAccount }, (_, i) => ask(`r${i}`, 0));
    const step = stepBudget(run(free), ask("one more", 0), rules);
    expect(step.refusal?.code).toBe("budget-full");
  });
});

describe("what a disk gives back", () => {
  it("a record that cannot be read refuses the whole ledger", () => {
    for (const record of [
      ["privacy/charge/a", Uint8Array.of(0xff)],
      ["privacy/charge/a", toCanonical({ round: "b" })],
      ["privacy/forgotten", toCanonical(-1)],
    ] as const) {
      expect(restoreBudget([record])).toMatchObject({ ok: false, blame: record[0] });
    }
  });

  it("exactly once under crash and retry: every schedule of asks, crashes and failing writes", () => {
    const step = fc.record({
      round: fc.integer({ min: 0, max: 12 }),
      rho: fc.constantFrom(7, 30, 45),
      analyst: fc.constantFrom(ann!, bob!),
      purpose: fc.constantFrom("health", "traffic"),
      hours: fc.integer({ min: -3, max: 9 }),
      /** After so many effects the node dies, or the disk refuses. */
      stopsAfter: fc.constantFrom(0, 1, 2, 3, 99, 99, 99),
      dies: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const disk = new Map<string, Uint8Array>();
        // By the period in which it was paid: a round that is forgotten may come again, and is paid again.
        const released = new Map<string, Ask & { readonly period: number }>();
        let state: BudgetState = emptyBudget;
        let nowMs = 100 * dayMs;
        for (const { round, rho, analyst, purpose, hours, stopsAfter, dies } of steps) {
          nowMs += hours * 3_600_000;
          // A round is always asked for in the same way by an honest analyst; the other is refused.
          const event = ask(`r${round}`, rho, { nowMs: nowMs as InstantMs, analyst, purpose });
          const next = stepBudget(state, event, rules);
          let done = 0;
          for (const effect of next.effects) {
            if (done++ === stopsAfter) break;
            if (effect.type === "persist") {
              if (effect.value === null) disk.delete(effect.key);
              else disk.set(effect.key, effect.value);
            } else if (effect.type === "release") {
              // What leaves is on disk, under the very plan and cost.
              expect(disk.has(`privacy/charge/${effect.round}`)).toBe(true);
              const restored = restoreBudget(disk);
              if (!restored.ok) throw new Error("the disk cannot be read");
              const period = restored.value.charges.get(effect.round)!.renewsAtMs;
              released.set(`${effect.round} ${period}`, { ...event, period });
            }
          }
          state = next.state;
          if (dies || next.effects.length > stopsAfter) {
            const restored = restoreBudget(disk);
            if (!restored.ok) throw new Error("the disk cannot be read");
            if (dies) state = restored.value;
          }
        }
        // Per period and account: what was ever released for the first time is within what is allowed.
        const sums = new Map<string, number>();
        for (const { period, cost, ...of } of released.values()) {
          for (const account of [`${period} ${accountOf(of)}`, `${period} altogether`]) {
            sums.set(account, (sums.get(account) ?? 0) + cost.rho);
          }
        }
        for (const [account, rho] of sums) {
          expect(rho, account).toBeLessThanOrEqual(account.endsWith("altogether") ? 150 : 100);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe("amounts", () => {
  it("what is spent is rounded up, what is allowed down, and an allowance pays for what it was made for", () => {
    expect(amountSpent({ rho: ratio(1, 3), delta: ratio(1, 3n * 10n ** 18n) })).toEqual({
      ok: true,
      value: { rho: 333_333_333_334, delta: 1 },
    });
    const [epsilon, delta] = [parseDecimal("1"), parseDecimal("0.000002")];
    if (!epsilon.ok || !delta.ok) throw new Error("decimals");
    const allowed = amountAllowed(epsilon.value, delta.value);
    // The published program gives ρ 0.0243559703595 for (1, 1e-6).
    expect(allowed).toMatchObject({ ok: true, value: { rho: 24_355_970_359, delta: 10 ** 12 } });
  });
});
