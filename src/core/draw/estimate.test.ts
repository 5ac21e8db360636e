import fc from "fast-check";
import { expect, it } from "vitest";
import { exactly } from "./binomial.ts";
import { estimateNodes } from "./estimate.ts";
import { limits } from "./limits.ts";
import { atLeast, fewerThan } from "./tails.ts";

it("the interval holds the true number at least as often as it says, whatever that number is", () => {
  for (const [nodes, rs] of [
    [2, 0.5],
    [60, 0.1],
    [1_000, 0.03],
    [5_000, 0.1],
  ] as const) {
    for (const confidence of [0.8, 0.95, 0.999]) {
      let covered = 0;
      for (let found = 0; found < nodes && found < 1_000; found++) {
        const { low, high } = estimateNodes({ found, rs }, confidence);
        if (low <= nodes && nodes <= high) covered += exactly(found, nodes - 1, rs);
      }
      expect(covered).toBeGreaterThanOrEqual(confidence - 1e-12);
    }
  }
});

it("its ends are the last numbers that do not make what was found a rarity", () => {
  const sighting = fc.record({
    found: fc.integer({ min: 1, max: 5_000 }),
    rs: fc.double({ min: -5, max: -0.1, noNaN: true }).map((exponent) => 10 ** exponent),
  });
  fc.assert(
    fc.property(sighting, ({ found, rs }) => {
      const { nodes, low, high, error } = estimateNodes({ found, rs });
      expect(low).toBeLessThanOrEqual(nodes);
      expect(high).toBeGreaterThanOrEqual(nodes);
      expect(error).toBe(Math.max(high - nodes, nodes - low) / nodes);
      expect(atLeast(found, low - 1, rs)).toBeGreaterThanOrEqual(0.025);
      expect(atLeast(found, low - 2, rs)).toBeLessThan(0.025);
      expect(fewerThan(found + 1, high - 1, rs)).toBeGreaterThanOrEqual(0.025);
      expect(fewerThan(found + 1, high, rs)).toBeLessThan(0.025);
    }),
    { numRuns: 200 },
  );
});

it("a cache of 512 tells ten million to within a tenth", () => {
  const { nodes, error } = estimateNodes({ found: 511, rs: 512 / 10_000_000 });
  expect(nodes).toBe(9_980_470);
  expect(error).toBeGreaterThan(0.08);
  expect(error).toBeLessThan(0.1);
});

it("nobody found: at least oneself, and no more than the size of the region allows", () => {
  const { nodes, low, high } = estimateNodes({ found: 0, rs: 0.01 });
  expect({ nodes, low }).toEqual({ nodes: 1, low: 1 });
  expect(high).toBe(Math.floor(Math.log(0.025) / Math.log(0.99)) + 1);
  expect(estimateNodes({ found: 0, rs: 1e-30 }).high).toBe(limits.maxNodes + 1);
  expect(estimateNodes({ found: 41, rs: 1 })).toMatchObject({ nodes: 42, low: 42, high: 42, error: 0 });
});
