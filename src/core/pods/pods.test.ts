import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellReader, inferColumns, inferType, isoOfMs, RowKeys, readTimestamp, sqlName } from "./index.ts";

describe("types are inferred from a sample, the narrowest that fits", () => {
  const cases: [string[], string][] = [
    [["1", "-20", ""], "int64/plain"],
    [["1", "2.5", "1e3"], "float64/plain"],
    [["1,5", "1.234,50"], "float64/decimal-comma"],
    [["007", "012"], "text/plain"],
    [["yes", "no"], "bool/plain"],
    [["2024-02-29", "20240301"], "date/plain"],
    [["31.12.2024", "01.02.2024"], "date/dmy"],
    [["12/31/2024", "01/02/2024"], "date/mdy"],
    [["2024-02-01 08:00:00 +0100"], "timestamp/plain"],
    [["12345678901234567890"], "float64/plain"],
    [["a", "1"], "text/plain"],
    [["", "n/a"], "text/plain"],
  ];
  for (const [cells, type] of cases) {
    it(`${cells.join(" | ")} → ${type}`, () => {
      const inferred = inferType(cells);
      expect(`${inferred.type}/${inferred.form}`).toBe(type);
    });
  }

  it("units come from names, names become fit for SQL and stay apart", () => {
    const columns = inferColumns(["Used (kWh)", "used_kwh", "Straße", "", "select"], [["1.5", "2", "x", "", "y"]]);
    expect(columns.map(({ name, unit }) => [name, unit])).toEqual([
      ["used_kwh", "kWh"],
      ["used_kwh_2", "kWh"],
      ["stra_e", null],
      ["column_4", null],
      ["select", null],
    ]);
    expect(sqlName("pod_keys")).toBe("_pod_keys");
  });
});

describe("cells", () => {
  it("NaN, infinity and hexadecimal are no numbers; 30 February is no date; 25 o'clock is no time", () => {
    const float = cellReader("float64");
    for (const text of ["NaN", "Infinity", "0x10", "1e999", "1.2.3", "--1", "."]) expect(float(text)).toBeUndefined();
    expect(cellReader("date")("2024-02-30")).toBeUndefined();
    expect(readTimestamp("2024-02-01T25:00:00Z")).toBeUndefined();
    expect(cellReader("text")("a\u0000b")).toBeUndefined();
  });

  it("a time with a zone is kept in UTC, one without as it is written", () => {
    expect(readTimestamp("2023-01-01 00:30:00 +0100")).toBe("2022-12-31T23:30:00Z");
    expect(readTimestamp("2023-01-01T00:30:00.25-05:30")).toBe("2023-01-01T06:00:00.25Z");
    expect(readTimestamp("2023-01-01 00:30")).toBe("2023-01-01T00:30:00");
  });

  it("the calendar agrees with JavaScript's", () => {
    fc.assert(
      fc.property(fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 }), (atMs) => {
        expect(isoOfMs(atMs)).toBe(new Date(atMs).toISOString().replace(".000Z", "Z"));
      }),
    );
  });

  it("what a number reader takes is a number to JavaScript, too", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.-+eE,") }), (text) => {
        const kept = cellReader("float64")(text);
        if (kept !== undefined && kept !== null) expect(Number.isFinite(Number(kept))).toBe(true);
      }),
    );
  });
});

describe("row keys", () => {
  const keyOf = (columns: string[], cells: (string | null)[]) => {
    const keys = new RowKeys(columns, [1, 2]);
    keys.of(cells);
    return `${keys.high} ${keys.low}`;
  };

  it("neither the order of columns nor an empty one more changes a key; the place of a text does", () => {
    expect(keyOf(["a", "b"], ["1", "2"])).toBe(keyOf(["b", "a"], ["2", "1"]));
    expect(keyOf(["a", "b"], ["1", "2"])).toBe(keyOf(["a", "b", "c"], ["1", "2", null]));
    expect(keyOf(["a", "b"], ["1", "2"])).not.toBe(keyOf(["a", "b"], ["2", "1"]));
  });

  it("a hundred thousand small rows have as many keys", () => {
    const seen = new Set<string>();
    for (let n = 0; n < 100_000; n++) seen.add(keyOf(["a", "b"], [String(n % 317), String(Math.floor(n / 317))]));
    expect(seen.size).toBe(100_000);
  });
});
