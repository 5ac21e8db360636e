// Expressions of the dialect over the table `trips`, drawn at random, each with a plain evaluation of the same: what SQLite is held to.
import fc from "fast-check";

export type Value = bigint | number | string | boolean | null;
export type Row = Readonly<Record<string, Value>>;
type Evaluate = (row: Row) => Value;
export type Written = readonly [text: string, of: Evaluate];

export const day = 86_400_000_000n;

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
export const { whole, real, text, moment, bool } = fc.letrec<
  Record<"whole" | "real" | "text" | "moment" | "bool", Written>
>((tie) => {
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
        ([a, f]): Written => [`EXTRACT(YEAR FROM ${a})`, strict((x: bigint) => BigInt(dateOf(x).getUTCFullYear()), f)],
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
        const matched = new RegExp(`^${pattern.replace("*", "\\*").replaceAll("%", ".*").replaceAll("_", ".")}$`, "s");
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
});
