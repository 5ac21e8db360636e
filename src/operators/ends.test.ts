// Sources and sinks.
import { describe, expect, it } from "vitest";
import { batchOf, columns, faultOf, noPorts, rowsOf, start } from "./harness.ts";
import { catalogue, type Feed, type OperatorFault, type Outlet, type Position } from "./index.ts";

const values = columns("value: int64");
const people = columns("name: text, age: int64?, weight: float64");
const ada = { name: "Ada", age: 36n, weight: 55.5 };
const bob = { name: "Bob", age: null, weight: 80 };
const cleo = { name: "Cleo", age: 12n, weight: 41.25 };

const encode = (text: string) => new TextEncoder().encode(text);

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

const first: Position = { path: 0, origin: 0 };

describe("sink-print", () => {
  async function printed(params: Record<string, unknown>, shape: typeof values, rows: Record<string, unknown>[]) {
    const lines: string[] = [];
    const { running } = start("sink-print", params, [shape], { ports: { print: (line) => lines.push(line) } });
    if (running.kind !== "sink") throw new Error("a sink");
    await running.sink.write(batchOf(shape, rows), first);
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
      await running.sink.write(batchOf(people, [{ ...ada, name: 'A, "B"' }]), first);
      await running.sink.write(batchOf(people, [bob]), { path: 0, origin: 1 });
      await running.sink.close();
      expect(written.join("")).toBe(`${empty ? "name,age,weight\n" : ""}"A, ""B""",36,55.5\nBob,,80\n`);
    }
  });

  it("writes NDJSON that source-file reads back", async () => {
    const { written, ports } = outletOf("ndjson", true);
    const { running } = start("sink-file", {}, [people], { equipment: "out", ports });
    if (running.kind === "sink") await running.sink.write(batchOf(people, [ada, bob]), first);
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
  it("keeps each batch as it is with its position, and says what was kept before", async () => {
    const kept: [Uint8Array, Position][] = [];
    const before = [{ path: 0, origin: 6 }];
    const ports = {
      keep: async (batch: Uint8Array, position: Position) => void kept.push([batch, position]),
      kept: () => before,
    };
    const { running, output } = start("sink-result", {}, [values], { ports });
    const batch = batchOf(values, [{ value: 1n }]);
    if (running.kind !== "sink") throw new Error("a sink");
    expect(running.sink.written).toEqual(before);
    await running.sink.write(batch, { path: 0, origin: 7 });
    expect(output).toBeNull();
    expect(kept).toEqual([[batch, { path: 0, origin: 7 }]]);
  });
});

describe("exit-http", () => {
  async function posted(answers: (number | "none")[], params = {}) {
    const pauses: number[] = [];
    const bodies: string[] = [];
    const keys: string[] = [];
    const outlet: Outlet = {
      kind: "http",
      async post(body, headers) {
        keys.push(headers["idempotency-key"]);
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
    const outcome = await Promise.resolve(
      running.sink.write(batchOf(values, [{ value: 1n }, { value: 2n }]), first),
    ).then(
      () => "delivered",
      (fault: OperatorFault) => fault.refusal.detail,
    );
    return { outcome, pauses, bodies, keys };
  }

  it("posts a batch under one key, however often", async () => {
    expect((await posted(["none", 503, 204])).keys).toEqual(['"0.0"', '"0.0"', '"0.0"']);
  });

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
