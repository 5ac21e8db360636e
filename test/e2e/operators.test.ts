// Operators of one's own, and a node's equipment, over real processes: what goes wrong in one query stays in that query.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageFile } from "../../src/sdk/package-root.ts";
import {
  eventually,
  type Live,
  numbers,
  pipeline,
  printed,
  run,
  running,
  settled,
  settledAs,
  startNetwork,
  until,
} from "./network.ts";

const files = mkdtempSync(join(tmpdir(), "hedgerow-e2e-files-"));
const shape = [
  { name: "room", type: "text", nullable: false },
  { name: "temperature", type: "int64", nullable: false },
];
/** What an address of the gateway's owner was posted; the first time it has no time for it. */
const posted: { key: string; status: number; readings: number[] }[] = [];
const receiver = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const readings = body
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { reading: number });
  // Only what was asked for travels: an attribute more would be a leak.
  for (const record of readings) expect(Object.keys(record)).toEqual(["reading"]);
  const status = posted.length === 0 ? 503 : 204;
  const key = String(request.headers["idempotency-key"]);
  posted.push({ key, status, readings: readings.map(({ reading }) => reading) });
  response.writeHead(status).end();
});

let network: Live;
beforeAll(async () => {
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/readings`;
  network = await startNetwork([
    {
      name: "meter",
      roles: ["producer"],
      equipment: [
        {
          name: "thermometer",
          kind: "sensor",
          file: join(files, "readings.csv"),
          format: "csv",
          shape,
          exclusive: true,
        },
      ],
    },
    { name: "workshop", roles: ["transform"] },
    {
      name: "gateway",
      roles: ["exit"],
      equipment: [
        { name: "board", kind: "outlet", file: join(files, "board.ndjson"), format: "ndjson", exclusive: false },
        { name: "hook", kind: "outlet", url: hook },
      ],
    },
    { name: "desk", roles: ["analyst"] },
  ]);
});
afterAll(async () => {
  await network?.close();
  receiver.close();
  rmSync(files, { recursive: true, force: true });
});

/** A folder with an operator in JavaScript that turns `value` into what it declares, or does not. */
function javascript(name: string, body: string): string {
  const folder = join(files, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "operator.js"), body);
  writeFileSync(
    join(folder, "operator.yaml"),
    `name: ${name}
summary: For a test.
body: { format: javascript, file: operator.js }
consumes: [{ name: value, type: int64 }]
produces: [{ name: value, type: int64 }]
stateless: true
limits: { memoryBytes: 16777216, batchMs: 300 }
`,
  );
  return folder;
}

const withOperator = (name: string, folder: string, count: number) => `hedgerow: 1
name: own
purpose: demonstration
operators: { ${name}: ${folder} }
cells:
  numbers: { run: source-generator, with: { from: 1, count: ${count}, every_ms: 5 }, at: producer }
  own: { run: ${name}, from: numbers, at: transform }
  print: { run: sink-print, from: own, at: exit }
`;

describe("operators of one's own", () => {
  it("in WebAssembly and in JavaScript give what they compute", async () => {
    const { analyst } = network;
    const sink = network.node("gateway");
    const wasm = join(files, "wasm");
    cpSync(packageFile("examples/operators/assemblyscript"), wasm, { recursive: true });
    const doubled = javascript(
      "twice",
      "function process(records) { return records.map((r) => ({ value: r.value * 2 })); }",
    );
    const total = await run(analyst, withOperator("running-total", wasm, 40));
    const twice = await run(analyst, withOperator("twice", doubled, 40));
    await Promise.all([settledAs(analyst, total.id, "completed"), settledAs(analyst, twice.id, "completed")]);
    expect(await printed(sink, total.id)).toEqual(numbers(1, 40).map((n) => (n * (n + 1)) / 2));
    expect(await printed(sink, twice.id)).toEqual(numbers(1, 40).map((n) => 2 * n));
    for (const { id } of [total, twice]) expect((await analyst.client.queryAudit({ id })).holds).toBe(true);
  });

  it("that loop, lie or throw end their own query, with the reason; the node and the other queries go on", async () => {
    const { analyst } = network;
    const sink = network.node("gateway");
    const bystander = await run(analyst, pipeline({ everyMs: 5 }));
    await running(analyst, bystander.id);
    const bad = {
      "operator-timeout": javascript("loops", "function process(records) { for (;;); }"),
      "operator-wrong-output": javascript(
        "lies",
        "function process(records) { return records.map(() => ({ name: 'Ada' })); }",
      ),
      "operator-threw": javascript("throws", "function process(records) { throw new Error('no'); }"),
    };
    for (const [code, folder] of Object.entries(bad)) {
      const { id } = await run(analyst, withOperator(folder.split("/").at(-1)!, folder, 1000));
      const view = await until(
        analyst,
        id,
        `it says ${code}`,
        ({ phase, reasons, outcome }) =>
          [...reasons, ...(outcome?.reasons ?? [])].some((reason) => reason.code === code) && phase !== "running",
      );
      const reasons = [...view.reasons, ...(view.outcome?.reasons ?? [])];
      expect(reasons.find((reason) => reason.code === code)).toMatchObject({
        vertex: "own",
        node: network.node("workshop").status.node,
      });
      if (view.phase !== "settled") await analyst.client.queryStop({ id });
      await settled(analyst, id);
      expect(await printed(sink, id)).toEqual([]);
    }
    const before = (await printed(sink, bystander.id)).length;
    await eventually("the bystander flows", async () =>
      (await printed(sink, bystander.id)).length > before + 20 ? true : undefined,
    );
    await analyst.client.queryStop({ id: bystander.id });
    const lines = await printed(sink, bystander.id);
    expect(lines).toEqual(numbers(11, lines.length));
  });
});

describe("a node's equipment", () => {
  const readings = (sink: string) => `hedgerow: 1
name: rooms
purpose: demonstration
cells:
  readings: { run: source-file, use: thermometer, at: producer, with: { columns: [{ name: room, type: text }, { name: temperature, type: int64 }], batch: 1024 } }
  warm: { run: filter, from: readings, at: transform, with: { where: "temperature > 10" } }
  means: { run: aggregate, from: warm, at: transform, with: { by: [room], compute: [{ function: mean, attribute: temperature, as: temperature.mean }, { function: count, as: readings }] } }
  out: { ${sink} }
`;

  it("reads a sensor's file and appends to an outlet's", async () => {
    writeFileSync(join(files, "readings.csv"), "room,temperature\nkitchen,20\nhall,8\nkitchen,22\nstudy,19\nhall,12\n");
    const { analyst } = network;
    const { id } = await run(analyst, readings("run: sink-file, use: board, from: means, at: exit"));
    const ended = await settledAs(analyst, id, "completed");
    expect(ended.outcome).toMatchObject({ undelivered: 0, reasons: [] });
    const lines = readFileSync(join(files, "board.ndjson"), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).sort((a, b) => (a.room < b.room ? -1 : 1))).toEqual([
      { room: "hall", "temperature.mean": 12, readings: 1 },
      { room: "kitchen", "temperature.mean": 21, readings: 2 },
      { room: "study", "temperature.mean": 19, readings: 1 },
    ]);
    expect((await analyst.client.queryAudit({ id })).holds).toBe(true);
  });

  it("posts what merge, sample and project leave to an outlet's address; a batch that is posted again has its key", async () => {
    const { analyst } = network;
    const { id } = await run(
      analyst,
      `hedgerow: 1
name: two-meters
purpose: demonstration
cells:
  left: { run: source-generator, at: producer, with: { from: 1, count: 30, batch: 5, payload: [{ attribute: note, type: text, bytes: 8 }] } }
  right: { run: source-generator, at: producer, with: { from: 101, count: 30, batch: 5, payload: [{ attribute: note, type: text, bytes: 8 }] } }
  thinned: { run: sample, from: left, at: transform, with: { every: 3 } }
  both: { run: merge, from: [thinned, right], at: transform }
  bare: { run: project, from: both, at: transform, with: { keep: [value], rename: [{ from: value, to: reading }] } }
  out: { run: exit-http, from: bare, at: exit, use: hook, with: { pause_ms: 10 } }
`,
    );
    const ended = await settledAs(analyst, id, "completed");
    expect(ended.outcome).toMatchObject({ undelivered: 0, reasons: [] });
    const taken = posted.filter(({ status }) => status === 204);
    const third = numbers(0, 10).map((n) => 1 + 3 * n);
    const inOrder = (readings: number[]) => [...readings].sort((a, b) => a - b);
    expect(inOrder(taken.flatMap(({ readings }) => readings))).toEqual([...third, ...numbers(101, 30)]);
    const [refused] = posted;
    expect(posted[1]).toEqual({ ...refused!, status: 204 });
    expect(refused!.key).toMatch(/^"[0-9a-f]{32}"$/);
    expect(new Set(taken.map(({ key }) => key)).size).toBe(taken.length);
    expect((await analyst.client.queryAudit({ id })).holds).toBe(true);
  });

  it("lends an exclusive sensor to one query at a time", async () => {
    const { analyst } = network;
    const many = Array.from({ length: 200_000 }, (_, i) => `kitchen,${20 + (i % 5)}\n`).join("");
    writeFileSync(join(files, "readings.csv"), `room,temperature\n${many}`);
    const first = await run(analyst, readings("run: sink-print, from: means, at: exit"));
    await running(analyst, first.id);
    const second = await run(analyst, readings("run: sink-print, from: means, at: exit"));
    const refused = await settledAs(analyst, second.id, "refused");
    expect(refused.outcome?.reasons[0]).toMatchObject({
      code: "equipment-in-use",
      node: network.node("meter").status.node,
    });
    await analyst.client.queryStop({ id: first.id });
    const third = await run(analyst, readings("run: sink-print, from: means, at: exit"));
    await running(analyst, third.id);
    await analyst.client.queryStop({ id: third.id });
  });
});
