import { describe, expect, it } from "vitest";
import { BatchReader } from "../core/batch/index.ts";
import { recordShapeSchema } from "../core/model/index.ts";
import { batchOf, columns, faultOf, infer, rowsOf, run, start } from "./harness.ts";

const values = columns("value: int64");
const people = columns("name: text, age: int64?, weight: float64");

describe("window", () => {
  const events = columns("at: timestamp, value: int64");
  const at = (second: number, value = 0) => ({ at: BigInt(second) * 1_000_000n, value: BigInt(value) });
  const starts = (batches: Record<string, unknown>[][]) =>
    batches.map((rows) => rows.map((row) => [row.window, row.value]));

  it("by count: whole windows only, the rest at the end", () => {
    const rows = [1n, 2n, 3n, 4n, 5n].map((value) => ({ value }));
    expect(starts(run("window", { count: 2 }, values, [rows.slice(0, 1), rows.slice(1)]))).toEqual([
      [
        [0n, 1n],
        [0n, 2n],
        [1n, 3n],
        [1n, 4n],
      ],
      [[2n, 5n]],
    ]);
  });

  it("by event time: sends a window when the records' own time has passed it", () => {
    const batches = [[at(1, 1), at(9, 2)], [at(11, 3)], [at(31, 4)]];
    expect(starts(run("window", { every_ms: 10_000, timestamp: "at" }, events, batches))).toEqual([
      [
        [0n, 1n],
        [0n, 2n],
      ],
      [[10_000_000n, 3n]],
      [[30_000_000n, 4n]],
    ]);
  });

  it("waits for records out of order as long as told, then fails or drops as told", () => {
    const batches = [[at(1, 1)], [at(12, 2)], [at(3, 3)], [at(21, 4)], [at(4, 5)]];
    const params = { every_ms: 10_000, timestamp: "at", lateness_ms: 5_000 };
    expect(() => run("window", params, events, batches)).toThrow("raise params.lateness_ms");
    expect(starts(run("window", { ...params, late: "drop" }, events, batches))).toEqual([
      [
        [0n, 1n],
        [0n, 3n],
      ],
      [
        [10_000_000n, 2n],
        [20_000_000n, 4n],
      ],
    ]);
  });

  it("begins windows before 1970 below them, not above", () => {
    expect(starts(run("window", { every_ms: 10_000, timestamp: "at" }, events, [[at(-1, 7)]]))).toEqual([
      [[-10_000_000n, 7n]],
    ]);
  });

  it("refuses a timestamp that is none or may be absent, and a name that is taken", () => {
    expect(faultOf("window", { every_ms: 1, timestamp: "value" }, [events])).toBe(
      "params.timestamp: value is int64; allowed are timestamp",
    );
    expect(faultOf("window", { every_ms: 1, timestamp: "at" }, [columns("at: timestamp?")])).toMatch(
      /^params\.timestamp: at may be absent/,
    );
    expect(faultOf("window", { count: 2, as: "value" }, [values])).toBe("params.as: the input carries value already");
  });

  it("keeps each window whole when many complete at once", () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ value: BigInt(i) }));
    const batches = run("window", { count: 50_000 }, values, [rows, rows]);
    expect(batches.map((batch) => batch.length)).toEqual([50_000, 50_000, 20_000]);
    expect(batches.map((batch) => new Set(batch.map((row) => row.window)).size)).toEqual([1, 1, 1]);
  });
});

describe("aggregate", () => {
  const compute = [
    { function: "count" },
    { function: "sum", attribute: "value" },
    { function: "mean", attribute: "value" },
    { function: "min", attribute: "value" },
    { function: "max", attribute: "value" },
  ];
  const keyed = columns("key: text, value: int64?");
  const row = (key: string, value: bigint | null) => ({ key, value });

  it("by key, in the order of the keys, leaving absent values out", () => {
    const given = run("aggregate", { by: ["key"], compute }, keyed, [
      [row("b", 4n), row("a", 1n), row("b", null), row("a", 2n), row("c", null)],
    ]);
    expect(given).toEqual([
      [
        { key: "a", count: 2n, "value.sum": 3n, "value.mean": 1.5, "value.min": 1n, "value.max": 2n },
        { key: "b", count: 2n, "value.sum": 4n, "value.mean": 4, "value.min": 4n, "value.max": 4n },
        { key: "c", count: 1n, "value.sum": null, "value.mean": null, "value.min": null, "value.max": null },
      ],
    ]);
  });

  it("over the stream: nothing before the end, then everything", () => {
    const sum = [{ function: "sum", attribute: "value", as: "total" }];
    expect(run("aggregate", { compute: sum, over: "stream" }, values, [[{ value: 1n }], [{ value: 2n }]])).toEqual([
      [{ total: 3n }],
    ]);
    expect(infer("aggregate", { compute: sum, over: "stream" }, [values])).toMatchObject({
      value: { stateless: false },
    });
    expect(infer("aggregate", { compute: sum }, [values])).toMatchObject({ value: { stateless: true } });
  });

  it("after a window: each window complete", () => {
    const windows = start("window", { count: 2 }, [values]);
    const totals = start("aggregate", { by: ["window"], compute: [{ function: "sum", attribute: "value" }] }, [
      windows.output!,
    ]);
    if (windows.running.kind !== "transform" || totals.running.kind !== "transform") throw new Error("transforms");
    const windowed = windows.running.transform.process(
      0,
      batchOf(
        values,
        [1n, 2n, 3n, 4n].map((value) => ({ value })),
      ),
    );
    expect(rowsOf(totals.output!, totals.running.transform.process(0, windowed!)!)).toEqual([
      { window: 0n, "value.sum": 3n },
      { window: 1n, "value.sum": 7n },
    ]);
  });

  it("does not confuse keys of several columns, nor absent ones with text", () => {
    const two = columns("a: text?, b: text?");
    const rows = [
      { a: "x", b: "y\u00001:z" },
      { a: "x\u00001:y", b: "z" },
      { a: null, b: "null" },
      { a: "null", b: null },
    ];
    expect(run("aggregate", { by: ["a", "b"], compute: [{ function: "count" }] }, two, [rows])[0]).toHaveLength(4);
  });

  it("faults on a sum beyond int64, and refuses what cannot be computed", () => {
    const sum = [{ function: "sum", attribute: "value" }];
    expect(() => run("aggregate", { compute: sum }, values, [[{ value: 2n ** 63n - 1n }, { value: 1n }]])).toThrow(
      "leaves the range",
    );
    expect(faultOf("aggregate", { compute: [{ function: "mean", attribute: "name" }] }, [people])).toBe(
      "params.compute.0.attribute: name is text; allowed are int64, float64",
    );
    expect(faultOf("aggregate", { compute: [{ function: "sum" }] }, [people])).toBe(
      "params.compute.0.attribute: sum needs an attribute",
    );
    expect(faultOf("aggregate", { compute: [{ function: "count" }, { function: "count" }] }, [people])).toBe(
      "params.compute: two columns share a name",
    );
  });
});

describe("sample", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ value: BigInt(i) }));

  it("every n-th, counted over batches", () => {
    const given = run("sample", { every: 3 }, values, [rows.slice(0, 4), rows.slice(4, 5), rows.slice(5, 10)]);
    expect(given.flat().map((row) => row.value)).toEqual([0n, 3n, 6n, 9n]);
  });

  it("by hash: about the fraction, the same each time, another one for another seed", () => {
    const chosen = (seed: number) => run("sample", { fraction: 0.3, by: "value", seed }, values, [rows]).flat();
    expect(chosen(1)).toEqual(chosen(1));
    expect(chosen(1)).not.toEqual(chosen(2));
    expect(chosen(1).length).toBeGreaterThan(230);
    expect(chosen(1).length).toBeLessThan(370);
    expect(run("sample", { fraction: 1, by: "value" }, values, [rows]).flat()).toHaveLength(1000);
    expect(run("sample", { fraction: 0, by: "value" }, values, [rows])).toEqual([]);
  });

  it("keeps all records of a value or none", () => {
    const doubled = run("sample", { fraction: 0.5, by: "value" }, values, [[...rows, ...rows]]).flat();
    const counts = new Map<unknown, number>();
    for (const row of doubled) counts.set(row.value, (counts.get(row.value) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 2)).toBe(true);
  });
});

describe("every output", () => {
  it("has a shape that the model accepts", () => {
    const inputs = [columns("value: int64, at: timestamp")];
    const each: [string, Record<string, unknown>][] = [
      ["increment", {}],
      ["filter", { where: "value > 1" }],
      ["map", { set: [{ attribute: "x", to: "value / 2" }] }],
      ["project", { keep: ["at"] }],
      ["window", { every_ms: 5, timestamp: "at" }],
      ["aggregate", { by: ["at"], compute: [{ function: "mean", attribute: "value" }] }],
      ["sample", { every: 2 }],
    ];
    for (const [name, params] of each) {
      const signature = infer(name, params, inputs);
      expect(signature.ok && recordShapeSchema.safeParse(signature.value.output).success, name).toBe(true);
      const { running, output } = start(name, params, inputs);
      if (running.kind !== "transform") throw new Error("a transform");
      const batch = batchOf(inputs[0]!, [{ value: 5n, at: 1n }]);
      for (const made of [running.transform.process(0, batch), ...running.transform.end()]) {
        if (made !== null) expect(new BatchReader(made, output!).rows).toBeGreaterThan(0);
      }
    }
  });
});
