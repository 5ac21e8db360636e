// What JavaScript bodies may do wrong, each with its own refusal, while the operator next door goes on.
import { describe, expect, it } from "vitest";
import { batchOf, columns, rowsOf } from "../../src/operators/harness.ts";
import { must, sandboxBench, values } from "./sandbox-harness.ts";

const bench = sandboxBench();
const quick = { batchMs: 100 };
const everything = columns("i: int64?, at: timestamp, f: float64, t: text, b: bool, raw: bytes");

describe("a JavaScript body", () => {
  it("gets plain records and gives plain records, of every type", async () => {
    const operator = must(await bench.start({ body: "const process = (records) => records;", consumes: everything }));
    const rows = [
      { i: 2n ** 62n, at: 1n, f: Number.NaN, t: "Ä\u0000\ud83c\udf33", b: true, raw: Uint8Array.of(0, 255) },
      { i: null, at: -5n, f: -0, t: "", b: false, raw: new Uint8Array(0) },
      { i: 7n, at: 2n ** 53n, f: Number.NEGATIVE_INFINITY, t: "!x", b: true, raw: Uint8Array.of(1) },
    ];
    expect(rowsOf(everything, must(await operator.process(0, batchOf(everything, rows)))!)).toEqual(rows);
    await operator.close();
  });

  it("gets its params and the number of the input, keeps state, and may flush at the end", async () => {
    const body = `
      let sum = 0;
      function process(records, params, input) { for (const { value } of records) sum += value * params.factor + input; }
      function end(params) { return [{ value: sum }]; }`;
    const operator = must(await bench.start({ body, params: { factor: 2 }, inputs: [values, values] }));
    expect(must(await operator.process(0, batchOf(values, [{ value: 1n }, { value: 2n }])))).toBeNull();
    expect(must(await operator.process(1, batchOf(values, [{ value: 3n }])))).toBeNull();
    expect(must(await operator.end()).map((batch) => rowsOf(values, batch))).toEqual([[{ value: 13n }]]);
    await operator.close();
  });

  it("has no clock, no randomness and no way out", async () => {
    const names = [
      "Date",
      "performance",
      "setTimeout",
      "fetch",
      "require",
      "WeakRef",
      "FinalizationRegistry",
      "Atomics",
      "std",
      "os",
    ];
    const body = `function process() { return [{ t: [${names.map((name) => `typeof ${name}`)}, typeof Math.random].join() }]; }`;
    const produces = columns("t: text");
    const operator = must(await bench.start({ body, produces }));
    const [row] = rowsOf(produces, must(await operator.process(0, batchOf(values, [{ value: 1n }])))!);
    expect(row).toEqual({
      t: Array(names.length + 1)
        .fill("undefined")
        .join(),
    });
    await operator.close();
  });

  it("is stopped in an endless loop, when it runs and when it starts", async () => {
    expect(await bench.outcome({ body: "function process() { for (;;); }", limits: quick })).toBe(
      "operator-timeout: longer than 100 ms",
    );
    expect(
      await bench.outcome({ body: "function process() { for (;;) try { for (;;); } catch {} }", limits: quick }),
    ).toMatch(/^operator-timeout: /);
  });

  it("is stopped inside a native function, where no interrupt reaches", async () => {
    const search = 'function process() { return "a".repeat(1 << 20).includes("a".repeat(1 << 19) + "b") ? [] : null; }';
    expect(await bench.outcome({ body: search, limits: quick })).toMatch(/^operator-timeout: /);
    const pattern = 'function process() { return /^(a+)+$/.test("a".repeat(60) + "b") ? [] : null; }';
    expect(await bench.outcome({ body: pattern, limits: quick })).toMatch(/^operator-timeout: /);
  });

  it("is stopped when it wants more memory than its limit", async () => {
    const limits = { memoryBytes: 4 * 1024 * 1024, batchMs: 10_000 };
    const hoard = "function process() { const all = []; for (;;) all.push({ all }); }";
    expect(await bench.outcome({ body: hoard, limits })).toMatch(/^operator-out-of-memory: /);
    const text = 'function process() { let text = "x"; for (;;) text += text; }';
    expect(await bench.outcome({ body: text, limits: { memoryBytes: 64 * 1024 * 1024, batchMs: 10_000 } })).toMatch(
      /^operator-(out-of-memory|threw): /,
    );
    expect(await bench.outcome({ body: "const all = []; for (;;) all.push({ all });", limits })).toMatch(
      /^operator-out-of-memory: /,
    );
  });

  it("is refused when it is not JavaScript, or defines no process", async () => {
    expect(await bench.outcome({ body: "function process( {" })).toMatch(/^operator-malformed: SyntaxError/);
    expect(await bench.outcome({ body: "const other = 1;" })).toBe(
      "operator-malformed: it does not define a function process(records, params)",
    );
    expect(await bench.outcome({ body: "import fs from 'fs'; function process() {}" })).toMatch(
      /^operator-malformed: /,
    );
  });

  it("says where it threw, but what it said only to its author", async () => {
    const body = "function process(records) {\n  throw new TypeError('value was ' + records[0].value);\n}";
    expect(await bench.outcome({ body })).toBe("operator-threw: TypeError (line 2)");
    expect(await bench.outcome({ body, explain: true })).toBe("operator-threw: TypeError: value was 10 (line 2)");
    expect(await bench.outcome({ body: "function process() { throw 10; }" })).toBe("operator-threw: an error");
    const trap = "function process() { throw { get name() { throw 1; }, get message() { throw 2; } }; }";
    expect(await bench.outcome({ body: trap })).toMatch(/^operator-threw: /);
    expect(await bench.outcome({ body: "function process() { return process(); }" })).toMatch(
      /^operator-(threw|trap): /,
    );
  });

  it("is stopped when its output lacks an attribute, carries one more or has another type", async () => {
    const outcome = (result: string) => bench.outcome({ body: `function process(records) { return ${result}; }` });
    expect(await outcome("[{ value: 1, secret: 2 }]")).toBe(
      "operator-wrong-output: record 1 carries an attribute that is not declared",
    );
    expect(await outcome("[{ value: 1 }, {}]")).toBe("operator-wrong-output: record 2: value must be int64, not null");
    expect(await outcome("[{ value: 'ten' }]")).toBe(
      "operator-wrong-output: record 1: value must be int64, not string",
    );
    expect(await outcome("[{ value: 1.5 }]")).toBe("operator-wrong-output: record 1: value must be int64, not number");
    expect(await outcome("[{ value: 2n ** 64n }]")).toBe(
      "operator-wrong-output: record 1: value must be int64, not bigint",
    );
    expect(await outcome("[7]")).toBe("operator-wrong-output: record 1 is not an object");
    expect(await outcome("7")).toBe("operator-wrong-output: a list of records was expected");
    expect(await outcome("Promise.resolve([])")).toBe("operator-wrong-output: a list of records was expected");
  });

  it("cannot smuggle anything past the check by meddling with the language", async () => {
    const meddle = (code: string, result = "[{ value: 1 }]") =>
      bench.outcome({ body: `${code}; function process() { return ${result}; }` });
    expect(await meddle("Array.prototype.toJSON = () => ({ columns: 1 })")).toMatch(/^operator-wrong-output: /);
    expect(await meddle("Object.prototype.toJSON = () => 'secret'")).toMatch(/^operator-wrong-output: /);
    expect(await meddle("BigInt.prototype.toString = () => 'secret'", "[{ value: 1n }]")).toBe(
      "operator-wrong-output: it did not give records",
    );
    expect(await meddle("JSON.stringify = Object.keys = () => 'secret'")).toBe("accepted");
    const liar = "new Proxy({ value: 1, secret: 2 }, { ownKeys: () => ['value'] })";
    expect(await meddle("", `[${liar}]`)).toBe("accepted");
  });

  it("is stopped when its output is larger than it declared", async () => {
    const body = "function process() { return Array.from({ length: 200 }, () => ({ value: 1 })); }";
    expect(await bench.outcome({ body, limits: { outputBytes: 1024 } })).toMatch(
      /^operator-wrong-output: \d+ bytes, at most 1024/,
    );
  });
});
