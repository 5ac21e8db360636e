// Invented records are what the shape says, the same for the same seed, and likely.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RowValue } from "../core/batch/index.ts";
import { type Column, columnTypes, type RecordShape } from "../core/model/index.ts";
import { recordParser } from "../operators/index.ts";
import { inventedFeed, inventedStartMicros, sensorIntervalMs, unitOf } from "./invented-sensors.ts";

async function recordsOf(shape: RecordShape, { seed = 1, name = "cell inside thermometer", count = 40 } = {}) {
  let waitedMs = 0;
  const sleep = async (ms: number) => {
    waitedMs += ms;
  };
  const feed = inventedFeed({ seed, name, shape, sleep });
  const parser = recordParser(feed.format, shape);
  const rows: RowValue[][] = [];
  for await (const chunk of feed.read()) {
    const parsed = parser.push(new TextDecoder().decode(chunk));
    if (!parsed.ok) throw new Error(`${parsed.code} ${parsed.detail}`);
    rows.push(...parsed.value);
    if (rows.length === count) await feed.close();
  }
  return { rows, waitedMs };
}
const column = (name: string, type: Column["type"], nullable = false) => ({
  name: name as Column["name"],
  type,
  nullable,
});

describe("what an invented sensor gives", () => {
  it("fits every shape: the reader of real feeds takes it", async () => {
    const shapes = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-z][a-z0-9_]{0,8}(\.[a-z0-9]{1,8}){0,2}$/),
        type: fc.constantFrom(...columnTypes),
        nullable: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8, selector: ({ name }) => name },
    );
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 0 }), async (made, seed) => {
        const shape = made.map(({ name, type, nullable }) => column(name, type, nullable));
        const { rows } = await recordsOf(shape, { seed });
        expect(rows).toHaveLength(40);
        for (const row of rows)
          for (const [at, { nullable }] of shape.entries()) if (!nullable) expect(row[at]).not.toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it("a record a second, in its timestamps and on its clock", async () => {
    const { rows, waitedMs } = await recordsOf([column("at", "timestamp")], { count: 3 });
    const second = BigInt(sensorIntervalMs) * 1_000n;
    expect(rows.flat()).toEqual([inventedStartMicros, inventedStartMicros + second, inventedStartMicros + 2n * second]);
    expect(waitedMs).toBe(2 * sensorIntervalMs);
  });

  it("is the same for the same seed and sensor, and for no other", async () => {
    const shape = [column("temperature.celsius", "float64"), column("door.open", "bool"), column("device", "text")];
    const first = await recordsOf(shape);
    expect(await recordsOf(shape)).toEqual(first);
    expect(await recordsOf(shape, { seed: 2 })).not.toEqual(first);
    expect(await recordsOf(shape, { name: "cell outside thermometer" })).not.toEqual(first);
  });

  it("a column is what it is whatever stands beside it", async () => {
    const alone = await recordsOf([column("temperature.celsius", "float64")]);
    const beside = await recordsOf([column("noise.level", "float64", true), column("temperature.celsius", "float64")]);
    expect(beside.rows.map((row) => row[1])).toEqual(alone.rows.map((row) => row[0]));
  });

  it("lies where unit or name makes it likely, and wanders as a measurement does", async () => {
    expect(unitOf("noise.level" as Column["name"])).toBe("dB");
    const shape = [
      column("noise.level", "float64"),
      column("temperature.tenths", "int64"),
      column("location.precise.latitude", "float64"),
      column("whatever", "float64"),
    ];
    const { rows } = await recordsOf(shape, { count: 400 });
    const bounds = [
      [35, 90],
      [140, 270],
      [48.81, 48.91],
      [0, 100],
    ];
    for (const [at, [from, to]] of bounds.entries()) {
      const values = rows.map((row) => Number(row[at]));
      for (const value of values) {
        expect(value).toBeGreaterThanOrEqual(from!);
        expect(value).toBeLessThanOrEqual(to!);
      }
      expect(new Set(values).size).toBeGreaterThan(20);
      const steps = values.slice(1).map((value, i) => Math.abs(value - values[i]!));
      expect(Math.max(...steps)).toBeLessThan((to! - from!) / 4);
    }
  });

  it("is absent now and then where it may be", async () => {
    const { rows } = await recordsOf([column("noise.level", "float64", true)], { count: 400 });
    const absent = rows.filter(([value]) => value === null).length;
    expect(absent).toBeGreaterThan(0);
    expect(absent).toBeLessThan(100);
  });
});
