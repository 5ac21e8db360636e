// What WebAssembly bodies may do wrong, each with its own refusal, while the operator next door goes on.
import { describe, expect, it } from "vitest";
import { prepareShape } from "../../src/core/batch/index.ts";
import { batchOf, columns, rowsOf } from "../../src/operators/harness.ts";
import { must, sandboxBench, values } from "./sandbox-harness.ts";
import { code, wasmModule } from "./wasm-module.ts";

const bench = sandboxBench();
const floats = columns("value: float64");

describe("a WebAssembly body", () => {
  it("passes batches through, many at once and in order", async () => {
    const operator = must(await bench.start({ body: wasmModule() }));
    const batches = Array.from({ length: 50 }, (_, i) => batchOf(values, [{ value: BigInt(i) }]));
    const answers = await Promise.all(batches.map((batch) => operator.process(0, batch)));
    expect(answers.map((answer) => rowsOf(values, must(answer)!)[0]!.value)).toEqual(batches.map((_, i) => BigInt(i)));
    expect(must(await operator.end())).toEqual([]);
    await operator.close();
    expect(await operator.process(0, batches[0]!)).toMatchObject({ code: "operator-closed" });
  });

  it("may give nothing, and is refused when it flushes without end", async () => {
    const silent = must(await bench.start({ body: wasmModule({ process: code.nothing }) }));
    expect(must(await silent.process(0, batchOf(values, [{ value: 1n }])))).toBeNull();
    await silent.close();
    const given = batchOf(values, [{ value: 1n }]);
    const flusher = must(
      await bench.start({
        body: wasmModule({ process: code.nothing, end: code.int64((1024n << 32n) | BigInt(given.length)) }),
      }),
    );
    // Its memory holds the last batch that it was given, and it flushes that forever.
    await flusher.process(0, given);
    expect(await flusher.end()).toMatchObject({
      code: "operator-wrong-output",
      detail: "more than 1024 batches at its end",
    });
  });

  it("sees the columns that it consumes, and no other", async () => {
    const wide = columns("secret: text, value: int64");
    const operator = must(await bench.start({ body: wasmModule(), inputs: [wide] }));
    const answer = must(await operator.process(0, batchOf(wide, [{ secret: "x", value: 7n }])));
    expect(rowsOf(values, answer!)).toEqual([{ value: 7n }]);
    await operator.close();
    expect(await bench.outcome({ body: wasmModule(), inputs: [columns("secret: text")] })).toBe(
      "operator-inputs: value must be int64; input 0 carries nothing of that name",
    );
  });

  it("is stopped in an endless loop", async () => {
    expect(await bench.outcome({ body: wasmModule({ process: code.endless }), limits: { batchMs: 50 } })).toBe(
      "operator-timeout: longer than 50 ms over one batch",
    );
  });

  it("is stopped when it traps, divides by zero or exhausts its stack", async () => {
    expect(await bench.outcome({ body: wasmModule({ process: code.unreachable }) })).toBe("operator-trap: unreachable");
    expect(await bench.outcome({ body: wasmModule({ process: code.divideByZero }) })).toBe(
      "operator-trap: divide by zero",
    );
    expect(await bench.outcome({ body: wasmModule({ process: code.recursion(1) }) })).toBe(
      "operator-trap: its call stack is exhausted",
    );
  });

  it("is stopped when it wants more memory than its limit", async () => {
    const limits = { memoryBytes: 16 * 65_536 };
    expect(await bench.outcome({ body: wasmModule({ process: code.memoryBomb }), limits })).toMatch(
      /^operator-out-of-memory: /,
    );
    expect(await bench.outcome({ body: wasmModule({ memory: { initial: 17 } }), limits })).toBe(
      "operator-out-of-memory: it begins with 17 pages of 64 KiB; its limit is 16",
    );
    expect(await bench.outcome({ body: wasmModule({ alloc: code.int32(0) }) })).toBe(
      "operator-out-of-memory: alloc gave 0",
    );
    expect(await bench.outcome({ body: wasmModule({ memory: { initial: 2, maximum: 3 } }), limits })).toBe("accepted");
  });

  it("is refused when it is not a module, or lacks what the ABI asks for", async () => {
    expect(await bench.outcome({ body: new Uint8Array(0) })).toMatch(/^operator-malformed: /);
    expect(await bench.outcome({ body: wasmModule().slice(0, 60) })).toMatch(/^operator-malformed: /);
    expect(await bench.outcome({ body: Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) })).toBe(
      "operator-malformed: it does not import env.memory",
    );
    expect(await bench.outcome({ body: wasmModule({ without: ["alloc"] }) })).toBe(
      "operator-malformed: it does not export the function alloc",
    );
    expect(await bench.outcome({ body: wasmModule({ without: ["process"] }) })).toBe(
      "operator-malformed: it does not export the function process",
    );
    expect(await bench.outcome({ body: wasmModule(), params: { limit: 3 } })).toBe(
      "operator-malformed: it has params and does not export configure",
    );
  });

  it("is refused with any import but env.memory, by its name", async () => {
    expect(await bench.outcome({ body: wasmModule({ functionImport: "wasi.clock_time_get" }) })).toBe(
      "operator-forbidden-import: wasi.clock_time_get (function)",
    );
  });

  it("is refused with features that escape the cap or differ between machines", async () => {
    const outcome = (body: Uint8Array) => bench.outcome({ body });
    expect(await outcome(wasmModule({ memory: null, ownMemory: true }))).toBe(
      "operator-malformed: it defines its own memory; import env.memory instead",
    );
    expect(await outcome(wasmModule({ memory: { flags: 3, initial: 2, maximum: 4 } }))).toBe(
      "operator-malformed: its memory is shared or 64-bit",
    );
    const grow = [0xd0, 0x70, 0x41, 0x01, 0xfc, 0x0f, 0x00, 0x1a, ...code.nothing];
    expect(await outcome(wasmModule({ table: true, process: grow }))).toBe(
      "operator-malformed: table.grow is not allowed",
    );
    const tables = Array<number>(8).fill(10_000_000); // the engine would end the whole process for want of memory
    expect(await outcome(wasmModule({ tables }))).toBe("operator-malformed: its tables have more than 65536 entries");
    expect(await outcome(wasmModule({ tables: [60_000, 6_000] }))).toMatch(/^operator-malformed: its tables/);
    expect(await outcome(wasmModule({ tables: [1_000], process: code.same }))).toBe("accepted");
    const atomicLoad = [...code.pointer, 0xfe, 0x10, 0x02, 0x00, 0x1a, ...code.nothing];
    expect(await outcome(wasmModule({ process: atomicLoad }))).toMatch(/^operator-malformed: /);
    const throwing = [0x06, 0x40, 0x0b, ...code.nothing];
    expect(await outcome(wasmModule({ process: throwing }))).toMatch(/^operator-malformed: /);
    const zero = [0xfd, 0x0c, ...Array<number>(16).fill(0)];
    const relaxed = [...zero, ...zero, 0xfd, 0x80, 0x02, 0x1a, ...code.nothing];
    expect(await outcome(wasmModule({ process: relaxed }))).toMatch(/^operator-malformed: /);
    const plainVector = [...zero, ...zero, 0xfd, 0xae, 0x01, 0x1a, ...code.same];
    expect(await outcome(wasmModule({ process: plainVector }))).toBe("accepted");
  });

  it("is stopped when it lies about where its output is, or how long", async () => {
    const outcome = (process: readonly number[]) => bench.outcome({ body: wasmModule({ process }) });
    expect(await outcome(code.int64((1024n << 32n) | 0xffff_ff00n))).toBe(
      "operator-lied-about-output: its output lies outside of its memory",
    );
    expect(await outcome(code.int64((0xffff_ff00n << 32n) | 64n))).toBe(
      "operator-lied-about-output: its output lies outside of its memory",
    );
    expect(await outcome(code.int64((1024n << 32n) | 32n))).toMatch(/^operator-lied-about-output: its length is not/);
    expect(await outcome([...code.pointer, ...code.int32(1000), ...code.storeInt32(4), ...code.same])).toMatch(
      /^operator-lied-about-output: /,
    );
    const descriptor = prepareShape(values).descriptors;
    expect(
      await outcome([...code.pointer, ...code.int32(8), ...code.storeInt32(descriptor + 4), ...code.same]),
    ).toMatch(/^operator-lied-about-output: column 0: data is out of place/);
    expect(await bench.outcome({ body: wasmModule({ alloc: code.int32(-8) }) })).toBe(
      "operator-lied-about-output: alloc gave room outside of its memory",
    );
  });

  it("is stopped when its output lacks an attribute or carries one more", async () => {
    const declared = "operator-wrong-output: it does not carry exactly the declared attributes";
    expect(await bench.outcome({ body: wasmModule(), produces: columns("value: int64, extra: int64") })).toBe(declared);
    expect(await bench.outcome({ body: wasmModule(), produces: columns("other: int64") })).toBe(declared);
    const two = columns("value: int64, secret: int64");
    expect(
      await bench.outcome({ body: wasmModule(), consumes: two, produces: values }, { value: 1n, secret: 2n }),
    ).toBe(declared);
  });

  it("is stopped when its output is larger than it declared", async () => {
    const body = wasmModule({ memory: { initial: 4 } });
    const operator = must(await bench.start({ body, limits: { outputBytes: 1024 } }));
    const rows = Array.from({ length: 200 }, (_, i) => ({ value: BigInt(i) }));
    expect(await operator.process(0, batchOf(values, rows))).toMatchObject({ code: "operator-wrong-output" });
  });

  it("gives NaN one bit pattern, whatever the body stored", async () => {
    const batch = batchOf(floats, [{ value: 1 }]);
    const at = prepareShape(floats).body;
    const operator = must(
      await bench.start({
        body: wasmModule({ process: [...code.pointer, ...code.int64(-1n), ...code.storeInt64(at), ...code.same] }),
        consumes: floats,
      }),
    );
    expect(must(await operator.process(0, batch))).toEqual(batchOf(floats, [{ value: Number.NaN }]));
    await operator.close();
  });

  it("answers what was asked before it is closed, or says that it was closed", async () => {
    const operator = must(
      await bench.start({ body: wasmModule({ process: code.endless }), limits: { batchMs: 60_000 } }),
    );
    const waiting = operator.process(0, batchOf(values, [{ value: 1n }]));
    await operator.close();
    expect(await waiting).toMatchObject({ code: "operator-closed" });
  });
});
