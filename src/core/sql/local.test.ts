// What a pod runs, run: the SQLite text of a question against a plain evaluation of the same conditions and columns. Needs an
// SQLite at hand (libsql, or Node's own); where there is none, the tests say so in their names and pass over it.
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { boundValue, type Question } from "../model/index.ts";
import { parseQuestion } from "./index.ts";

type Value = bigint | number | string | boolean | null;
type Row = Readonly<Record<string, Value>>;
type Evaluate = (row: Row) => Value;
type Written = readonly [text: string, of: Evaluate];

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
const day = 86_400_000_000n;
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

/** Strict: NULL in, NULL out. */
const strict =
  (of: (...values: never[]) => Value, ...operands: readonly Evaluate[]): Evaluate =>
  (row) => {
    const values = operands.map((operand) => operand(row));
    return values.includes(null) ? null : of(...(values as never[]));
  };
const compare = (sign: string, a: Value, b: Value): boolean => {
  const order =
    a === b || Number(a) === Number(b) ? (typeof a === "string" ? a.localeCompare(b as string) : 0) : a! < b! ? -1 : 1;
  const text = typeof a === "string" ? (a < (b as string) ? -1 : a > (b as string) ? 1 : 0) : order;
  return { "=": text === 0, "<>": text !== 0, "<": text < 0, "<=": text <= 0, ">": text > 0, ">=": text >= 0 }[sign]!;
};
const floor = (value: bigint, step: bigint) => value - (((value % step) + step) % step);
const dateOf = (time: bigint) => new Date(Number(floor(time, 1_000n) / 1_000n));

const number = fc.integer({ min: -9, max: 9 });
const { whole, real, text, moment, bool } = fc.letrec<Record<"whole" | "real" | "text" | "moment" | "bool", Written>>(
  (tie) => {
    const [w, r, t, m, b] = [tie("whole"), tie("real"), tie("text"), tie("moment"), tie("bool")];
    const signs = fc.constantFrom("=", "<>", "<", "<=", ">", ">=");
    const both = (of: fc.Arbitrary<Written>) =>
      fc
        .tuple(of, signs, of)
        .map(
          ([[a, f], sign, [c, g]]): Written => [
            `(${a} ${sign} ${c})`,
            strict((x: Value, y: Value) => compare(sign, x, y), f, g),
          ],
        );
    const either = (of: fc.Arbitrary<Written>) =>
      fc
        .tuple(b, of, of)
        .map(
          ([[test, f], [x, g], [y, h]]): Written => [
            `CASE WHEN ${test} THEN ${x} ELSE ${y} END`,
            (row) => (f(row) === true ? g(row) : h(row)),
          ],
        );
    const depth = { depthSize: "small", maxDepth: 4 } as const;
    return {
      whole: fc.oneof(
        depth,
        number.map((n): Written => [`(${n})`, () => BigInt(n)]),
        fc.constant<Written>(["NULLIF(1, 1)", () => null]),
        fc
          .tuple(w, fc.constantFrom("+", "-", "*"), w)
          .map(
            ([[a, f], sign, [c, g]]): Written => [
              `(${a} ${sign} ${c})`,
              strict((x: bigint, y: bigint) => (sign === "+" ? x + y : sign === "-" ? x - y : x * y), f, g),
            ],
          ),
        fc
          .tuple(w, fc.constantFrom("MOD", "DIV"), w)
          .map(
            ([[a, f], name, [c, g]]): Written => [
              `${name}(${a}, ${c})`,
              strict((x: bigint, y: bigint) => (y === 0n ? null : name === "MOD" ? x % y : x / y), f, g),
            ],
          ),
        w.map(([a, f]): Written => [`ABS(${a})`, strict((x: bigint) => (x < 0n ? -x : x), f)]),
        t.map(([a, f]): Written => [`LENGTH(${a})`, strict((x: string) => BigInt(x.length), f)]),
        fc
          .tuple(t, t)
          .map(
            ([[a, f], [c, g]]): Written => [
              `STRPOS(${a}, ${c})`,
              strict((x: string, y: string) => BigInt(x.indexOf(y) + 1), f, g),
            ],
          ),
        m.map(
          ([a, f]): Written => [
            `EXTRACT(YEAR FROM ${a})`,
            strict((x: bigint) => BigInt(dateOf(x).getUTCFullYear()), f),
          ],
        ),
        m.map(
          ([a, f]): Written => [
            `EXTRACT(QUARTER FROM DATE(${a}))`,
            strict((x: bigint) => BigInt(Math.floor(dateOf(x).getUTCMonth() / 3) + 1), f),
          ],
        ),
        m.map(
          ([a, f]): Written => [
            `EXTRACT(DAYOFWEEK FROM ${a})`,
            strict((x: bigint) => BigInt(dateOf(x).getUTCDay() + 1), f),
          ],
        ),
        fc
          .tuple(m, m)
          .map(
            ([[a, f], [c, g]]): Written => [
              `TIMESTAMP_DIFF(${a}, ${c}, HOUR)`,
              strict((x: bigint, y: bigint) => (x - y) / (day / 24n), f, g),
            ],
          ),
        fc.tuple(w, w).map(([[a, f], [c, g]]): Written => [`COALESCE(${a}, ${c})`, (row) => f(row) ?? g(row)]),
        fc
          .tuple(w, w)
          .map(
            ([[a, f], [c, g]]): Written => [
              `GREATEST(${a}, ${c})`,
              strict((x: bigint, y: bigint) => (x > y ? x : y), f, g),
            ],
          ),
        either(w),
      ),
      real: fc.oneof(
        depth,
        fc.constantFrom<Written>(
          ["minutes", (row) => row.minutes!],
          ["distance", (row) => row.distance!],
          ["1.5", () => 1.5],
        ),
        fc
          .tuple(r, fc.constantFrom("+", "-", "*"), r)
          .map(
            ([[a, f], sign, [c, g]]): Written => [
              `(${a} ${sign} ${c} * 1)`.replace(" * 1)", ")").replace(/minutes|distance/g, "$& * 1"),
              strict((x: number, y: number) => (sign === "+" ? x + y : sign === "-" ? x - y : x * y), f, g),
            ],
          ),
        fc
          .tuple(w, r)
          .map(
            ([[a, f], [c, g]]): Written => [
              `(${a} / (${c} * 1))`,
              strict((x: bigint, y: number) => (y === 0 ? null : Number(x) / y), f, g),
            ],
          ),
        w.map(([a, f]): Written => [`CAST(${a} AS FLOAT64)`, strict((x: bigint) => Number(x), f)]),
        fc
          .tuple(r, fc.constantFrom("FLOOR", "CEIL"))
          .map(
            ([[a, f], name]): Written => [
              `${name}(${a} * 1)`,
              strict((x: number) => (name === "FLOOR" ? Math.floor(x) : Math.ceil(x)) + 0, f),
            ],
          ),
      ),
      text: fc.oneof(
        depth,
        fc.constant<Written>(["mode", (row) => row.mode!]),
        fc
          .constantFrom("", "b", "us", "it''s", "%")
          .map((value): Written => [`'${value}'`, () => value.replace("''", "'")]),
        fc
          .tuple(t, t)
          .map(([[a, f], [c, g]]): Written => [`(${a} || ${c})`, strict((x: string, y: string) => x + y, f, g)]),
        fc
          .tuple(t, fc.nat(4), fc.nat(3))
          .map(
            ([[a, f], from, length]): Written => [
              `SUBSTR(${a}, ${from}, ${length})`,
              strict((x: string) => x.slice(Math.max(0, from - 1), Math.max(0, from - 1) + length), f),
            ],
          ),
        t.map(([a, f]): Written => [`UPPER(${a})`, strict((x: string) => x.toUpperCase(), f)]),
        w.map(([a, f]): Written => [`CAST(${a} AS STRING)`, strict((x: bigint) => x.toString(), f)]),
        m.map(
          ([a, f]): Written => [
            `CAST(DATE(${a}) AS STRING)`,
            strict((x: bigint) => dateOf(x).toISOString().slice(0, 10), f),
          ],
        ),
        either(t),
      ),
      moment: fc.oneof(
        depth,
        fc.constant<Written>(["started_at", (row) => row.started_at!]),
        fc.constant<Written>(["TIMESTAMP '2025-01-01 12:30:00+02:00'", () => 1_735_727_400_000_000n]),
        fc
          .tuple(m, fc.constantFrom(["HOUR", day / 24n], ["DAY", day]) as fc.Arbitrary<[string, bigint]>)
          .map(
            ([[a, f], [part, step]]): Written => [
              `TIMESTAMP_TRUNC(${a}, ${part})`,
              strict((x: bigint) => floor(x, step), f),
            ],
          ),
        m.map(
          ([a, f]): Written => [
            `TIMESTAMP_TRUNC(${a}, WEEK)`,
            strict((x: bigint) => floor(x + 4n * day, 7n * day) - 4n * day, f),
          ],
        ),
        m.map(
          ([a, f]): Written => [
            `TIMESTAMP_TRUNC(${a}, MONTH)`,
            strict((x: bigint) => BigInt(Date.UTC(dateOf(x).getUTCFullYear(), dateOf(x).getUTCMonth())) * 1_000n, f),
          ],
        ),
        m.map(
          ([a, f]): Written => [
            `TIMESTAMP_TRUNC(${a}, QUARTER)`,
            strict(
              (x: bigint) =>
                BigInt(Date.UTC(dateOf(x).getUTCFullYear(), Math.floor(dateOf(x).getUTCMonth() / 3) * 3)) * 1_000n,
              f,
            ),
          ],
        ),
        m.map(
          ([a, f]): Written => [
            `TUMBLE(${a}, INTERVAL 7 HOUR)`,
            strict((x: bigint) => floor(x + 7_305n * day, (7n * day) / 24n) - 7_305n * day, f),
          ],
        ),
        fc
          .tuple(m, number)
          .map(([[a, f], n]): Written => [`(${a} + INTERVAL ${n} DAY)`, strict((x: bigint) => x + BigInt(n) * day, f)]),
        m.map(([a, f]): Written => [`TIMESTAMP(DATE(${a}))`, strict((x: bigint) => floor(x, day), f)]),
      ),
      bool: fc.oneof(
        depth,
        fc.constant<Written>(["shared", (row) => row.shared!]),
        ...[w, t, m].map(both),
        fc.tuple(b, fc.constantFrom("AND", "OR"), b).map(
          ([[a, f], word, [c, g]]): Written => [
            `(${a} ${word} ${c})`,
            (row) => {
              const [x, y, decisive] = [f(row), g(row), word === "OR"];
              return x === decisive || y === decisive ? decisive : x === null || y === null ? null : !decisive;
            },
          ],
        ),
        b.map(([a, f]): Written => [`(NOT ${a})`, strict((x: boolean) => !x, f)]),
        fc
          .tuple(b, fc.boolean())
          .map(([[a, f], wanted]): Written => [`(${a} IS ${wanted ? "TRUE" : "FALSE"})`, (row) => f(row) === wanted]),
        w.map(([a, f]): Written => [`(${a} IS NOT NULL)`, (row) => f(row) !== null]),
        fc
          .tuple(w, number, number)
          .map(
            ([[a, f], low, high]): Written => [
              `(${a} BETWEEN ${low} AND ${high})`,
              strict((x: bigint) => x >= BigInt(low) && x <= BigInt(high), f),
            ],
          ),
        fc.tuple(t, fc.constantFrom("b%", "%u_", "B%", "%*%", "_us", "%")).map(([[a, f], pattern]): Written => {
          const matched = new RegExp(
            `^${pattern.replace("*", "\\*").replaceAll("%", ".*").replaceAll("_", ".")}$`,
            "s",
          );
          return [`(${a} LIKE '${pattern}')`, strict((x: string) => matched.test(x), f)];
        }),
        fc
          .tuple(w, fc.array(number, { minLength: 1, maxLength: 3 }))
          .map(
            ([[a, f], list]): Written => [
              `(${a} IN (${list.join(", ")}))`,
              strict((x: bigint) => list.some((one) => BigInt(one) === x), f),
            ],
          ),
      ),
    };
  },
);

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
