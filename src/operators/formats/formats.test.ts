import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRows } from "../../core/batch/index.ts";
import { batchOf, columns, rowsOf } from "../harness.ts";
import {
  csvHeader,
  fromPlain,
  plainValue,
  recordParser,
  recordsToText,
  timestampFromText,
  timestampToText,
} from "./index.ts";

const shape = columns("i: int64?, f: float64?, at: timestamp?, t: text?, b: bool?, raw: bytes?");
const rows = fc.array(
  fc.record({
    i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    f: fc.option(fc.double()),
    at: fc.option(fc.bigInt({ min: -60_000_000_000_000_000n, max: 200_000_000_000_000_000n })),
    t: fc.option(fc.string({ unit: "grapheme", maxLength: 12 })),
    b: fc.option(fc.boolean()),
    raw: fc.option(fc.uint8Array({ maxLength: 9 })),
  }),
  { maxLength: 20 },
);

describe("records as text", () => {
  it.each(["csv", "ndjson"] as const)("%s gives back what was written, however it is cut", (format) => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (written, cut) => {
        const batch = batchOf(shape, written);
        const text = (format === "csv" ? csvHeader(shape) : "") + recordsToText(format, batch, shape);
        const parser = recordParser(format, shape);
        const read = [];
        for (let at = 0; at < text.length; at += cut) {
          const some = parser.push(text.slice(at, at + cut));
          if (!some.ok) throw new Error(some.detail);
          read.push(...some.value);
        }
        const last = parser.end();
        if (!last.ok) throw new Error(last.detail);
        const objects = [...read, ...last.value].map((values) =>
          Object.fromEntries(shape.map((column, c) => [column.name, values[c]])),
        );
        const again = encodeRows(shape, objects);
        expect(again.ok && rowsOf(shape, again.value)).toEqual(rowsOf(shape, batch));
      }),
      { numRuns: 150 },
    );
  });

  it("writes times with microseconds and reads the usual forms", () => {
    expect(timestampToText(1_700_000_000_123_456n)).toBe("2023-11-14T22:13:20.123456Z");
    expect(timestampToText(-1n)).toBe("1969-12-31T23:59:59.999999Z");
    expect(timestampFromText("2023-11-14T23:13:20.5+01:00")).toBe(1_700_000_000_500_000n);
    expect(timestampFromText("2023-11-14")).toBe(1_699_920_000_000_000n);
    expect(timestampFromText("14.11.2023")).toBeUndefined();
    expect(timestampFromText("2023-13-40")).toBeUndefined();
  });

  it("keeps integers beyond 2^53 exact in JSON", () => {
    expect(plainValue("int64", 2n ** 60n)).toBe("1152921504606846976");
    expect(fromPlain("int64", "1152921504606846976")).toBe(2n ** 60n);
    expect(fromPlain("int64", 2 ** 60)).toBeUndefined();
    expect(fromPlain("int64", 1.5)).toBeUndefined();
    expect(fromPlain("text", 1)).toBeUndefined();
  });
});
