// Differential privacy, held against itself (PIXIU §3.2 asks for it, its definition is Dwork's): each mechanism runs 100,000 times on two
// populations that differ in one owner. The ε that the outcomes prove must not exceed the one that is claimed, and the same
// test must catch each of the mechanisms that are broken on purpose.
import { describe, expect, it } from "vitest";
import {
  addShare,
  Coins,
  type Contribution,
  choose,
  DiscreteGaussian,
  DiscreteLaplace,
  drawQuantile,
  epsilonOf,
  laplaceScale,
  planAverage,
  planChoice,
  planGroups,
  planMeasure,
  planQuantile,
  ratio,
  shownGroups,
  Tally,
  times,
  toNumber,
} from "../../src/core/privacy/index.ts";
import { seededBytes } from "../support/plain-noise.ts";
import { measuredEpsilon } from "../support/privacy-audit.ts";

const runs = 100_000;
const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};
/** The outcomes of so many runs on two populations. */
function audit(delta: number, run: (population: 0 | 1, coins: Coins) => number): number {
  const outcomes = ([0, 1] as const).map((population) => {
    const coins = new Coins(seededBytes(1_000 + population));
    return Float64Array.from({ length: runs }, () => run(population, coins));
  });
  return measuredEpsilon(outcomes[0]!, outcomes[1]!, delta);
}

const bounds: Contribution = { lower: 0, upper: 3, decimals: 0, groupsPerOwner: 1, recordsPerGroup: 1 };
/** Two neighbours: the second has one owner more, who sends 50 though 3 is the bound. */
const sums = [0, 1].map((more) => {
  const tally = new Tally(bounds, 1, 10);
  const values = more ? [1, 2, 50] : [1, 2];
  tally.add(
    Uint32Array.from(values, (_, i) => i + 1),
    new Uint32Array(values.length),
    Float64Array.from(values),
  );
  return tally;
});
const exact = (population: number) => sums[population]!.sums[0]!;

describe("Laplace noise, ε = 1 with sensitivity 3", () => {
  const scale = laplaceScale(ratio(3), ratio(1));
  const noise = (by: bigint) => new DiscreteLaplace(times(scale, ratio(1n, by)));
  const with1 = noise(1n);
  const with2 = noise(2n);

  it("proves no more than 1, and nearly 1", () => {
    const proven = audit(0, (population, coins) => exact(population) + with1.sample(coins));
    expect(proven).toBeLessThanOrEqual(1);
    expect(proven).toBeGreaterThan(0.8);
  });

  it("broken: with half the noise it is caught", () => {
    expect(audit(0, (population, coins) => exact(population) + with2.sample(coins))).toBeGreaterThan(1);
  });

  it("broken: without clipping it is caught", () => {
    expect(audit(0, (population, coins) => (population ? 53 : 3) + with1.sample(coins))).toBeGreaterThan(1);
  });

  it("broken: with no noise once in a thousand it is caught", () => {
    const lazy = (population: number, coins: Coins) => (coins.flip(1, 1_000) ? 1e6 * population : with1.sample(coins));
    expect(audit(0, (population, coins) => exact(population) + lazy(population, coins))).toBeGreaterThan(1);
  });
});

describe("Gaussian noise, as planned for a sum at ρ = 0.5", () => {
  const rho = ratio(1, 2);
  const one = must(planMeasure("sum", bounds, rho));
  const cells = { cells: 5, colluding: 2, vanishing: 1 };
  const split = must(planMeasure("sum", bounds, rho, cells));
  const share = new DiscreteGaussian(split.noise.shareVariance);
  const claimed = (delta: number) => epsilonOf(toNumber(rho), delta);
  /** What an adversary sees who knows all shares but so many. */
  const seen = (unknown: number) => (population: number, coins: Coins) => {
    let total = exact(population);
    for (let i = 0; i < unknown; i++) total += share.sample(coins);
    return total;
  };
  const whole = new DiscreteGaussian(one.noise.shareVariance);
  const thin = new DiscreteGaussian(times(one.noise.shareVariance, ratio(1, 4)));

  for (const delta of [1e-2, 1e-3]) {
    it(`one cell, δ = ${delta}: proves no more than is claimed`, () => {
      const proven = audit(delta, (population, coins) => exact(population) + whole.sample(coins));
      expect(proven).toBeLessThanOrEqual(claimed(delta));
      expect(proven).toBeGreaterThan(claimed(delta) / 3);
    });

    it(`five cells, one gone and two colluding, δ = ${delta}: proves no more than is claimed`, () => {
      const proven = audit(delta, seen(2));
      expect(proven).toBeLessThanOrEqual(claimed(delta));
      expect(proven).toBeGreaterThan(claimed(delta) / 3);
    });
  }

  it("broken: with half the deviation it is caught", () => {
    const proven = audit(1e-3, (population, coins) => exact(population) + thin.sample(coins));
    expect(proven).toBeGreaterThan(claimed(1e-3));
  });

  it("broken: when all cells but none vanish or collude beyond the plan, no noise is left, and it is caught", () => {
    expect(audit(1e-3, seen(0))).toBeGreaterThan(claimed(1e-3));
  });
});

describe("averages, found groups, choices, quantiles", () => {
  it("the sum and the count of an average, seen together, prove no more than both cost", () => {
    const plan = must(planAverage(bounds, ratio(1, 2)));
    const [sum, count] = [plan.sum, plan.count].map(({ shareVariance }) => new DiscreteGaussian(shareVariance));
    const [before, after] = sums.map((tally) => [tally.totals("centred")[0]!, tally.totals("owners")[0]!] as const);
    // The direction in which both together tell the two populations apart best.
    const weights = [
      (after![0] - before![0]) / toNumber(plan.sum.shareVariance),
      (after![1] - before![1]) / toNumber(plan.count.shareVariance),
    ] as const;
    const proven = audit(1e-2, (population, coins) => {
      const [ofSum, ofCount] = [before!, after!][population]!;
      const seen = weights[0] * (ofSum + sum!.sample(coins)) + weights[1] * (ofCount + count!.sample(coins));
      return Math.round(seen * 16);
    });
    const claimed = epsilonOf(toNumber(plan.cost.rho), 1e-2);
    expect(proven).toBeLessThanOrEqual(claimed);
    expect(proven).toBeGreaterThan(claimed / 3);
  });

  it("a group of one owner shows less often than δ; broken: with the threshold one lower than half of it it is caught", () => {
    const delta = 1e-3;
    const plan = must(planGroups(bounds, ratio(1), ratio(1n, 1_000n)));
    const show = (threshold: number) => (population: number, coins: Coins) => {
      if (population === 0) return 0; // no such group
      const owners = Float64Array.of(1);
      addShare(plan.noise, owners, coins);
      return must(shownGroups({ ...plan, threshold }, owners, 1)).length;
    };
    expect(audit(delta, show(plan.threshold))).toBe(0);
    expect(audit(delta, show(plan.threshold / 2 - 1))).toBeGreaterThan(epsilonOf(1, delta));
  });

  for (const method of ["exponential", "noisy-max"] as const) {
    const scores = [Float64Array.of(4, 3, 4, 0), Float64Array.of(4, 4, 4, 0)];
    const other = [Float64Array.of(1, 0, 0, 0), Float64Array.of(0, 1, 1, 1)];
    const among = Uint32Array.of(0, 1, 2, 3);
    const plan = (monotone: boolean) => must(planChoice({ method, epsilon: ratio(1), sensitivity: 1n, monotone }));

    it(`${method}: a choice proves no more than its ε`, () => {
      const counted = plan(true);
      const moved = plan(false);
      expect(audit(0, (population, coins) => choose(counted, scores[population]!, among, coins))).toBeLessThanOrEqual(
        1,
      );
      expect(audit(0, (population, coins) => choose(moved, other[population]!, among, coins))).toBeLessThanOrEqual(1);
    });

    it(`${method}, broken: scores that fall as well as rise, taken for counts, are caught`, () => {
      const wrong = plan(true);
      const proven = audit(0, (population, coins) => choose(wrong, other[population]!, among, coins));
      expect(proven).toBeGreaterThan(1);
    });
  }

  it("a quantile proves no more than its ε for the value", () => {
    const domain = { lower: 0, upper: 7, step: 1, decimals: 0 };
    const plan = must(planQuantile(ratio(1, 2), domain, ratio(1)));
    const owners = [Float64Array.of(2, 0, 0, 1, 0, 0, 0, 2), Float64Array.of(2, 0, 0, 1, 0, 0, 0, 3)];
    const proven = audit(0, (population, coins) => drawQuantile(plan, owners[population]!, coins).value);
    expect(proven).toBeLessThanOrEqual(1);
  });
});
