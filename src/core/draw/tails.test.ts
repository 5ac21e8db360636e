import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactSum, fixedPointTail } from "../../../test/support/exact-binomial.ts";
import { exactly } from "./binomial.ts";
import { atLeast, fewerThan } from "./tails.ts";

/** The promise is 1e-10; the tests ask for a tenth of that, and of small counts for far less. */
const relative = (got: number, right: number) => Math.abs(got / right - 1);

describe("tails against exact fractions", () => {
  const share = fc.oneof(
    fc.double({ min: 2 ** -40, max: 1 - 2 ** -40, noNaN: true }),
    fc.double({ min: -12, max: -0.01, noNaN: true }).map((exponent) => 10 ** exponent),
  );

  it("every term and both tails have thirteen digits down to 1e-30, and twelve down to 1e-280", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.nat(), share, (count, any, rs) => {
        const k = any % (count + 1);
        const cases: [number, number][] = [
          [exactly(k, count, rs), exactSum(k, k, count, rs)],
          [atLeast(k, count, rs), exactSum(k, count, count, rs)],
          [fewerThan(k + 1, count, rs), exactSum(0, k, count, rs)],
        ];
        for (const [got, right] of cases) {
          // What the exponent −log P is rounded to, P itself is wrong by.
          if (right > 1e-280) expect(relative(got, right)).toBeLessThan(8e-14 + -Math.log(right) * 4e-16);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it("Stirling's error is right for each n of the table and the first beyond it", () => {
    for (let n = 1; n <= 40; n++) {
      for (let k = 0; k <= n; k++) {
        expect(relative(exactly(k, n, 0.5), exactSum(k, k, n, 0.5)), `${k} of ${n}`).toBeLessThan(1e-14);
      }
    }
  });

  it("what cannot be, and what must be, is exactly 0 and 1", () => {
    for (const [k, count, rs, upper] of [
      [0, 5, 0.5, 1],
      [6, 5, 0.5, 0],
      [1, 5, 0, 0],
      [5, 5, 1, 1],
      [1, 0, 0.3, 0],
    ] as const) {
      expect(atLeast(k, count, rs)).toBe(upper);
      expect(fewerThan(k, count, rs)).toBe(1 - upper);
    }
    expect([exactly(-1, 3, 0.5), exactly(4, 3, 0.5), exactly(0, 3, 0), exactly(3, 3, 1)]).toEqual([0, 0, 1, 1]);
  });
});

describe("tails against fixed point, for as many nodes as there may be", () => {
  for (const count of [10_000, 10_000_000, 1_000_000_000, 10_000_000_000]) {
    it(`${count} nodes, from the mean down to 1e-30 and below`, () => {
      let [worst, least] = [0, 1];
      for (const rs of [1 / count, 37.3 / count, 1e-4, 0.013, 0.3, 0.5]) {
        const spread = Math.sqrt(count * rs * (1 - rs));
        for (const far of [0.3, 3, 6, 11.7]) {
          const above = Math.ceil(count * rs + far * spread) + 1;
          const below = Math.floor(count * rs - far * spread) - 1;
          const right = fixedPointTail(above, count, rs, "upwards");
          worst = Math.max(worst, relative(atLeast(above, count, rs), right));
          least = Math.min(least, right);
          if (below < 0) continue;
          worst = Math.max(
            worst,
            relative(fewerThan(below + 1, count, rs), fixedPointTail(below, count, rs, "downwards")),
          );
        }
      }
      expect(least).toBeLessThan(1e-30);
      expect(worst).toBeLessThan(1e-11);
    });
  }

  it("the k-table's own corner: a handful of nodes in a tiny region, at 1e-30", () => {
    for (let k = 1; k <= 40; k++) {
      const rs = (k / (Math.E * 1e9)) * 1e-30 ** (1 / k);
      expect(relative(atLeast(k, 1e9, rs), fixedPointTail(k, 1e9, rs, "upwards")), `k ${k}`).toBeLessThan(1e-12);
    }
  });
});
