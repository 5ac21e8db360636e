// hedgerow query run FILE.yaml --dry-run: the query's own operators in their sandboxes, over invented data; no node is there.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { code, wasmModule } from "../scenarios/wasm-module.ts";
import { capture } from "./capture.ts";

const examples = join(import.meta.dirname, "../../examples");
const cwd = mkdtempSync(join(tmpdir(), "hedgerow-dry-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (...args: string[]) => capture(["query", "run", ...args], { cwd });
const dry = (...args: string[]) => run(...args, "--dry-run");
const example = (name: string, ...args: string[]) =>
  capture(["query", "run", join(examples, name), "--dry-run", ...args], { cwd });

async function told(...args: string[]) {
  const { exitCode, out } = await dry(...args, "--json");
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { exitCode, items: lines.slice(0, -1), last: lines.at(-1) };
}

/** A dataflow `inside` (a thermometer) → `hot` (an operator with this body) → `keep` at the asker, and beside it `all`, posted. */
function thermometer(name: string, body: string | Uint8Array, more = ""): string {
  const folder = join(cwd, name);
  mkdirSync(folder);
  const file = typeof body === "string" ? "operator.js" : "operator.wasm";
  writeFileSync(join(folder, file), body);
  writeFileSync(
    join(folder, "operator.yaml"),
    `name: own
body: { format: ${typeof body === "string" ? "javascript" : "wasm"}, file: ${file} }
consumes: [{ name: temperature.celsius, type: float64 }]
produces: [{ name: temperature.fahrenheit, type: float64 }]
limits: { batchMs: 200 }
${more}`,
  );
  writeFileSync(
    join(cwd, `${name}.yaml`),
    `hedgerow: 1
name: ${name}
purpose: demonstration
operators: { own: ./${name} }
cells:
  inside:
    run: source-file
    use: thermometer
    at: { node: meter }
    with:
      columns:
        - { name: measured_at, type: timestamp }
        - { name: temperature.celsius, type: float64 }
        - { name: noise.level, type: float64, nullable: true }
  hot: { run: own, from: inside, at: transform }
  keep: { run: sink-result, from: hot, at: asker }
  all: { run: exit-http, from: inside, use: web, at: exit }
`,
  );
  return `${name}.yaml`;
}
const fahrenheit = `globalThis.process = (records) =>
  records.map((record) => ({ "temperature.fahrenheit": record["temperature.celsius"] * 1.8 + 32 }));`;
const good = thermometer("good", fahrenheit);

describe("a dataflow that is well", () => {
  it("shows what arrives, marked as invented, and what each cell did", async () => {
    const { exitCode, out } = await example("windows-and-averages.yaml", "--records", "40");
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^INVENTED: nobody was asked, and nothing left this machine\. At most 40 records from each source\n/,
    );
    expect(out).toContain(`What print gets (sink-print, at exit)
print  {"window":0,"readings":20,"temperature.mean":76.75,"temperature.lowest":-40,"temperature.highest":189}
print  {"window":1,"readings":20,"temperature.mean":91.75,"temperature.lowest":-20,"temperature.highest":199}
print  {"window":2,"readings":20,"temperature.mean":106.75,"temperature.lowest":0,"temperature.highest":209}
print  {"window":3,"readings":20,"temperature.mean":121.75,"temperature.lowest":20,"temperature.highest":219}
`);
    expect(out).toMatch(/What each cell did, in 2 s of the sources' time/);
    expect(out).toMatch(/^ {2}summary +aggregate +transform +80 +4 +\S+ ms +temperature\.tenths$/m);
    expect(out).toContain("inside, outside would have gone on, after 40 records (--records)");
    expect((await example("windows-and-averages.yaml")).out).not.toContain("would have gone on");
  });

  it("cuts what it shows, not what it counts", async () => {
    const { out } = await example("ten-becomes-eleven.yaml");
    expect(out.match(/^print {2}\d+$/gm)).toHaveLength(50);
    expect(out).toContain("and 50 more; --json has all");
    expect(out).toMatch(/^ {2}print +sink-print +exit +100 /m);
  });

  it.each(readdirSync(examples).filter((name) => name.endsWith(".yaml")))("%s of the examples runs", async (name) => {
    const { exitCode, out } = await example(name, "--records", "25");
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^INVENTED/) });
  });

  it("invents what a sensor would give, of one seed the same, and says so", async () => {
    const { exitCode, out } = await dry(good, "--records", "6");
    expect(exitCode).toBe(0);
    expect(out).toContain(
      'sensor "thermometer" of inside is invented from seed 1, a record a second: measured_at timestamp; temperature.celsius float64; noise.level float64 in dB, now and then absent',
    );
    expect(out).toMatch(/What keep gets \(sink-result, at asker\)\nkeep {2}temperature\.fahrenheit=\d/);
    expect(out).toMatch(
      /^ {2}hot +own \(own\) +transform +6 +6 +\S+ ms +measured_at, temperature\.celsius, noise\.level$/m,
    );
    const again = (seed: string) => told(good, "--records", "6", "--seed", seed).then(({ items }) => items);
    expect(await again("1")).toEqual(await again("1"));
    expect(await again("2")).not.toEqual(await again("1"));
  });

  it("--json: each item that arrives, then what was tried", async () => {
    const { exitCode, items, last } = await told(good, "--records", "3");
    expect(exitCode).toBe(0);
    expect(items.map(({ invented, type, sequence, vertex }) => ({ invented, type, sequence, vertex }))).toEqual(
      [0, 1, 2].flatMap((record) => [
        { invented: true, type: "rows", sequence: 2 * record, vertex: "keep" },
        { invented: true, type: "line", sequence: 2 * record + 1, vertex: "all" },
      ]),
    );
    const [{ rows }, { text }] = items;
    const posted = JSON.parse(text);
    expect(posted).toMatchObject({
      measured_at: "2024-03-01T00:00:00.000000Z",
      "temperature.celsius": expect.any(Number),
    });
    expect(rows).toEqual([{ "temperature.fahrenheit": posted["temperature.celsius"] * 1.8 + 32 }]);
    const counts = { batchesIn: 3, recordsIn: 3, batchesOut: 3, recordsOut: 3, ms: expect.any(Number), cut: false };
    expect(last).toMatchObject({
      ...{ type: "invented", invented: true, name: "good", seed: 1, records: 3, spanMs: 2_000, fault: null },
      ...{ alternative: "default", alternatives: ["default"] },
      cells: [
        {
          ...{ id: "inside", kind: "source", own: false, at: { node: "meter" }, equipment: "thermometer", cut: true },
          produces: expect.arrayContaining([{ name: "noise.level", type: "float64", nullable: true, unit: "dB" }]),
        },
        { ...counts, id: "hot", own: true, withheld: ["measured_at", "temperature.celsius", "noise.level"] },
        { id: "keep", kind: "sink", at: "asker", recordsIn: 3, produces: null },
        { id: "all", kind: "sink", equipment: "web", recordsIn: 3 },
      ],
    });
  });

  it("two cells that read one sensor of a named node read the same", async () => {
    const source =
      "{ run: source-file, use: thermometer, at: { node: meter }, with: { columns: [{ name: temperature.celsius, type: float64 }] } }";
    writeFileSync(
      join(cwd, "twice.yaml"),
      `hedgerow: 1
name: twice
purpose: demonstration
cells:
  one: ${source}
  two: ${source}
  first: { run: sink-result, from: one, at: asker }
  second: { run: sink-result, from: two, at: asker }
`,
    );
    const { items } = await told("twice.yaml", "--records", "4");
    const of = (sink: string) => items.filter(({ vertex }) => vertex === sink).flatMap(({ rows }) => rows);
    expect(of("first")).toHaveLength(4);
    expect(of("second")).toEqual(of("first"));
  });

  it("of several plans it tries the preferred one, and says what it did not look at: policies forbid this one", async () => {
    const { exitCode, out } = await example("precise-or-coarse.yaml", "--records", "2");
    expect(exitCode).toBe(0);
    expect(out).toContain('plan "precise", the preferred one; not tried: coarse');
    expect(out).toMatch(/^print {2}4200\nprint {2}4217\n/m);
    expect(out).toMatch(/Not looked at: .*what their policies allow\. With a network: hedgerow query plan/);
  });
});

it("of plans that no network could place it says why, and tries the one behind", async () => {
  const cell = "run: source-file, use: door, at: { node: meter }, with: { columns: [{ name: door.open, type: bool }] }";
  writeFileSync(
    join(cwd, "odd-or-even.yaml"),
    `hedgerow: 1
name: odd-or-even
purpose: demonstration
plans:
  odd: { cells: { in: { ${cell} }, twin: { run: merge, from: [in, in], at: transform }, out: { run: sink-file, use: door, from: twin, at: { node: meter } } } }
  even: { cells: { in: { ${cell} }, twin: { run: sink-file, use: wall, from: in, at: exit } } }
  plain: { cells: { in: { ${cell} }, out: { run: sink-result, from: in, at: asker } } }
`,
  );
  const { exitCode, out } = await dry("odd-or-even.yaml", "--records", "1");
  expect(exitCode).toBe(0);
  expect(out).toContain('plan "even"; not tried: plain, for networks');
  expect(out).toMatch(
    /Alternatives passed over\n {2}odd\n.*your node is an analyst.*; meter has "door" as sensor, not as outlet/,
  );
  expect(out).toMatch(/^twin {2}\{"door\.open":(true|false)\}$/m);
});

it("Ctrl-C ends it", async () => {
  const { exitCode, out } = await capture(["query", "run", good, "--dry-run", "--json", "--records", "100000"], {
    cwd,
    interruptWhen: (shown) => shown.includes('"sequence":50'),
  });
  expect(exitCode).toBe(130);
  expect(out).not.toContain('"type":"invented"');
});

describe("what goes wrong", () => {
  it("faults of the file are those of `query validate`, word by word, and nothing is invented", async () => {
    writeFileSync(
      join(cwd, "bad.yaml"),
      `hedgerow: 1
name: bad
purpose: demonstration
cells:
  numbers: { run: source-generator, at: producer }
  more: { run: incremnt, from: numbers, at: transform }
  print: { run: sink-print, from: numbrs, at: transform }
`,
    );
    const validated = await capture(["query", "validate", "bad.yaml"], { cwd });
    const { exitCode, out } = await dry("bad.yaml");
    expect(exitCode).toBe(1);
    expect(out).toBe(validated.out);
    expect(out).toContain('Did you mean "increment"?');
    expect((await told("bad.yaml")).last).toMatchObject({ at: "faulty" });
  });

  it("an operator that throws: which cell, over what, in its own words; what came before has arrived", async () => {
    const file = thermometer(
      "throws",
      `let seen = 0;
globalThis.process = (records) => {
  if (++seen === 3) throw new RangeError("the third of " + records[0]["temperature.celsius"]);
  return records.map(() => ({ "temperature.fahrenheit": seen }));
};`,
      "stateless: false",
    );
    const { exitCode, out } = await dry(file);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /keep {2}temperature\.fahrenheit=1\nkeep {2}temperature\.fahrenheit=2\n[\s\S]*FAILED at hot \(own\): The operator threw an error\..* \[operator-threw\]\n {2}RangeError: the third of \S+ \(line 3\)\n {2}over its batch 3, of 1 record:\n {4}\{"measured_at":"2024-03-01T00:00:02/,
    );
    const { exitCode: again, items, last } = await told(file);
    expect(again).toBe(1);
    expect(items.map(({ vertex }) => vertex)).toEqual(["keep", "all", "keep", "all"]);
    const { "temperature.celsius": celsius } = last.fault.batch.first[0];
    expect(last.fault).toMatchObject({
      ...{ cell: "hot", operator: "own", code: "operator-threw", batch: { number: 3, records: 1 } },
      detail: `RangeError: the third of ${celsius} (line 3)`,
    });
  });

  it.each([
    ["never ends", "globalThis.process = () => { for (;;); };", "operator-timeout", "longer than 200 ms"],
    ["traps", wasmModule({ process: code.unreachable }), "operator-trap", "unreachable"],
    ["wants all memory", wasmModule({ process: code.memoryBomb }), "operator-out-of-memory", ""],
    [
      "gives what it did not declare",
      'globalThis.process = () => [{ "temperature.kelvin": 1 }];',
      "operator-wrong-output",
      "",
    ],
    ["is no JavaScript", "globalThis.process = (", "operator-malformed", "SyntaxError"],
  ])("an operator that %s", async (what, body, refusal, detail) => {
    const { exitCode, last, items } = await told(thermometer(what.replaceAll(" ", "-").toLowerCase(), body));
    expect(exitCode).toBe(1);
    expect(items).toEqual([]);
    expect(last.fault).toMatchObject({ cell: "hot", code: refusal, detail: expect.stringContaining(detail) });
  });

  it("a standard operator over what it cannot take, with the first records of the batch", async () => {
    writeFileSync(
      join(cwd, "sum.yaml"),
      `hedgerow: 1
name: sum
purpose: demonstration
cells:
  numbers: { run: source-generator, at: producer, with: { from: 9007199254740000, step: 0, batch: 1100 } }
  sums: { run: aggregate, from: numbers, at: transform, with: { compute: [{ function: sum, attribute: value }] } }
  keep: { run: sink-result, from: sums, at: asker }
`,
    );
    expect((await dry("sum.yaml", "--records", "1000")).exitCode).toBe(0);
    const { exitCode, out } = await dry("sum.yaml", "--records", "1100");
    expect(exitCode).toBe(1);
    expect(
      out,
    ).toContain(`FAILED at sums (aggregate): The operator met a value that it cannot work with. Filter such records out before it. [operator-data]
  a sum leaves the range of int64
  over its batch 1, of 1100 records:
    {"value":9007199254740000}
    {"value":9007199254740000}
    {"value":9007199254740000}
    and 1097 more
`);
  });
});

it.each([
  [["--people", "5"], "--people is for questions in SQL"],
  [["--willing", "all"], "--willing is for questions in SQL"],
  [["--minimum-people", "5"], "--minimum-people is for questions in SQL"],
  [["--param", "a=1"], "--param is for questions in SQL"],
  [["--every", "60"], "--every is for questions in SQL"],
  [["--patience", "5"], "--patience is for questions in SQL"],
  [["--follow"], "cannot be used with"],
  [["--records", "0"], "--records"],
])("%j is not for a dataflow's dry run", async (args, said) => {
  const { exitCode, err } = await dry(good, ...args);
  expect(exitCode).toBe(2);
  expect(err).toContain(said);
});

it("--records and --seed are for dry runs", async () => {
  for (const name of ["records", "seed"]) {
    const { exitCode, err } = await run(good, `--${name}`, "5");
    expect(exitCode).toBe(2);
    expect(err).toContain(`--${name} is for --dry-run`);
  }
});
