// What a pod runs, run: the SQLite text of a question against a plain evaluation of the same conditions and columns. Needs an
// SQLite at hand (libsql, or Node's own); where there is none, the tests say so in their names and pass over it.
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import {
  bool,
  day,
  moment,
  type Row,
  real,
  text,
  type Value,
  type Written,
  whole,
} from "../../../test/support/sql-expressions.ts";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { boundValue, type Question } from "../model/index.ts";
import { parseQuestion } from "./index.ts";

interface Statement {
  all(...binds: unknown[]): unknown[];
  raw?(on: boolean): Statement;
  safeIntegers?(on: boolean): Statement;
  setReadBigInts?(on: boolean): void;
}
interface Store {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
}

function openStore(): Store | null {
  const require = createRequire(import.meta.url);
  for (const [name, key] of [
    ["libsql", "default"],
    ["node:sqlite", "DatabaseSync"],
  ] as const) {
    try {
      const found = require(name) as Record<string, unknown>;
      const Opened = (key === "default" ? found : found[key]) as new (path: string) => Store;
      return new Opened(":memory:");
    } catch {}
  }
  return null;
}

const store = openStore();
const times = [-day * 400n - 1n, -1n, 0n, 1_735_689_600_000_000n, 1_735_689_599_999_999n, 1_740_787_199_000_000n];
const rows: readonly Row[] = Array.from({ length: 24 }, (_, i) => ({
  mode: ["walk", "bicycle", "bus", "train", "car"][i % 5]!,
  minutes: [0, 0.5, 12.25, 90, 7][i % 5]!,
  distance: [1.5, 0, 3, 0.1, 250.75, -2][i % 6]!,
  shared: i % 3 === 0,
  started_at: times[i % times.length]! + BigInt(i) * 3_600_000_000n,
}));

function fill(): void {
  store?.exec("CREATE TABLE trips (started_at INTEGER, minutes REAL, distance REAL, mode TEXT, shared INTEGER)");
  for (const { started_at, minutes, distance, mode, shared } of rows) {
    store?.exec(`INSERT INTO trips VALUES (${started_at}, ${minutes}, ${distance}, '${mode}', ${shared ? 1 : 0})`);
  }
  store?.exec("CREATE TABLE employment (sick_leave_days INTEGER, working_hours REAL, contract TEXT, since INTEGER)");
  store?.exec("INSERT INTO employment VALUES (12, 38.5, 'permanent', 18000)");
  store?.exec("CREATE TABLE ratings (movie TEXT, stars INTEGER, rated_at INTEGER)");
  store?.exec("INSERT INTO ratings VALUES ('A', 5, 0), ('A', 3, 1), ('B', 2, 2)");
}
fill();

function run({ sql, binds }: Question["local"]): unknown[][] {
  const statement = store!.prepare(sql);
  statement.safeIntegers?.(true);
  statement.setReadBigInts?.(true);
  const found = statement.all(...binds.map(boundValue)) as Record<string, unknown>[];
  return found.map((row) => Object.values(row));
}

const shown = (value: Value) => (typeof value === "boolean" ? (value ? 1n : 0n) : value);

describe(`what a pod runs is what was written${store === null ? " (passed over: no SQLite is installed)" : ""}`, () => {
  const check = (column: fc.Arbitrary<Written>, aggregate: (text: string) => string) =>
    fc.assert(
      fc.property(column, bool, ([text_, of], [condition, test]) => {
        const written = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) ${aggregate(text_)} FROM trips WHERE ${condition}`;
        const parsed = parseQuestion(written, "q.sql", { catalogue: testCatalogue });
        if (!parsed.ok) {
          expect(parsed.faults.filter(({ code }) => !code.startsWith("query-too-"))).toEqual([]);
          return;
        }
        const expected = rows.filter((row) => test(row) === true).map((row) => [shown(of(row))]);
        expect(run(parsed.question.local), parsed.question.local.sql).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  const bounded = (value: string) => `SUM(${value}, contribution_bounds_per_group => (0, 1))`;
  const kept = (value: string) => `TOP_K(${value}, 3)`;
  it.skipIf(store === null)("whole numbers", () => check(whole, bounded));
  it.skipIf(store === null)("fractions", () => check(real, bounded));
  it.skipIf(store === null)("texts", () => check(text, kept));
  it.skipIf(store === null)("times", () => check(moment, kept));
  it.skipIf(store === null)("tables of one row, joins, sub-selects: every sort of statement is taken", () => {
    for (const text of questionTexts) {
      const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
      expect(
        parsed.ok && run(parsed.question.local).every((row) => row.length === parsed.question.local.columns.length),
      ).toBe(true);
    }
    const localOf = (text: string) => {
      const parsed = parseQuestion(`SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) ${text}`, "q.sql", {
        catalogue: testCatalogue,
      });
      return parsed.ok ? run(parsed.question.local) : parsed.faults;
    };
    expect(localOf("TOP_K(contract, 1) FROM people WHERE sick_leave_days > 1")).toEqual([["permanent"]]);
    expect(localOf("COUNT(*) FROM people")).toEqual([[1n]]);
    const best = "(SELECT movie, MAX(stars) AS best FROM ratings GROUP BY movie) AS x";
    expect(localOf(`SUM(best, contribution_bounds_per_group => (0, 5)) FROM ${best} WHERE movie = 'A'`)).toEqual([
      [5n],
    ]);
    expect(
      localOf(
        `TOP_K(x.movie, 3) FROM ${best} LEFT JOIN employment ON FALSE WHERE contract IS NULL AND best NOT IN (SELECT stars FROM ratings WHERE stars < 5)`,
      ),
    ).toEqual([["A"]]);
    expect(
      localOf(
        "TOP_K(a.movie, 3) FROM ratings a WHERE NOT EXISTS (SELECT 1 FROM ratings b WHERE b.movie = a.movie AND b.stars > a.stars) AND stars < 5",
      ),
    ).toEqual([["B"]]);
    expect(localOf("COUNT(*) FROM ratings JOIN people USING (movie)")).toMatchObject([{ code: "sql-unknown-name" }]);
  });
  it.skipIf(store === null).each([
    ["brackets", (n: number) => `${"(1 - ".repeat(n)}1${")".repeat(n)}`],
    ["sums", (n: number) => `1${" + sick_leave_days".repeat(n)}`],
    ["calls", (n: number) => `${"COALESCE(sick_leave_days, ".repeat(n)}1${")".repeat(n)}`],
    ["CASE", (n: number) => `${"CASE WHEN FALSE THEN 2 WHEN TRUE THEN ".repeat(n)}1${" END".repeat(n)}`],
    ["BETWEEN", (n: number) => `IF(${"(TRUE BETWEEN FALSE AND ".repeat(n)}TRUE${")".repeat(n)}, 1, 0)`],
    ["IN", (n: number) => `IF(${"(TRUE IN (FALSE, ".repeat(n)}TRUE${"))".repeat(n)}, 1, 0)`],
    [
      "SELECT",
      (n: number) => `IF(${"EXISTS (SELECT 1 FROM ratings WHERE TRUE AND ".repeat(n)}TRUE${")".repeat(n)}, 1, 0)`,
    ],
  ])("what is not refused as too deep is not too deep for SQLite: %s", (_, nested) => {
    let taken = 0;
    for (let depth = 1; depth <= 40; depth++) {
      const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) SUM(${nested(depth)}, contribution_bounds_per_group => (0, 1)) FROM people WHERE TRUE`;
      const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
      if (parsed.ok) expect(run(parsed.question.local)).toHaveLength(1);
      else expect(parsed.faults.map(({ code }) => code)).toEqual(["query-too-deep"]);
      if (parsed.ok) taken++;
    }
    expect(taken).toBeGreaterThan(3);
  });
  it.skipIf(store === null)("truth", () => check(bool, kept));
});
