import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Contribution, checkSums, parseContribution, sensitivityOf, Tally } from "./index.ts";

const bounds: Contribution = { lower: -3, upper: 10, decimals: 0, groupsPerOwner: 2, recordsPerGroup: 2 };
const anyBounds = fc.record({
  lower: fc.integer({ min: -20, max: 0 }),
  upper: fc.integer({ min: 1, max: 20 }),
  decimals: fc.constant(0),
  groupsPerOwner: fc.integer({ min: 1, max: 3 }),
  recordsPerGroup: fc.integer({ min: 1, max: 3 }),
});
const anyValue = fc.oneof(fc.double(), fc.integer({ min: -40, max: 40 }), fc.constantFrom(Number.NaN, Infinity, -0.5));
const anyOwner = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), anyValue), { maxLength: 8 });
const groups = 6;

function tallyOf(b: Contribution, people: readonly (readonly (readonly [number, number])[])[]): Tally {
  const tally = new Tally(b, groups, 1_000);
  const records = people.flat();
  let end = 0;
  tally.add(
    Uint32Array.from(people, (own) => (end += own.length)),
    Uint32Array.from(records, ([group]) => group),
    Float64Array.from(records, ([, value]) => value),
  );
  return tally;
}

describe("sensitivity is what the tally holds to", () => {
  it("no owner moves any measure further than her plan says, whatever she sends", () => {
    fc.assert(
      fc.property(anyBounds, fc.array(anyOwner, { maxLength: 6 }), anyOwner, (b, others, she) => {
        const [without, withHer] = [tallyOf(b, others), tallyOf(b, [...others, she])];
        for (const measure of ["owners", "records", "sum", "centred"] as const) {
          const { each, l1, l2Squared, groups: most } = sensitivityOf(measure, b);
          const [before, after] = [without.totals(measure), withHer.totals(measure)];
          const moved = Array.from(after, (value, i) => value - before[i]!);
          expect(moved.every(Number.isSafeInteger)).toBe(true);
          expect(moved.filter((by) => by !== 0).length).toBeLessThanOrEqual(most);
          expect(moved.reduce((sum, by) => sum + Math.abs(by), 0)).toBeLessThanOrEqual(Number(l1));
          expect(moved.reduce((sum, by) => sum + by * by, 0)).toBeLessThanOrEqual(Number(l2Squared));
          expect(Math.max(0, ...moved.map(Math.abs))).toBeLessThanOrEqual(Number(each));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("and each bound is reached by somebody", () => {
    const most = tallyOf(bounds, [[0, 0, 1, 1].map((group) => [group, 99] as const)]);
    expect([...most.sums].slice(0, 2)).toEqual([20, 20]);
    expect(sensitivityOf("sum", bounds)).toEqual({ each: 20n, groups: 2, l1: 40n, l2Squared: 800n });
    expect([...most.centred()].slice(0, 2)).toEqual([26, 26]);
    expect(sensitivityOf("centred", bounds).each).toBe(26n);
    expect(sensitivityOf("owners", bounds).l2Squared).toBe(2n);
  });
});

describe("a tally", () => {
  it("is the plain one: by owner, first groups and records first, clipped", () => {
    fc.assert(
      fc.property(anyBounds, fc.array(anyOwner, { maxLength: 6 }), (b, people) => {
        const tally = tallyOf(b, people);
        const plain = {
          owners: new Map<number, number>(),
          records: new Map<number, number>(),
          sum: new Map<number, number>(),
        };
        const count = (map: Map<number, number>, group: number, by: number) =>
          map.set(group, (map.get(group) ?? 0) + by);
        let kept = 0;
        for (const own of people) {
          const held = new Map<number, number>();
          for (const [group, value] of own) {
            if (group >= groups || (!held.has(group) && held.size === b.groupsPerOwner)) continue;
            if ((held.get(group) ?? 0) === b.recordsPerGroup) continue;
            if (!held.has(group)) count(plain.owners, group, 1);
            count(held, group, 1);
            count(plain.records, group, 1);
            const clipped = Number.isNaN(value) ? b.lower : Math.min(b.upper, Math.max(b.lower, value));
            count(plain.sum, group, Math.floor(clipped));
            kept++;
          }
        }
        for (const measure of ["owners", "records", "sum"] as const) {
          const expected = Array.from({ length: groups }, (_, group) => plain[measure].get(group) ?? 0);
          // A plan of one record each counts the first that an owner sends, in whatever group.
          if (b.groupsPerOwner > 1 || b.recordsPerGroup > 1) expect([...tally.totals(measure)]).toEqual(expected);
        }
        if (b.groupsPerOwner > 1 || b.recordsPerGroup > 1) expect(tally.dropped).toBe(people.flat().length - kept);
      }),
      { numRuns: 500 },
    );
  });

  it("adds owners of one record each as it adds others, whatever 32 bits they send", () => {
    const whole = fc.oneof(
      fc.integer({ min: -50, max: 50 }),
      fc.integer(),
      fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 2 ** 30, 2 ** 30 - 1, -(2 ** 30), -(2 ** 30) - 1),
    );
    const limitsOfBounds = fc.oneof(
      fc.tuple(fc.integer({ min: -40, max: 0 }), fc.integer({ min: 1, max: 40 })),
      fc.tuple(fc.integer({ min: -(2 ** 31), max: 0 }), fc.integer({ min: 1, max: 2 ** 31 })),
      fc.constant([1 - 2 ** 29, 2 ** 29 - 1] as const),
    );
    const sent = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), whole), { maxLength: 60 });
    fc.assert(
      fc.property(limitsOfBounds, sent, fc.boolean(), ([lower, upper], records, long) => {
        const b = { lower, upper, decimals: 0, groupsPerOwner: 1, recordsPerGroup: 1 };
        // Long enough for several blocks, whatever the bounds.
        const many = long ? Array.from({ length: 100 }, () => records).flat() : records;
        const [fast, plain] = [new Tally(b, groups, 10_000), new Tally(b, groups, 10_000)];
        const where = Uint32Array.from(many, ([group]) => group);
        fast.addEach(
          where,
          Int32Array.from(many, ([, value]) => value),
        );
        const ends = Uint32Array.from(many, (_, i) => i + 1);
        plain.add(
          ends,
          where,
          Float64Array.from(many, ([, value]) => value),
        );
        for (const measure of ["owners", "records", "sum", "centred"] as const) {
          expect([...fast.totals(measure)]).toEqual([...plain.totals(measure)]);
        }
        expect([fast.ownersAdded, fast.dropped]).toEqual([plain.ownersAdded, plain.dropped]);
      }),
      { numRuns: 400 },
    );
  });

  it("counts one record of each owner where the plan allows one", () => {
    const one = { ...bounds, groupsPerOwner: 1, recordsPerGroup: 1 };
    const tally = tallyOf(one, [
      [
        [0, 4],
        [0, 5],
        [1, 6],
      ],
      [],
      [[9, 1]],
      [[1, 99]],
      [[1, -99]],
    ]);
    expect([...tally.owners]).toEqual([1, 2, 0, 0, 0, 0]);
    expect([...tally.sums]).toEqual([4, 7, 0, 0, 0, 0]);
    expect([tally.ownersAdded, tally.dropped]).toEqual([5, 3]);
  });
});

describe("a plan that does not bound what it asks", () => {
  it("is refused with what is missing", () => {
    for (const [change, detail] of [
      [{ lower: 10 }, "lower must be below upper"],
      [{ upper: 0.5 }, "upper"],
      [{ groupsPerOwner: 0 }, "groupsPerOwner"],
      [{ recordsPerGroup: undefined }, "recordsPerGroup"],
      [{ sensitivity: 1 }, "sensitivity"],
    ] as const) {
      const refusal = parseContribution({ ...bounds, ...change });
      expect(refusal).toMatchObject({ ok: false, code: "privacy-bounds" });
      expect(refusal.ok || refusal.detail).toContain(detail);
    }
    expect(parseContribution(bounds)).toEqual({ ok: true, value: bounds });
  });

  it("or whose sums would not stay exact", () => {
    expect(checkSums(bounds, 1_000_000)).toMatchObject({ ok: true });
    expect(checkSums({ ...bounds, upper: 2 ** 40 }, 1_000)).toMatchObject({ ok: false, code: "privacy-scale" });
  });
});
