import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simulatedCrypto } from "../../sim/kernel/index.ts";
import { fromHex, toHex } from "../base/index.ts";
import {
  type Findable,
  type Interval,
  intervalsCovering,
  intervalsHolding,
  isAskedBy,
  keyOf,
  keyOfEverybody,
  keysOf,
  keysWanted,
  peopleOf,
} from "./concepts.ts";
import { limits } from "./limits.ts";

const hasher = simulatedCrypto();
const network = "test.net";
const whole = (value: number) => intervalsHolding({ value: String(value), isWhole: true });
const same = (a: Interval, b: Interval) => a.from === b.from && a.level === b.level;

describe("intervals", () => {
  it("of somebody of 43 are 43, 42–43, 40–43, 40–47, …", () => {
    expect(whole(43).slice(0, 4)).toEqual([
      { from: "43", level: 0 },
      { from: "42", level: 1 },
      { from: "40", level: 2 },
      { from: "40", level: 3 },
    ]);
    expect(whole(-1).slice(0, 2)).toEqual([
      { from: "-1", level: 0 },
      { from: "-2", level: 1 },
    ]);
    expect(intervalsHolding({ value: "pilot", isWhole: false })).toEqual([{ from: "pilot", level: 0 }]);
  });

  it("of a range hold each of its values in one interval, and no other value in any", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.nat(3_000),
        fc.integer({ min: -6_000, max: 9_000 }),
        (from, width, value) => {
          const cover = intervalsCovering(BigInt(from), BigInt(from + width), 10_000)!;
          const hits = whole(value).filter((own) => cover.some((one) => same(one, own)));
          expect(hits.length).toBe(value >= from && value <= from + width ? 1 : 0);
          // Two for each level, and the widest ones between.
          expect(cover.length).toBeLessThanOrEqual(2 * limits.maxLevel + Math.ceil(width / 2 ** limits.maxLevel) + 1);
        },
      ),
    );
  });

  it("of too wide a range are refused", () => {
    expect(intervalsCovering(0n, 10n ** 9n, 100)).toBeNull();
    const wide = keysWanted(hasher, network, { concept: "income", from: "0", to: "1000000000" });
    expect(wide).toMatchObject({ ok: false, code: "ask-too-many-keys" });
  });
});

const profile = (concepts: Record<string, string | number>, everybody = true): Findable => ({
  everybody,
  concepts: Object.entries(concepts).map(([name, value]) => ({
    name,
    value: String(value),
    isWhole: typeof value === "number",
  })),
});
const own = (findable: Findable) => keysOf(hasher, network, findable);

describe("a target", () => {
  const target = {
    all: [
      {
        any: [
          { concept: "age", from: "39.5", to: "49" },
          { concept: "age", from: "70", to: "80" },
        ],
      },
      {
        concept: "job",
        values: [
          { type: "text" as const, value: "pilot" },
          { type: "text" as const, value: "baker" },
        ],
      },
    ],
  };
  const wanted = keysWanted(hasher, network, target);
  if (!wanted.ok) throw new Error(wanted.code);
  const people: [string, Findable, boolean][] = [
    ["a", profile({ age: 40, job: "pilot" }), true],
    ["b", profile({ age: 49, job: "baker" }), true],
    ["c", profile({ age: 39, job: "pilot" }), false],
    ["d", profile({ age: 50, job: "pilot" }), false],
    ["e", profile({ age: 70, job: "baker" }), true],
    ["f", profile({ age: 45, job: "clerk" }), false],
    ["g", profile({ job: "pilot" }), false],
  ];

  it("is what the index finds, and what each person finds of herself", () => {
    const found = (key: string) => new Set(people.filter(([, of]) => own(of).has(key)).map(([name]) => name));
    const expected = people.filter(([, , is]) => is).map(([name]) => name);
    expect([...peopleOf(wanted.value.target, found)].sort()).toEqual(expected);
    for (const [name, of, is] of people) expect(isAskedBy(wanted.value.target, own(of)), name).toBe(is);
  });

  it("needs its own keys and no others", () => {
    const pilot = toHex(keyOf(hasher, network, "job", { from: "pilot", level: 0 }));
    const clerk = toHex(keyOf(hasher, network, "job", { from: "clerk", level: 0 }));
    expect(wanted.value.keys.has(pilot)).toBe(true);
    expect(wanted.value.keys.has(clerk)).toBe(false);
    expect(wanted.value.keys.size).toBeLessThan(12);
  });

  it("of nobody in particular finds who let herself be found by everybody's questions", () => {
    const all = keysWanted(hasher, network, null);
    if (!all.ok) throw new Error(all.code);
    expect([...all.value.keys].map(fromHex)).toEqual([keyOfEverybody(hasher, network)]);
    expect(isAskedBy(all.value.target, own(profile({ age: 1 })))).toBe(true);
    expect(isAskedBy(all.value.target, own(profile({ age: 1 }, false)))).toBe(false);
  });
});

it("a value has the same key as the interval of one, and another in another network", () => {
  const single = own(profile({ age: 43 }, false));
  const value = keysWanted(hasher, network, { concept: "age", values: [{ type: "int64", value: "43" }] });
  if (!value.ok) throw new Error(value.code);
  expect([...value.value.keys].every((key) => single.has(key))).toBe(true);
  expect(keyOf(hasher, "a", "age", { from: "43", level: 0 })).not.toEqual(
    keyOf(hasher, "b", "age", { from: "43", level: 0 }),
  );
});
