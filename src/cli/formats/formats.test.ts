// Results as files: what another program reads is what came out.
import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PeopleAnswer } from "../../sdk/index.ts";
import { arrowFile } from "./arrow.ts";
import { csvHead, csvRow } from "./csv.ts";
import { answerTable, type Cell, type ResultTable } from "./table.ts";

const interval = (low: number, high: number) => ({ low, high, coverage: 0.95, method: "" });
const count = { value: 0 };
const answerOf = (columns: PeopleAnswer["columns"], rows: PeopleAnswer["rows"]): PeopleAnswer => ({
  columns,
  rows,
  participation: {
    ...{ asked: count, contributed: count, policy: count, grant: count, budget: count, failed: count, silent: count },
  },
  missing: [],
  cost: { rho: 1, epsilon: 1, delta: 1e-6 },
  noise: "one",
});
const csvOf = ({ columns, rows }: ResultTable) => csvHead(columns) + rows.map((row) => csvRow(columns, row)).join("");

const grouped = answerOf(
  [
    { name: "movie", type: "text", unit: null },
    { name: "stars", type: "float64", unit: "star" },
    { name: "people", type: "int64", unit: null },
  ],
  [
    [
      { value: 'The "Best", 2nd' },
      { value: 3.5, noise: 0.25, interval: interval(3, 4) },
      { value: 120, noise: 4, interval: interval(112, 128) },
    ],
    [
      { value: null },
      { value: 2, noise: 0.5, interval: interval(1, 3) },
      { value: 99, noise: 4, interval: interval(91, 107) },
    ],
  ],
);

describe("an answer as a table", () => {
  it("has a row for each group, and of each noised number its ends and its noise", () => {
    const { columns, rows } = answerTable(grouped);
    expect(columns.map(({ name }) => name)).toEqual([
      ...["movie", "stars", "stars_low", "stars_high", "stars_noise"],
      ...["people", "people_low", "people_high", "people_noise"],
    ]);
    expect(columns[2]).toEqual({ name: "stars_low", type: "float64", unit: "star" });
    expect(rows[0]).toEqual(['The "Best", 2nd', 3.5, 3, 4, 0.25, 120n, 112, 128, 4]);
  });

  it("numbers the items of a list; of TOP_K the noise is in the people", () => {
    const item = (value: string, people: number) => ({
      value,
      people: { value: people, noise: 2, interval: interval(people - 4, people + 4) },
    });
    const top = answerOf(
      [{ name: "top", type: "text", unit: null }],
      [[{ value: null, list: [item("a", 30), item("b", 20)] }], [{ value: null, list: [item("c", 10)] }]],
    );
    const { columns, rows } = answerTable(top);
    expect(columns.map(({ name }) => name)).toEqual(
      [1, 2].flatMap((at) => [
        ...[`top_${at}`, `top_${at}_people`, `top_${at}_people_low`, `top_${at}_people_high`, `top_${at}_people_noise`],
      ]),
    );
    expect(rows[1]).toEqual(["c", 10, 6, 14, 2, null, null, null, null, null]);
  });
});

it("columns of a histogram carry their bin, those of quantiles their fraction", () => {
  const counted = (from: number, to: number) => ({ value: 3, noise: 1, interval: interval(1, 5), bin: { from, to } });
  const quantile = (fraction: number) => ({ value: 3, noise: 1, interval: interval(1, 5), fraction });
  const { columns } = answerTable(
    answerOf(
      [
        { name: "ages", type: "int64", unit: null },
        { name: "q", type: "float64", unit: "day" },
      ],
      [
        [
          { value: null, list: [counted(-10, 0), counted(0, 2.5)] },
          { value: null, list: [quantile(0), quantile(0.5)] },
        ],
      ],
    ),
  );
  const names = columns.map(({ name }) => name).filter((name) => !/_(low|high|noise)$/.test(name));
  expect(names).toEqual(["ages_-10_to_0", "ages_0_to_2.5", "q_0", "q_0.5"]);
});

it("a TOP_K of which no value is shown keeps its columns, empty", () => {
  const { columns, rows } = answerTable(
    answerOf([{ name: "top", type: "text", unit: null }], [[{ value: null, list: [] }]]),
  );
  expect(columns.map(({ name }) => name)).toEqual([
    ...["top_1", "top_1_people", "top_1_people_low", "top_1_people_high", "top_1_people_noise"],
  ]);
  expect(rows).toEqual([[null, null, null, null, null]]);
});

describe("csv (RFC 4180)", () => {
  it("quotes commas, quotes, ends of lines and empty texts, and nothing else", () => {
    expect(csvOf(answerTable(grouped)).split("\r\n")).toEqual([
      "movie,stars,stars_low,stars_high,stars_noise,people,people_low,people_high,people_noise",
      '"The ""Best"", 2nd",3.5,3,4,0.25,120,112,128,4',
      ",2,1,3,0.5,99,91,107,4",
      "",
    ]);
    const text = (value: string) => csvRow([{ name: "x", type: "text", unit: null }], [value]);
    expect(text("")).toBe('""\r\n');
    expect(text("two\nlines")).toBe('"two\nlines"\r\n');
    expect(text("plain; text")).toBe("plain; text\r\n");
  });

  it("writes days and times as people do, with every digit", () => {
    const columns = [
      { name: "day", type: "date", unit: null },
      { name: "at", type: "timestamp", unit: null },
      { name: "much", type: "int64", unit: null },
    ] as const;
    expect(csvRow(columns, [19_723n, 1_704_067_200_000_001n, 9_007_199_254_740_993n])).toBe(
      "2024-01-01,2024-01-01T00:00:00.000001Z,9007199254740993\r\n",
    );
    expect(csvRow(columns, [-1n, -1n, null])).toBe("1969-12-31,1969-12-31T23:59:59.999999Z,\r\n");
  });
});

describe("arrow (an IPC file)", () => {
  const micros = fc.bigInt({ min: -2_000_000_000_000_000n, max: 4_000_000_000_000_000n });
  const columns = [
    { name: "flag", type: "bool", unit: null },
    { name: "whole", type: "int64", unit: null },
    { name: "number", type: "float64", unit: "day" },
    { name: "text", type: "text", unit: null },
    { name: "bytes", type: "bytes", unit: null },
    { name: "day", type: "date", unit: null },
    { name: "at", type: "timestamp", unit: null },
  ] as const;
  const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
  const row = fc.tuple(
    orNull(fc.boolean()),
    orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    orNull(fc.double({ noNaN: true })),
    orNull(fc.string({ unit: "grapheme" })),
    orNull(fc.base64String({ maxLength: 40 })),
    orNull(fc.bigInt({ min: -100_000n, max: 100_000n })),
    orNull(micros),
  );

  it("is read back as it was written, whatever the values", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        const table = tableFromIPC(arrowFile({ columns, rows }), { useBigInt: true, useBigIntTimestamp: true });
        expect(table.numRows).toBe(rows.length);
        const read = table.toColumns() as Record<string, ArrayLike<unknown>>;
        for (const [at, { name, type }] of columns.entries()) {
          const back = Array.from(read[name]!, (value) => value ?? null);
          expect(back.map((value) => normal(type, value))).toEqual(rows.map((one) => expected(type, one[at]!)));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is a file, not a stream, and says the unit of a column", () => {
    const bytes = arrowFile(answerTable(grouped));
    expect(Buffer.from(bytes.subarray(0, 6)).toString()).toBe("ARROW1");
    expect(Buffer.from(bytes.subarray(-6)).toString()).toBe("ARROW1");
    const { schema } = tableFromIPC(bytes);
    expect(schema.fields.map(({ name, metadata }) => [name, metadata?.get("unit")]).slice(0, 3)).toEqual([
      ["movie", undefined],
      ["stars", "star"],
      ["stars_low", "star"],
    ]);
  });

  it("an answer without groups is a table without rows", () => {
    expect(tableFromIPC(arrowFile(answerTable({ ...grouped, rows: [] }))).numRows).toBe(0);
  });

  function expected(type: string, cell: Cell): unknown {
    if (cell === null) return null;
    return type === "bytes" ? Buffer.from(cell as string, "base64").toString("hex") : cell;
  }
  function normal(type: string, value: unknown): unknown {
    if (value === null) return null;
    if (type === "bytes") return Buffer.from(value as Uint8Array).toString("hex");
    return type === "date" ? BigInt(Number(value) / 86_400_000) : value;
  }
});
