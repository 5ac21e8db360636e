import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoOfMs } from "../base/index.ts";
import {
  cellReader,
  checkMapping,
  inferColumns,
  inferType,
  isNumber,
  mergeCatalogues,
  numberOf,
  type PodTable,
  parseCatalogue,
  RowKeys,
  readTimestamp,
  redact,
  sqlName,
  withAttributes,
} from "./index.ts";

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
    const labels = [
      "Power (W)",
      "grid_kw",
      "Energy (MWh)",
      "speed km/h",
      "Wind [m/s]",
      "pressure hPa",
      "rain_mm",
      "dose mg",
      "view",
      "hw",
    ];
    const units = inferColumns(labels, [labels.map(() => "1")]).map(({ unit }) => unit);
    expect(units).toEqual(["W", "kW", "MWh", "km/h", "m/s", "hPa", "mm", "mg", null, null]);
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

  it("a number is read as JavaScript reads it, to the last bit", () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."0123456789.-+eE"), maxLength: 20 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.integer(), fc.nat(99_999)).map(([whole, part]) => `${whole}.${part}`),
    );
    const numbers = texts.filter((text) => isNumber(text));
    fc.assert(
      fc.property(numbers, (text) => {
        expect(numberOf(text)).toBe(Number(text));
      }),
      { numRuns: 2_000 },
    );
    for (const text of ["-0", "+1.5", ".5", "5.", "0.1", "999999999999999", "9007199254740993", "1e3"]) {
      expect(numberOf(text)).toBe(Number(text));
    }
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

  it("keys stay what they were: pods hold them, and know their rows by them", () => {
    expect(keyOf(["a", "b", "c"], ["1", "zwei", null])).toBe("1856367075 1052603136");
  });

  it("a hundred thousand small rows have as many keys", () => {
    const seen = new Set<string>();
    for (let n = 0; n < 100_000; n++) seen.add(keyOf(["a", "b"], [String(n % 317), String(Math.floor(n / 317))]));
    expect(seen.size).toBe(100_000);
  });
});

describe("the catalogue", () => {
  const file = "catalogue/attributes.yaml";
  const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
  if (!parsed.ok) throw new Error(parsed.detail);
  const empty = { hedgerow: 1 as const, attributes: [], columns: [], tables: [], concepts: [] };
  const merged = mergeCatalogues(parsed.value, empty);
  if (!merged.ok) throw new Error(merged.detail);
  const catalogue = merged.value;
  const people: PodTable = { name: "people", columns: inferColumns(["age", "city", "secret"], [["37", "Ulm", "x"]]) };

  it("maps what it names and leaves the rest private", () => {
    const [table] = withAttributes(catalogue, [people]);
    expect(table!.columns.map(({ attribute }) => attribute)).toEqual(["person.age", "location.city", null]);
    expect(table!.columns[0]!.unit).toBe("years");
  });

  it("a column of another type stays private, and mapping it is refused with the reason", () => {
    const wordy = { name: "people", columns: inferColumns(["age"], [["old"]]) };
    expect(withAttributes(catalogue, [wordy])[0]!.columns[0]!.attribute).toBeNull();
    expect(checkMapping(catalogue, wordy.columns[0]!, "person.age")).toMatchObject({ ok: false, code: "pod-mapping" });
    expect(checkMapping(catalogue, people.columns[0]!, "person.agee")).toMatchObject({
      detail: expect.stringContaining('Did you mean "person.age"?'),
    });
  });

  it("an owner's lines come first; faults are named", () => {
    const own = parseCatalogue("hedgerow: 1\ncolumns: [{ column: age, attribute: work.sick_leave }]", "own");
    const both = own.ok ? mergeCatalogues(parsed.value, own.value) : own;
    if (!both.ok) throw new Error(both.detail);
    expect(withAttributes(both.value, [people])[0]!.columns[0]!.attribute).toBe("work.sick_leave");
    expect(parseCatalogue("hedgerow: 1\nattribute: []", "own")).toMatchObject({ code: "catalogue-invalid" });
    const tables =
      "hedgerow: 1\ntables: [{ name: a, attribute: a, rows: one, description: x, columns: [{ name: b, attribute: c }] }]";
    const owned = parseCatalogue(tables, "own");
    expect(owned.ok && mergeCatalogues(parsed.value, owned.value)).toMatchObject({ code: "catalogue-invalid" });
    expect(parseCatalogue("a: &a [*a]", "own")).toMatchObject({ code: "catalogue-invalid" });
  });

  it("ladders make values coarser, and give nothing for what they cannot read", () => {
    expect(redact({ by: "band", width: 10 }, 37)).toBe("30–39");
    expect(redact({ by: "round", to: 0.5 }, 1.3)).toBe(1.5);
    expect(redact({ by: "time", to: "month" }, "2024-03-07T10:00:00Z")).toBe("2024-03");
    expect(redact({ by: "grid", degrees: 0.01 }, 53.5512)).toBe(53.55);
    expect(redact({ by: "place", keep: 2 }, "Rue de la Paix 2, Paris, France")).toBe("Paris, France");
    expect(redact({ by: "place", keep: 1 }, "Rue de la Paix 2")).toBeNull();
    expect(redact({ by: "prefix", characters: 2 }, "38100")).toBe("38");
    expect(redact({ by: "band", width: 10 }, "37")).toBeNull();
  });
});
