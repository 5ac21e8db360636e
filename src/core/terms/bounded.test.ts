import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { must, termsFor, withOptions } from "../../../test/support/asking-people.ts";
import { seededBytes } from "../../../test/support/plain-noise.ts";
import { Coins } from "../privacy/index.ts";
import { createTally, encodeContribution, encodeOutcome, type LocalRow, outcomes, type Terms } from "./index.ts";
import type { AggregatePart } from "./layout.ts";
import { Totals } from "./totals.ts";

const coins = new Coins(seededBytes(1));
const listed = withOptions(
  "epsilon = 1, delta = 1e-6, max_groups_contributed = 2, max_rows_contributed = 3, group_keys => ['walk', 'bus', 'ship']",
  `mode, COUNT(*, contribution_bounds_per_group => (0, 4)), SUM(distance, contribution_bounds_per_group => (-1.5, 40)),
AVG(minutes, contribution_bounds_per_group => (10, 60)), HISTOGRAM(minutes, bins => 4, contribution_bounds_per_row => (0, 100)),
APPROX_QUANTILES(minutes, 4, contribution_bounds_per_row => (0, 100)), TOP_K(mode, 2, group_keys => ['ship', 'walk']) FROM trips GROUP BY mode`,
);
const found = withOptions(
  "epsilon = 1, delta = 1e-6, max_groups_contributed = 2, max_rows_contributed = 2",
  "movie, stars, COUNT(*), TOP_K(movie, 3) FROM ratings GROUP BY movie, stars",
);
/** One cell adds the noise, so parts are exact. */
const all = [listed, found].map((question) => termsFor(question, { noise: "one" }));

/** The totals of one person alone; null when what she sent is refused. */
function effectOf(terms: Terms, bytes: Uint8Array): Totals | null {
  const tally = createTally(terms);
  if (!tally.add(bytes).ok) return null;
  const totals = new Totals(terms.layout);
  must(totals.addPart(tally.part(0, coins)));
  return totals;
}

/** What the question says of the aggregate, in the steps of its cells, each of its noised vectors for itself. */
function boundsOf(part: AggregatePart): { l2Squared: number; lInf: number }[] {
  const { decimals } = part.kind === "measure" || part.kind === "average" ? part.plan.bounds : { decimals: 0 };
  return part.aggregate.parts.map(({ part: name, l2Squared, lInf }) => {
    const scale = name === "count" || name === "counts" ? 1 : 10 ** decimals * (name === "centred-sum" ? 2 : 1);
    const levels = part.kind === "quantiles" ? part.depth : 1;
    return { l2Squared: Number(l2Squared) * scale ** 2 * levels, lInf: Number(lInf) * scale };
  });
}

function checkEffect(terms: Terms, totals: Totals): void {
  expect(totals.participation.reduce((sum, count) => sum + count, 0)).toBe(1);
  const groups = [...totals.groups.values()];
  expect(groups.reduce((sum, { owners }) => sum + owners, 0)).toBeLessThanOrEqual(terms.layout.groupsPerOwner);
  let named = 0;
  for (const part of terms.layout.aggregates) {
    const vectors =
      part.kind === "found-top"
        ? [groups.flatMap((group) => [...group.named[named]!.values()])]
        : part.kind === "average"
          ? [0, 1].map((cell) => groups.map(({ cells }) => cells[part.from + cell]!))
          : [groups.flatMap(({ cells }) => [...cells.subarray(part.from, part.from + part.cells)])];
    if (part.kind === "found-top") named++;
    for (const [i, { l2Squared, lInf }] of boundsOf(part).entries()) {
      const changed = vectors[i]!;
      expect(changed.reduce((sum, change) => sum + change ** 2, 0)).toBeLessThanOrEqual(l2Squared * (1 + 1e-12));
      expect(Math.max(0, ...changed.map(Math.abs))).toBeLessThanOrEqual(lInf);
    }
  }
}

const anyCell = fc.oneof(
  fc.constantFrom("walk", "bus", "ship", "rocket", "", "x".repeat(70), "\ud800", "ü"),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, 30n, 59n),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null),
);
const anyRows = (terms: Terms) =>
  fc.array(fc.array(anyCell, { minLength: terms.question.local.columns.length, maxLength: 8 }), { maxLength: 12 });

describe.each(all.map((terms, i) => [["listed groups", "groups of a threshold"][i]!, terms] as const))(
  "%s",
  (_, terms) => {
    it("whatever a pod's rows hold, a contribution has its size, is accepted, and moves nothing beyond the sensitivity", () => {
      let used = 0;
      fc.assert(
        fc.property(anyRows(terms), (rows) => {
          const bytes = encodeContribution(terms, rows as LocalRow[], coins);
          expect(bytes.length).toBe(terms.contributionBytes);
          const totals = effectOf(terms, bytes);
          expect(totals).not.toBeNull();
          checkEffect(terms, totals!);
          if (bytes[2] === 1) used++;
        }),
        { numRuns: 300 },
      );
      expect(used).toBeGreaterThan(50);
    });

    it("whatever bytes come, they are refused, or move nothing beyond the sensitivity", () => {
      let accepted = 0;
      const change = fc.record({
        at: fc.nat({ max: terms.contributionBytes - 1 }),
        to: fc.constantFrom(0, 1, 2, 127, 128, 255),
      });
      fc.assert(
        fc.property(anyRows(terms), fc.array(change, { minLength: 1, maxLength: 12 }), (rows, changes) => {
          const bytes = encodeContribution(terms, rows as LocalRow[], coins);
          for (const { at, to } of changes) bytes[at] = to;
          const totals = effectOf(terms, bytes);
          if (totals === null) return;
          accepted++;
          checkEffect(terms, totals);
        }),
        { numRuns: 2_000 },
      );
      expect(accepted).toBeGreaterThan(200);
    });

    it("other lengths, versions and outcomes are refused, a group twice as well, and nothing of it counts", () => {
      const good = encodeOutcome(terms, "budget");
      const tally = createTally(terms);
      const other = (change: (bytes: Uint8Array) => void) => {
        const bytes = good.slice();
        change(bytes);
        return bytes;
      };
      const { entryBytes } = terms.layout;
      const twice = other((bytes) => {
        bytes[1] = 0;
        bytes[2] = 1;
        bytes[2 + entryBytes] = 1;
      });
      const bad = [good.subarray(1), other((b) => (b[0] = 2)), other((b) => (b[1] = outcomes.length)), twice];
      for (const bytes of bad) expect(tally.add(bytes)).toMatchObject({ code: "terms-contribution" });
      must(tally.add(good));
      const totals = new Totals(terms.layout);
      must(totals.addPart(tally.part(4, coins)));
      expect([...totals.participation]).toEqual([0, 0, 0, 1, 0, 4]);
    });

    it("an outcome is of the same size, and what stands behind it does not count", () => {
      const bytes = encodeOutcome(terms, "policy");
      expect(bytes.length).toBe(encodeContribution(terms, [], coins).length);
      bytes.fill(1, 2);
      const totals = effectOf(terms, bytes)!;
      expect(
        [...totals.groups.values()].every(({ owners, cells }) => owners === 0 && cells.every((cell) => cell === 0)),
      ).toBe(true);
    });

    it("a part that somebody damaged is refused, and never crashes", () => {
      const tally = createTally(terms);
      must(tally.add(encodeContribution(terms, [["bus", 5n, 1, 30n, 30, 2, 1, 1]], coins)));
      const part = tally.part(0, coins);
      expect(new Totals(terms.layout).addPart(part.subarray(0, part.length - 1))).toMatchObject({ code: "terms-part" });
      expect(new Totals(terms.layout).addPart(new Uint8Array(0))).toMatchObject({ code: "terms-part" });
      fc.assert(
        fc.property(fc.nat({ max: part.length - 1 }), fc.nat({ max: 255 }), (at, to) => {
          const damaged = part.slice();
          damaged[at] = to;
          const totals = new Totals(terms.layout);
          if (!totals.addPart(damaged).ok) return;
          expect(totals.participation.every(Number.isSafeInteger)).toBe(true);
        }),
      );
    });
  },
);

it("counts no more people than were asked: sums stay exact for as many", () => {
  const terms = termsFor(listed, { maximumPeople: 2, noise: "one" });
  const tally = createTally(terms);
  for (const ok of [true, true, false]) expect(tally.add(encodeOutcome(terms, "grant")).ok).toBe(ok);
});

it("keeps as many groups and rows as the question says, each as likely", () => {
  const terms = all[0]!;
  const column = listed.groups.keys[0]!.column;
  const rows = ["walk", "bus", "ship"].map((mode) => {
    const row = new Array(listed.local.columns.length).fill(null);
    row[column] = mode;
    return row as LocalRow;
  });
  const kept = new Array(3).fill(0);
  for (let i = 0; i < 3_000; i++) {
    const bytes = encodeContribution(terms, rows, coins);
    for (let entry = 0; entry < 2; entry++) kept[bytes[2 + entry * terms.layout.entryBytes + 2]!]++;
  }
  // Two of three: 2,000 each, with a deviation of 26.
  for (const times of kept) expect(Math.abs(times - 2_000)).toBeLessThan(130);
});
