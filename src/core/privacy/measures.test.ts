import { describe, expect, it } from "vitest";
import { seededBytes } from "../../../test/support/plain-noise.ts";
import {
  addShare,
  Coins,
  type Contribution,
  compose,
  defaultNoiseCells,
  type Estimate,
  type GaussianNoise,
  type MeasurePlan,
  oneNoiseCell,
  planAverage,
  planGroups,
  planMeasure,
  ratio,
  readAverage,
  readMeasure,
  reportEpsilon,
  shownGroups,
  Tally,
  toNumber,
} from "./index.ts";

const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};
const bounds: Contribution = { lower: -500, upper: 1_500, decimals: 2, groupsPerOwner: 1, recordsPerGroup: 1 };
const trials = 4_000;
/** 95 % of 4,000, four standard deviations down: 3,745. */
const leastCovered = trials * 0.95 - 4 * Math.sqrt(trials * 0.95 * 0.05);

function covered(estimates: readonly Estimate[], truth: number): number {
  return estimates.filter(({ interval }) => interval.low <= truth && truth <= interval.high).length;
}
function noisy(noise: GaussianNoise, exact: number, shares: number, seed: number): Float64Array {
  const totals = new Float64Array(trials).fill(exact);
  for (let cell = 0; cell < shares; cell++) addShare(noise, totals, new Coins(seededBytes(seed + cell)));
  return totals;
}

describe("counts and sums", () => {
  for (const cells of [oneNoiseCell, defaultNoiseCells(5)]) {
    it(`cover the truth 95 times in 100, the noise of ${cells.cells} cells`, () => {
      for (const [measure, exact, truth] of [
        ["owners", 900, 900],
        ["records", 70, 70],
        ["sum", -12_345, -123.45],
      ] as const) {
        const plan: MeasurePlan = must(planMeasure(measure, bounds, ratio(1, 50), cells));
        for (const shares of [cells.cells, plan.noise.sharesNeeded]) {
          const read = must(readMeasure(plan, noisy(plan.noise, exact, shares, 7), shares));
          const hits = covered(read, truth);
          expect(hits, measure).toBeGreaterThan(leastCovered);
          // A width of whole steps covers a little more, never much more.
          expect(hits, measure).toBeLessThan(trials * 0.985);
        }
      }
    });
  }

  it("a count is never shown below zero, and too few shares show nothing", () => {
    const cells = defaultNoiseCells(4);
    const plan = must(planMeasure("owners", bounds, ratio(1, 50), cells));
    expect(must(readMeasure(plan, Float64Array.of(-30), 4))[0]).toMatchObject({ value: 0, interval: { low: 0 } });
    expect(readMeasure(plan, Float64Array.of(3), 2)).toMatchObject({ code: "privacy-shares-missing" });
  });
});

describe("averages", () => {
  for (const [people, value] of [
    [2_000, 700],
    [300, 1_500],
    [60, -500],
    [4, 0],
  ] as const) {
    it(`of ${people} people: the interval covers the truth, and stays within the bounds`, () => {
      const plan = must(planAverage(bounds, ratio(1, 50)));
      const sums = noisy(plan.sum, people * (2 * value - 1_000), 1, 11);
      const counts = noisy(plan.count, people, 1, 12);
      const read = must(readAverage(plan, sums, counts, 1));
      expect(covered(read, value / 100)).toBeGreaterThan(leastCovered);
      for (const { value: shown, interval } of read) {
        expect(interval.low).toBeGreaterThanOrEqual(-5);
        expect(interval.high).toBeLessThanOrEqual(15);
        expect(shown).toBeGreaterThanOrEqual(interval.low);
        expect(shown).toBeLessThanOrEqual(interval.high);
      }
    });
  }

  it("cost a sum and a count, in the parts of ρ that are stated", () => {
    const plan = must(planAverage(bounds, ratio(1, 50), oneNoiseCell, ratio(3, 4)));
    expect(plan.cost).toEqual(compose(plan.sum.cost, plan.count.cost));
    expect(toNumber(plan.sum.cost.rho) / 0.02).toBeCloseTo(0.75, 2);
    expect(toNumber(plan.count.cost.rho) / 0.02).toBeCloseTo(0.25, 2);
    expect(planAverage(bounds, ratio(1, 50), oneNoiseCell, ratio(1))).toMatchObject({ code: "privacy-number" });
  });

  it("of a tally come out right when there is hardly any noise", () => {
    const tally = new Tally(bounds, 2, 100);
    const ends = Uint32Array.of(1, 2, 3, 4);
    tally.add(ends, Uint32Array.of(0, 0, 1, 0), Float64Array.of(100, 300, -9_999, 800));
    const plan = must(planAverage(bounds, ratio(1_000)));
    const read = must(readAverage(plan, tally.totals("centred"), tally.totals("owners"), 1));
    expect(read.map(({ value }) => value)).toEqual([4, -5]);
  });
});

describe("groups found in the data", () => {
  it("a lone owner's group shows with δ, which is part of the cost; large groups show", () => {
    const plan = must(planGroups(bounds, ratio(1, 2), ratio(1, 1_000)));
    expect(plan.cost).toMatchObject({ delta: ratio(1, 1_000) });
    const lone = noisy(plan.noise, 1, 1, 21);
    const shown = must(shownGroups(plan, lone, 1)).length;
    expect(shown).toBeLessThanOrEqual(trials / 1_000 + 4 * Math.sqrt(trials / 1_000));
    expect(must(shownGroups(plan, noisy(plan.noise, plan.threshold + 6, 1, 22), 1))).toHaveLength(trials);
  });

  it("ε is reported at a δ beyond the threshold's own", () => {
    const { cost } = must(planGroups(bounds, ratio(1, 2), ratio(1, 1_000_000)));
    expect(reportEpsilon(cost, ratio(1, 1_000_000))).toMatchObject({ ok: false, code: "privacy-number" });
    expect(reportEpsilon(cost, ratio(2, 1_000_000))).toMatchObject({ ok: true });
  });
});
