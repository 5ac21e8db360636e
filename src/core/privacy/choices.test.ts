import { describe, expect, it } from "vitest";
import { chiSquareDeviations, tally } from "../../../test/support/goodness.ts";
import { seededBytes } from "../../../test/support/plain-noise.ts";
import {
  Coins,
  type Contribution,
  choose,
  drawQuantile,
  drawTop,
  planChoice,
  planQuantile,
  planTop,
  pointOf,
  ratio,
  toNumber,
  worstGap,
} from "./index.ts";

const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};
const runs = 60_000;
const scores = Float64Array.of(10, 8, 8, 3, -1);
const among = Uint32Array.of(0, 1, 2, 3, 4);

/** Permute-and-flip, by all orders: the probability that each is chosen. */
function noisyMaxProbabilities(keep: readonly number[]): number[] {
  const chosen = keep.map(() => 0);
  const go = (left: readonly number[], weight: number) => {
    for (const i of left) {
      const here = weight / left.length;
      chosen[i]! += here * keep[i]!;
      if (keep[i]! < 1)
        go(
          left.filter((j) => j !== i),
          here * (1 - keep[i]!),
        );
    }
  };
  go(
    keep.map((_, i) => i),
    1,
  );
  return chosen;
}

describe("a choice among scored candidates", () => {
  for (const monotone of [true, false]) {
    for (const method of ["exponential", "noisy-max"] as const) {
      it(`${method} has its distribution, ${monotone ? "scores that only rise" : "scores that may fall"}`, () => {
        const plan = must(planChoice({ method, epsilon: ratio(3, 7), sensitivity: 2n, monotone }));
        const rate = 3 / 7 / (monotone ? 2 : 4);
        expect(toNumber(plan.rate)).toBeCloseTo(rate, 12);
        expect(toNumber(plan.cost.rho)).toBeCloseTo((3 / 7) ** 2 / (method === "exponential" ? 8 : 2), 12);
        const keep = [...scores].map((score) => Math.exp(-rate * (10 - score)));
        const sum = keep.reduce((a, b) => a + b);
        const right = method === "exponential" ? keep.map((k) => k / sum) : noisyMaxProbabilities(keep);
        const coins = new Coins(seededBytes(5));
        const counts = tally(Array.from({ length: runs }, () => choose(plan, scores, among, coins)));
        expect(chiSquareDeviations(counts, (x) => right[x] ?? 0, 10).deviations).toBeLessThan(3.3);
      });
    }
  }

  it("scores far apart, at rates with many digits, go through BigInt and end", () => {
    const plan = must(
      planChoice({
        method: "exponential",
        epsilon: ratio(10n ** 17n + 1n, 10n ** 18n),
        sensitivity: 3n,
        monotone: true,
      }),
    );
    const far = Float64Array.of(1e12, 1e12 - 5, 0);
    const coins = new Coins(seededBytes(6));
    const counts = tally(Array.from({ length: runs }, () => choose(plan, far, Uint32Array.of(0, 1, 2), coins)));
    const share = 1 / (1 + Math.exp(-0.5 / 3));
    expect(counts.get(2)).toBeUndefined();
    expect(Math.abs(counts.get(0)! / runs - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / runs));
  });

  it("is worse than `worstGap` no more often than that says", () => {
    const plan = must(planChoice({ method: "exponential", epsilon: ratio(1), sensitivity: 1n, monotone: true }));
    const many = Float64Array.from({ length: 200 }, (_, i) => (i === 0 ? 12 : i % 10));
    const places = Uint32Array.from(many, (_, i) => i);
    const gap = worstGap(plan, many.length, 0.05);
    const coins = new Coins(seededBytes(8));
    let worse = 0;
    for (let i = 0; i < 10_000; i++) if (12 - many[choose(plan, many, places, coins)]! > gap) worse++;
    expect(worse).toBeLessThan(500);
  });
});

describe("the top k", () => {
  const bounds: Contribution = { lower: 0, upper: 1, decimals: 0, groupsPerOwner: 3, recordsPerGroup: 1 };
  const counts = Float64Array.from({ length: 40 }, (_, i) => 20 * i);

  it("names each place once, best first, and says within what", () => {
    for (const method of ["exponential", "noisy-max"] as const) {
      const request = {
        measure: "owners",
        count: 5,
        method,
        bounds,
        epsilon: ratio(2),
        rhoForCounts: ratio(2),
      } as const;
      const plan = must(planTop(request));
      const top = must(drawTop(plan, counts, new Coins(seededBytes(9))));
      expect(top.places).toEqual([39, 38, 37, 36, 35]);
      expect(top.withinCount).toBeLessThanOrEqual(5);
      for (const [i, { interval }] of top.counts!.entries()) {
        expect(interval.high).toBeGreaterThan(counts[top.places[i]!]! - 20);
      }
      const list = (5 * 4) / (method === "exponential" ? 8 : 2);
      expect(toNumber(plan.cost.rho)).toBeGreaterThan(list + 1.9);
      expect(toNumber(plan.cost.rho)).toBeLessThanOrEqual(list + 2);
    }
  });

  it("each of the list is within what it says, 95 times in 100", () => {
    const plan = must(planTop({ measure: "owners", count: 3, method: "exponential", bounds, epsilon: ratio(1, 5) }));
    const coins = new Coins(seededBytes(10));
    let good = 0;
    for (let i = 0; i < 3_000; i++) {
      const { places, withinCount } = must(drawTop(plan, counts, coins));
      const left = new Set(counts.keys());
      const fine = places.every((place) => {
        const best = Math.max(...[...left].map((other) => counts[other]!));
        left.delete(place);
        return best - counts[place]! <= withinCount;
      });
      if (fine) good++;
    }
    expect(good).toBeGreaterThan(2_850);
  });

  it("refuses more places than there are groups", () => {
    const plan = must(planTop({ measure: "owners", count: 3, method: "exponential", bounds, epsilon: ratio(1) }));
    expect(drawTop(plan, Float64Array.of(1, 2), new Coins(seededBytes(1)))).toMatchObject({ code: "privacy-groups" });
  });
});

describe("quantiles over a declared domain", () => {
  const domain = { lower: -100, upper: 900, step: 5, decimals: 1 };

  for (const [name, people, value] of [
    ["spread", 2_000, (i: number) => (i * 37) % 700],
    ["in a heap", 2_000, (i: number) => 300 + (i % 3) * 5],
    ["few", 12, (i: number) => i * 50],
    ["nobody but one", 1, () => 400],
  ] as const) {
    it(`${name}: interval and rank hold 95 times in 100`, () => {
      const plan = must(planQuantile(ratio(1, 4), domain, ratio(1, 2)));
      const owners = new Float64Array(plan.points);
      const values = Array.from({ length: people }, (_, i) => value(i)).sort((a, b) => a - b);
      for (const v of values) owners[pointOf(domain, v)]!++;
      const truth = (-100 + 5 * pointOf(domain, values[Math.ceil(people / 4) - 1]!)) / 10;
      const coins = new Coins(seededBytes(people));
      let [covered, near] = [0, 0];
      const draws = 600;
      for (let i = 0; i < draws; i++) {
        const { value: drawn, withinOwners, interval } = drawQuantile(plan, owners, coins);
        if (interval.low <= truth && truth <= interval.high) covered++;
        const [low, high] = [drawn, truth].sort((a, b) => a - b) as [number, number];
        const between = values.filter((v) => v / 10 > low + 0.5 && v / 10 < high).length;
        if (between <= withinOwners) near++;
        expect(interval.low <= drawn && drawn <= interval.high).toBe(true);
      }
      expect(covered).toBeGreaterThan(draws * 0.95);
      expect(near).toBeGreaterThan(draws * 0.95);
    });
  }

  it("costs its ε three times over", () => {
    expect(toNumber(must(planQuantile(ratio(1, 2), domain, ratio(1))).cost.rho)).toBe(3 / 8);
  });

  it("values are clipped, and counted at the point below", () => {
    expect([-1_000, -100, -96, -95, 899, 900, 5_000, Number.NaN].map((v) => pointOf(domain, v))).toEqual([
      0, 0, 0, 1, 199, 200, 200, 0,
    ]);
  });

  it("domains and quantiles that cannot be drawn are refused", () => {
    expect(planQuantile(ratio(1), domain, ratio(1))).toMatchObject({ code: "privacy-number" });
    expect(planQuantile(ratio(0), domain, ratio(1))).toMatchObject({ code: "privacy-number" });
    expect(planQuantile(ratio(1, 2), { ...domain, step: 0 }, ratio(1))).toMatchObject({ code: "privacy-bounds" });
    expect(planQuantile(ratio(1, 2), { ...domain, upper: 1e9 }, ratio(1))).toMatchObject({ code: "privacy-bounds" });
  });
});
