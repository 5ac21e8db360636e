import { describe, expect, it } from "vitest";
import { askAll, termsFor, withOptions } from "../../../test/support/asking-people.ts";
import type { LocalRow } from "./index.ts";
import { prefixOf, readQuantile } from "./quantile-tree.ts";

const treeOf = (leaves: readonly number[], depth: number) => {
  const nodes = new Float64Array(2 ** (depth + 1) - 2);
  for (const [leaf, rows] of leaves.entries())
    for (let level = 1; level <= depth; level++) nodes[2 ** level - 2 + (leaf >> (depth - level))]! += rows;
  return nodes;
};

it("a prefix is the sum of its leaves, of as few nodes as there are levels", () => {
  const leaves = Array.from({ length: 16 }, (_, i) => 3 * i + 1);
  const nodes = treeOf(leaves, 4);
  for (let leaf = 0; leaf < 16; leaf++) {
    const prefix = prefixOf(nodes, 4, leaf);
    expect(prefix.rows).toBe(leaves.slice(0, leaf + 1).reduce((a, b) => a + b, 0));
    expect(prefix.nodes).toBeLessThanOrEqual(4);
    expect(prefix.hasFirst).toBe(leaf >= 7);
  }
});

it("without noise to speak of, is the least value with that share of the rows at or below it", () => {
  const nodes = treeOf([0, 4, 0, 4, 0, 0, 2, 0], 3);
  const bins = { lower: 10, width: 1, count: 8, last: 7, whole: true };
  const at = (fraction: number) => readQuantile(nodes, 3, bins, fraction, 1e-6).value;
  expect([0, 0.4, 0.41, 0.8, 0.81, 1].map(at)).toEqual([11, 11, 13, 13, 16, 16]);
});

describe.each([
  ["whole numbers", "sick_leave_days", (i: number) => BigInt((i * i) % 60), 1],
  ["fractions", "working_hours", (i: number) => ((i * i) % 599) / 10, 60 / 1_024],
] as const)("%s", (_, column, valueAt, leaf) => {
  const people = Array.from({ length: 800 }, (_, i): LocalRow[] => [[valueAt(i)]]);
  const sorted = people.map(([row]) => Number(row![0])).sort((a, b) => a - b);
  const question = withOptions(
    "epsilon = 1, delta = 1e-6",
    `APPROX_QUANTILES(${column}, 4, contribution_bounds_per_row => (0, 60)) AS q FROM people`,
  );

  it.each(["split", "one"] as const)(
    "true quantiles lie in their intervals as often as is said, noise of %s",
    (noise) => {
      const terms = termsFor(question, { noise });
      const tries = 150;
      const held = [0, 0, 0, 0, 0];
      for (let seed = 1; seed <= tries; seed++) {
        const list = askAll(terms, people, seed).rows[0]![0]!.list!;
        for (const [i, { interval }] of list.entries()) {
          const truth = sorted[Math.max(0, Math.ceil((i / 4) * sorted.length) - 1)]!;
          if (interval!.low <= truth + 1e-9 && truth <= interval!.high + 1e-9) held[i]!++;
          // It says something: half of the range at most, between the ends.
          if (i > 0 && i < 4) expect(interval!.high - interval!.low).toBeLessThan(40 + leaf);
        }
      }
      // 95 % of 150, less three deviations.
      for (const times of held) expect(times).toBeGreaterThanOrEqual(134);
    },
  );
});
