import { describe, expect, it } from "vitest";
import { BatchReader } from "../core/batch/index.ts";
import { recordShapeSchema } from "../core/model/index.ts";
import { batchOf, columns, faultOf, infer, rowsOf, run, start } from "./harness.ts";
import { catalogue, type Feed, OperatorFault, type Outlet } from "./index.ts";

const values = columns("value: int64");
const people = columns("name: text, age: int64?, weight: float64");
const ada = { name: "Ada", age: 36n, weight: 55.5 };
const bob = { name: "Bob", age: null, weight: 80 };
const cleo = { name: "Cleo", age: 12n, weight: 41.25 };

describe("the catalogue", () => {
  it("gives each operator its own digest, and the same each time", () => {
    const digests = [...catalogue().values()].map((operator) => operator.digest);
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("names the param at fault, or the inputs", () => {
    expect(faultOf("increment", { by: "one" }, [values])).toMatch(/^params\.by: /);
    expect(faultOf("increment", { add: 1 }, [values])).toMatch(/^params\.add: /);
    expect(faultOf("increment", {}, [])).toBe("inputs: increment takes 1 input, not 0");
    expect(faultOf("source-generator", {}, [values])).toBe("inputs: source-generator takes no inputs, not 1");
    expect(faultOf("aggregate", { compute: [{ function: "median" }] }, [values])).toMatch(
      /^params\.compute\.0\.function: /,
    );
  });

  it("says that it consumes all that its inputs carry", () => {
    const signature = infer("filter", { where: "age > 3" }, [people]);
    expect(signature).toMatchObject({
      ok: true,
      value: { consumes: ["name", "age", "weight"], output: people, stateless: true },
    });
  });
});

describe("source-generator", () => {
  async function generated(params: Record<string, unknown>) {
    const { running, output } = start("source-generator", params, []);
    if (running.kind !== "source") throw new Error("a source");
    const batches = [];
    for (let batch = await running.source.next(); batch !== null; batch = await running.source.next())
      batches.push(rowsOf(output!, batch));
    return batches;
  }

  it("counts from, by steps, in batches, the last one shorter", async () => {
    expect(await generated({ from: 10, step: -3, count: 5, batch: 2 })).toEqual([
      [{ value: 10n }, { value: 7n }],
      [{ value: 4n }, { value: 1n }],
      [{ value: -2n }],
    ]);
  });

  it("makes records as wide as asked: here 64 bytes", async () => {
    const params = { count: 3, batch: 3, payload: [{ attribute: "payload", type: "bytes", bytes: 52 }] };
    const [rows] = await generated(params);
    expect(rows).toHaveLength(3);
    expect((rows![0]!.payload as Uint8Array).length).toBe(52);
    expect(rows!.map((row) => row.value)).toEqual([0n, 1n, 2n]);
  });

  it("refuses values beyond exact integers, batches beyond the limit and doubled names", () => {
    expect(faultOf("source-generator", { from: Number.MAX_SAFE_INTEGER, count: 2 }, [])).toMatch(/^params\.count: /);
    const wide = { batch: 65_536, payload: [{ attribute: "payload", type: "bytes", bytes: 1000 }] };
    expect(faultOf("source-generator", wide, [])).toMatch(/^params\.batch: a batch would have/);
    expect(faultOf("source-generator", { payload: [{ attribute: "value" }] }, [])).toMatch(
      /^params\.payload\.0\.attribute: /,
    );
  });

  it("pauses between batches, and close ends the pause", async () => {
    const pauses: number[] = [];
    const sleep = async (ms: number, signal: AbortSignal) => {
      pauses.push(ms);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const { running } = start("source-generator", { every_ms: 250 }, [], { ports: { sleep } });
    if (running.kind !== "source") throw new Error("a source");
    expect(await running.source.next()).not.toBeNull();
    const waiting = running.source.next();
    await running.source.close();
    expect(await waiting).toBeNull();
    expect(pauses).toEqual([250]);
  });
});

describe("increment", () => {
  it("adds to integers and to floats, and leaves the rest alone", () => {
    expect(run("increment", {}, values, [[{ value: 10n }, { value: -1n }]])).toEqual([[{ value: 11n }, { value: 0n }]]);
    expect(run("increment", { attribute: "weight", by: 0.5 }, people, [[ada]])).toEqual([[{ ...ada, weight: 56 }]]);
    expect(run("increment", { by: -(2 ** 40) }, values, [[{ value: 5n }]])).toEqual([[{ value: 5n - 2n ** 40n }]]);
  });

  it("does not write into its input", () => {
    const { running } = start("increment", {}, [values]);
    const input = batchOf(values, [{ value: 1n }]);
    if (running.kind === "transform") running.transform.process(0, input);
    expect(rowsOf(values, input)).toEqual([{ value: 1n }]);
  });

  it("stops where int64 would wrap, in both directions", () => {
    expect(() => run("increment", {}, values, [[{ value: 2n ** 63n - 1n }]])).toThrow(OperatorFault);
    expect(() => run("increment", { by: -1 }, values, [[{ value: -(2n ** 63n) }]])).toThrow(OperatorFault);
    expect(faultOf("increment", { by: 0.5 }, [values])).toBe("params.by: value is int64; by must be a whole number");
  });
});

describe("filter", () => {
  it("keeps what the condition holds for; absent does not hold", () => {
    expect(run("filter", { where: "age >= 12" }, people, [[ada, bob, cleo]])).toEqual([[ada, cleo]]);
    expect(run("filter", { where: "not (age >= 12)" }, people, [[ada, bob]])).toEqual([]);
    expect(run("filter", { where: "age is null or name = 'Cleo'" }, people, [[ada, bob, cleo]])).toEqual([[bob, cleo]]);
  });

  it("passes a batch on untouched when all is kept", () => {
    const { running } = start("filter", { where: "true" }, [people]);
    const batch = batchOf(people, [ada]);
    expect(running.kind === "transform" && running.transform.process(0, batch)).toBe(batch);
  });

  it("says where a condition is wrong", () => {
    expect(faultOf("filter", { where: "age >" }, [people])).toBe(
      "params.where: at character 6: expected a value, not the end",
    );
    expect(faultOf("filter", { where: "agee > 1" }, [people])).toBe(
      "params.where: at character 1: the input does not carry agee; it carries name, age, weight",
    );
    expect(faultOf("filter", { where: "age + 1" }, [people])).toBe(
      "params.where: a condition is true or false; this is int64",
    );
  });
});

describe("map", () => {
  it("computes, replaces in place, and keeps or drops the rest", () => {
    const set = [
      { attribute: "weight", to: "weight * 2" },
      { attribute: "label", to: "upper(name) || '!'" },
    ];
    expect(run("map", { set }, people, [[ada]])).toEqual([[{ name: "Ada", age: 36n, weight: 111, label: "ADA!" }]]);
    expect(run("map", { set, keep: false }, people, [[ada]])).toEqual([[{ weight: 111, label: "ADA!" }]]);
  });

  it("infers types and whether values may be absent", () => {
    const set = [
      { attribute: "next", to: "age + 1" },
      { attribute: "known", to: "coalesce(age, 0)" },
    ];
    expect(infer("map", { set, keep: false }, [people])).toMatchObject({
      value: { output: columns("next: int64?, known: int64") },
    });
    expect(run("map", { set, keep: false }, people, [[bob]])).toEqual([[{ next: null, known: 0n }]]);
  });

  it("names the expression at fault, and faults on impossible data", () => {
    expect(
      faultOf(
        "map",
        {
          set: [
            { attribute: "a", to: "1" },
            { attribute: "b", to: "1 +" },
          ],
        },
        [people],
      ),
    ).toMatch(/^params\.set\.1\.to: at character 4: /);
    expect(() => run("map", { set: [{ attribute: "a", to: "1 % (age - age)" }] }, people, [[ada]])).toThrow(
      "divided by zero",
    );
  });
});

describe("project", () => {
  it("keeps in the order given, and renames", () => {
    const params = { keep: ["age", "name"], rename: [{ from: "name", to: "person.name" }] };
    expect(infer("project", params, [people])).toMatchObject({
      value: { output: columns("age: int64?, person.name: text") },
    });
    expect(run("project", params, people, [[ada, bob]])).toEqual([
      [
        { age: 36n, "person.name": "Ada" },
        { age: null, "person.name": "Bob" },
      ],
    ]);
  });

  it("refuses what is not there and what would collide", () => {
    expect(faultOf("project", { keep: ["height"] }, [people])).toMatch(
      /^params\.keep\.0: the input does not carry height/,
    );
    expect(faultOf("project", { rename: [{ from: "age", to: "name" }] }, [people])).toBe(
      "params.rename: two columns would be named name",
    );
    expect(faultOf("project", { keep: ["age"], rename: [{ from: "name", to: "x" }] }, [people])).toMatch(
      /^params\.rename\.0\.from: /,
    );
  });
});

describe("merge", () => {
  it("passes batches of every input through, and wants one shape", () => {
    const { running } = start("merge", {}, [values, values]);
    const batch = batchOf(values, [{ value: 1n }]);
    expect(running.kind === "transform" && running.transform.process(1, batch)).toBe(batch);
    expect(faultOf("merge", {}, [values, people])).toMatch(/^inputs\.1: input 1 carries name: text/);
    expect(faultOf("merge", {}, [values])).toBe("inputs: merge takes 2 to 16 inputs, not 1");
  });
});

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

describe("sink-print", () => {
  async function printed(params: Record<string, unknown>, shape: typeof values, rows: Record<string, unknown>[]) {
    const lines: string[] = [];
    const { running } = start("sink-print", params, [shape], { ports: { print: (line) => lines.push(line) } });
    if (running.kind !== "sink") throw new Error("a sink");
    await running.sink.write(batchOf(shape, rows));
    await running.sink.end();
    return lines;
  }

  it("prints bare values of one column, JSON of several", async () => {
    expect(await printed({}, values, [{ value: 11n }])).toEqual(["11"]);
    expect(await printed({ label: "out" }, people, [ada])).toEqual(['out {"name":"Ada","age":36,"weight":55.5}']);
  });

  it("stops at its limit and says how many more there were", async () => {
    const rows = [1n, 2n, 3n].map((value) => ({ value }));
    expect(await printed({ limit: 1 }, values, rows)).toEqual(["1", "and 2 more"]);
  });
});

const encode = (text: string) => new TextEncoder().encode(text);

describe("source-file", () => {
  function feedOf(format: Feed["format"], chunks: string[]) {
    let closed = 0;
    const feed: Feed = {
      format,
      async *read() {
        for (const chunk of chunks) yield encode(chunk);
      },
      async close() {
        closed++;
      },
    };
    return { feed, closed: () => closed };
  }

  async function read(format: Feed["format"], chunks: string[], batch = 2) {
    const { feed, closed } = feedOf(format, chunks);
    const options = { equipment: "diary", ports: { feed: async () => ({ ok: true as const, value: feed }) } };
    const { running } = start("source-file", { columns: people, batch }, [], options);
    if (running.kind !== "source") throw new Error("a source");
    const rows = [];
    for (let next = await running.source.next(); next !== null; next = await running.source.next())
      rows.push(rowsOf(people, next));
    expect(closed()).toBe(1);
    return rows;
  }

  it("reads CSV in chunks cut anywhere, and leaves out columns that were not asked for", async () => {
    const text = 'secret,weight,name,age\r\nx,55.5,"Ada",36\r\ny,80,Bob,\nz,41.25,"Cleo",12';
    const expected = [[ada, bob], [cleo]];
    expect(await read("csv", [text])).toEqual(expected);
    expect(await read("csv", [...text])).toEqual(expected);
  });

  it("reads NDJSON in chunks cut anywhere", async () => {
    const text = `${JSON.stringify({ ...ada, age: 36, secret: 1 })}\n\n{"name":"Bob","weight":80}\n`;
    expect(await read("ndjson", [...text])).toEqual([[ada, bob]]);
  });

  it("names the line at fault, never what stands on it", async () => {
    await expect(read("csv", ["name,age,weight\nAda,36,1\nBob,private,2\n"])).rejects.toThrow(
      "line 3: age is not int64",
    );
    await expect(read("csv", ["name,age\nAda,36\n"])).rejects.toThrow("line 1: the header does not name weight");
    await expect(read("csv", ['name,age,weight\n"Ada,36,1\n'])).rejects.toThrow("not CSV");
    await expect(read("ndjson", ["{}\n"])).rejects.toThrow("line 1: name is absent");
    await expect(read("ndjson", ['{"name":'])).rejects.toThrow("line 1: not JSON");
  });

  it("refuses to start without equipment, and fails when the node has none such", async () => {
    const context = {
      params: { columns: people },
      inputs: [],
      signature: { consumes: [], output: people, stateless: false },
    };
    const { noPorts } = await import("./harness.ts");
    expect(
      catalogue()
        .get("source-file")!
        .start({ ...context, ports: noPorts }),
    ).toMatchObject({ code: "operator-equipment" });
    const { running } = start("source-file", { columns: people }, [], { equipment: "nothing" });
    await expect(running.kind === "source" && running.source.next()).rejects.toMatchObject({
      refusal: { code: "operator-equipment", blame: "nothing" },
    });
  });
});

describe("sink-file", () => {
  function outletOf(format: "csv" | "ndjson", empty: boolean) {
    const written: string[] = [];
    const outlet: Outlet = {
      kind: "file",
      format,
      empty,
      append: async (bytes) => void written.push(new TextDecoder().decode(bytes)),
      close: async () => {},
    };
    return { written, ports: { outlet: async () => ({ ok: true as const, value: outlet }) } };
  }

  it("writes a header once, into an empty file only", async () => {
    for (const empty of [true, false]) {
      const { written, ports } = outletOf("csv", empty);
      const { running } = start("sink-file", {}, [people], { equipment: "out", ports });
      if (running.kind !== "sink") throw new Error("a sink");
      await running.sink.write(batchOf(people, [{ ...ada, name: 'A, "B"' }]));
      await running.sink.write(batchOf(people, [bob]));
      await running.sink.close();
      expect(written.join("")).toBe(`${empty ? "name,age,weight\n" : ""}"A, ""B""",36,55.5\nBob,,80\n`);
    }
  });

  it("writes NDJSON that source-file reads back", async () => {
    const { written, ports } = outletOf("ndjson", true);
    const { running } = start("sink-file", {}, [people], { equipment: "out", ports });
    if (running.kind === "sink") await running.sink.write(batchOf(people, [ada, bob]));
    expect(
      written
        .join("")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([{ ...ada, age: 36 }, bob]);
  });
});

describe("sink-result", () => {
  it("keeps each batch as it is, and waits until it is kept", async () => {
    const kept: Uint8Array[] = [];
    const ports = { keep: async (batch: Uint8Array) => void kept.push(batch) };
    const { running, output } = start("sink-result", {}, [values], { ports });
    const batch = batchOf(values, [{ value: 1n }]);
    if (running.kind === "sink") await running.sink.write(batch);
    expect(output).toBeNull();
    expect(kept).toEqual([batch]);
  });
});

describe("exit-http", () => {
  async function posted(answers: (number | "none")[], params = {}) {
    const pauses: number[] = [];
    const bodies: string[] = [];
    const outlet: Outlet = {
      kind: "http",
      async post(body) {
        bodies.push(new TextDecoder().decode(body));
        const answer = answers.shift() ?? 500;
        if (answer === "none") throw new Error("connection refused");
        return { status: answer };
      },
      close: async () => {},
    };
    const ports = {
      outlet: async () => ({ ok: true as const, value: outlet }),
      sleep: async (ms: number) => void pauses.push(ms),
    };
    const { running } = start("exit-http", params, [values], { equipment: "hook", ports });
    if (running.kind !== "sink") throw new Error("a sink");
    const outcome = await Promise.resolve(running.sink.write(batchOf(values, [{ value: 1n }, { value: 2n }]))).then(
      () => "delivered",
      (fault: OperatorFault) => fault.refusal.detail,
    );
    return { outcome, pauses, bodies };
  }

  it("posts NDJSON, tries again after no answer and after 5xx, with growing pauses", async () => {
    const { outcome, pauses, bodies } = await posted(["none", 503, 429, 204]);
    expect(outcome).toBe("delivered");
    expect(pauses).toEqual([200, 400, 800]);
    expect(bodies[3]).toBe('{"value":1}\n{"value":2}\n');
  });

  it("gives up after its attempts, and at once where another try is useless", async () => {
    expect(await posted([500, 500], { attempts: 2 })).toMatchObject({
      outcome: "2 attempts failed, the last with status 500",
      pauses: [200],
    });
    expect(await posted([404])).toMatchObject({ outcome: "the address answered status 404", pauses: [] });
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
