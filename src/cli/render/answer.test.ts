// An answer about people in words: what is not shown is said, and what says little.
import { expect, it } from "vitest";
import type { PeopleAnswer } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { answerText } from "./answer.ts";

const same = (text: string) => text;
const plain: Style = { bold: same, dim: same, good: same, doubtful: same, bad: same };
const interval = (low: number, high: number) => ({ low, high, coverage: 0.95, method: "" });
const count = (value: number) => ({ value, noise: 2, interval: interval(value - 4, value + 4) });
const number = (value: number, low: number, high: number) => ({ value, noise: 1, interval: interval(low, high) });

function said(answer: Partial<PeopleAnswer>, contributed = 90): string {
  const participation = {
    ...{ asked: count(100), contributed: count(contributed), policy: count(0), grant: count(0) },
    ...{ budget: count(0), failed: count(0), silent: count(0) },
  };
  const cost = { rho: 0.02, epsilon: 0.99, delta: 1e-6 };
  const whole = { columns: [], rows: [], participation, missing: [], cost, noise: "one" as const, ...answer };
  return answerText(whole, plain, undefined, 0);
}

const movies = { name: "movies", type: "text", unit: null } as const;
const people = { name: "people", type: "int64", unit: null } as const;

it("a TOP_K of which no value is common enough has its line", () => {
  const none = { value: null, list: [] };
  expect(said({ columns: [movies], rows: [[none]] })).toMatch(
    /^ *movies +no value was common enough to be shown \(threshold\)$/m,
  );
  const groups = said({
    columns: [movies, people],
    rows: [
      [none, number(9, 5, 13)],
      [none, number(8, 4, 12)],
    ],
  });
  expect(groups.match(/no value was common enough/g)).toHaveLength(2);
});

it("bins and quantiles are named", () => {
  const columns = [
    { name: "ages", type: "int64", unit: null },
    { name: "q", type: "float64", unit: "day" },
  ] as const;
  const ages = { value: null, list: [{ ...number(9, 5, 13), bin: { from: 0, to: 10 } }] };
  const quantiles = { value: null, list: [{ ...number(44, 40, 48), fraction: 0.5 }] };
  expect(said({ columns: [...columns], rows: [[ages, quantiles]] })).toMatch(
    /^ *ages 0 to 10 +9 .*\n *q 0\.5 +44 +day/m,
  );
  const groups = said({
    columns: [...columns],
    rows: [
      [ages, quantiles],
      [ages, quantiles],
    ],
  });
  expect(groups).toContain("0 to 10: 9");
  expect(groups).toContain("0.5: 44");
});

it("quantiles whose intervals are much of the range say little, and only these", () => {
  const columns = [{ name: "q", type: "float64", unit: "day", range: { low: 100, high: 120 } } as const];
  const item = (fraction: number, low: number, high: number) => ({ ...number(110, low, high), fraction });
  const list = (...items: ReturnType<typeof item>[]) => said({ columns, rows: [[{ value: null, list: items }]] });
  expect(list(item(0, 100, 120), item(0.5, 100, 120))).toContain(
    "q 0, q 0.5 say little: their intervals are half of 100 to 120 or more",
  );
  expect(list(item(0, 109, 112), item(0.5, 100, 120))).toContain("  q 0.5 says little");
  expect(list(item(0, 109, 112), item(0.5, 108, 111))).not.toContain("little");
  expect(said({ columns, rows: [[number(110, 100, 120)]] })).toContain("  q says little");
  expect(said({ columns, rows: [[number(110, 108, 112)]] })).not.toContain("little");
});

it("an answer to which perhaps nobody contributed says little", () => {
  const answer = { columns: [people], rows: [[number(40, 36, 44)]] };
  expect(said(answer, 3)).toContain("it may be that nobody contributed");
  expect(said(answer)).not.toContain("nobody contributed");
});

it("groups below a threshold are not shown, and that is said; of listed ones nothing is", () => {
  const rows = [
    [{ value: "x" }, number(40, 36, 44)],
    [{ value: "y" }, number(50, 46, 54)],
  ];
  const columns = [movies, people];
  const line = "groups with fewer than 21 people, by a noised count, are not shown";
  expect(said({ columns, rows, threshold: 20.3 })).toContain(line);
  expect(said({ columns, rows: rows.slice(1), threshold: 20.3 })).toContain(line);
  expect(said({ columns, rows })).not.toContain("are not shown");
});
