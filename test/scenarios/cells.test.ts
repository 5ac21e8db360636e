// Cells at work: shapes of queries, failures, re-placements.
import { afterEach, describe, expect, it } from "vitest";
import { refuse, type VertexId } from "../../src/core/base/index.ts";
import { allocateBatch } from "../../src/core/batch/index.ts";
import type { ReceiptStore } from "../../src/core/cell/index.ts";
import { CellWorld } from "../../src/io/cells/world.ts";
import { createMemoryReceipts } from "../../src/io/storage/index.ts";
import { OperatorFault } from "../../src/operators/index.ts";
import { openThree, range, secretShape, sorted, transformNamed, valueShape } from "../support/cells.ts";
import { duplexPair } from "./duplex-pair.ts";

let world: CellWorld;
afterEach(() => world.close());

it("10 becomes 11: the paper's three operators, and the audit holds", async () => {
  world = new CellWorld(3);
  await openThree(world, { count: 3, from: 10 });
  await world.run();
  await world.ended("source");
  expect(world.lines).toEqual(["11", "12", "13"]);
  expect(world.events.map((event) => [event.vertex, event.type])).toEqual([
    ["source", "finished"],
    ["sink", "drained"],
    ["increment", "drained"],
    ["source", "drained"],
  ]);
  expect(world.audit()).toMatchObject({ holds: true, complete: true, lowestAssurance: "software" });
});

it("fans out and in: each branch carries everything once", async () => {
  world = new CellWorld(2);
  await world.open([
    { id: "source", operator: "source-generator", params: { count: 300, batch: 7 }, on: 0 },
    { id: "left", operator: "increment", params: { by: 1_000 }, inputs: ["source"], on: 1 },
    { id: "right", operator: "increment", params: { by: 2_000 }, inputs: ["source"], on: 0 },
    { id: "merge", operator: "merge", inputs: ["left", "right"], on: 1 },
    { id: "sink", operator: "sink-print", inputs: ["merge"], on: 0 },
    { id: "copy", operator: "sink-print", params: { label: "copy" }, inputs: ["right"], on: 1 },
  ]);
  await world.run();
  await world.ended("source");
  const merged = world.lines.filter((line) => !line.startsWith("copy")).map(Number);
  expect(sorted(merged)).toEqual([...range(1_000, 1_299), ...range(2_000, 2_299)]);
  expect(world.lines.filter((line) => line.startsWith("copy"))).toEqual(
    range(2_000, 2_299).map((value) => `copy ${value}`),
  );
  expect(world.audit()).toMatchObject({ holds: true, complete: true });
});

it("a stateful cell gives what it holds when its inputs end", async () => {
  world = new CellWorld(1);
  await world.open([
    { id: "source", operator: "source-generator", params: { count: 10 }, on: 0 },
    { id: "window", operator: "window", params: { count: 4 }, inputs: ["source"], on: 0 },
    { id: "sink", operator: "sink-print", inputs: ["window"], on: 0 },
  ]);
  await world.run();
  await world.ended("source");
  expect(world.lines.map((line) => JSON.parse(line).window)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
  expect(world.audit()).toMatchObject({ holds: true, complete: true });
});

describe("re-placing a cell while data flows", () => {
  // Small frames and large ones: they are sealed in different ways, and what is not acknowledged is sealed anew.
  it.each([3, 1_500])(
    "nothing is lost and nothing doubled, one cell after another and two at once: batches of %i",
    async (batch) => {
      world = new CellWorld(4);
      await world.open([
        { id: "source", operator: "source-generator", params: { batch }, on: 0 },
        { id: "first", operator: "increment", inputs: ["source"], on: 1, spares: [2, 3] },
        { id: "second", operator: "increment", inputs: ["first"], on: 2, spares: [1, 3] },
        { id: "sink", operator: "sink-print", inputs: ["second"], on: 0 },
      ]);
      await world.run();
      const more = (lines: number) => world.until(() => world.lines.length > lines);
      await more(300);
      await world.replace("first", 3);
      await more(world.lines.length + 300);
      await world.replace("second", 1);
      await more(world.lines.length + 300);
      const { plan } = world.planned;
      await Promise.all([
        world.hostOf.get("first")!.discard(plan.id, "first" as VertexId, 1),
        world.hostOf.get("second")!.discard(plan.id, "second" as VertexId, 1),
      ]);
      await world.replace("second", 3);
      await world.replace("first", 2);
      await more(world.lines.length + 300);
      world.hosts[0]!.drain(plan.id, "source" as VertexId, []);
      await world.ended("source");
      const made = world.hosts[0]!.statistics(plan.id).find((cell) => cell.vertex === "source")!.recordsOut;
      expect(world.values()).toEqual(range(2, made + 1));
      const audit = world.audit();
      expect(audit.edges.flatMap((edge) => edge.findings)).toEqual([]);
      expect(audit.edges.filter((edge) => edge.superseded).length).toBeGreaterThanOrEqual(4);
      // Of what was in flight to a cell that was discarded there is one signature only.
      expect(audit).toMatchObject({ holds: true, complete: false, missing: [] });
    },
  );

  it("says what the former cell had acknowledged; an older incarnation counts no more", async () => {
    world = new CellWorld(2);
    await world.open([
      { id: "source", operator: "source-generator", params: { count: 5 }, on: 0 },
      { id: "increment", operator: "increment", inputs: ["source"], on: 1, spares: [0] },
      { id: "sink", operator: "sink-print", inputs: ["increment"], on: 0 },
    ]);
    await world.run();
    await world.until(() => world.lines.length === 5);
    const old = world.wiring("source");
    const former = world.nodeOf(1);
    await world.place("increment", 0, 1);
    const { plan } = world.planned;
    const increment = world.hosts[0]!.start(plan.id, "increment" as VertexId, world.wiring("increment"));
    const rewired = await world.hosts[0]!.rewire(plan.id, "source" as VertexId, world.wiring("source"));
    expect(rewired).toMatchObject({
      ok: true,
      value: { acknowledged: [{ edge: "source>increment:0", node: former, incarnation: 0 }] },
    });
    expect(await world.hosts[0]!.rewire(plan.id, "sink" as VertexId, world.wiring("sink"))).toMatchObject({ ok: true });
    expect(await increment).toMatchObject({ ok: true });
    expect(await world.hosts[0]!.rewire(plan.id, "source" as VertexId, old)).toMatchObject({
      ok: false,
      code: "incarnation-outdated",
    });
  });
});

it("a stream through the overlay carries the edge when the direct dial fails", async () => {
  const inbox: { host?: CellWorld["hosts"][number] } = {};
  world = new CellWorld(2, {
    host: {
      openEdgeStream: async () => {
        const [near, far] = duplexPair();
        inbox.host!.acceptStream(far);
        return { ok: true, value: near };
      },
    },
  });
  await world.open([
    {
      id: "source",
      operator: "source-generator",
      params: { count: 2_000, batch: 1_000, payload: [{ attribute: "more", bytes: 64 }] },
      on: 0,
    },
    { id: "sink", operator: "sink-print", inputs: ["source"], on: 1 },
  ]);
  inbox.host = world.hosts[1]!;
  world.placed.set("sink", { ...world.placed.get("sink")!, edgeAddresses: ["127.0.0.1:1"] });
  await world.run();
  await world.ended("source");
  expect(world.lines.length).toBe(2_000);
  expect(world.audit()).toMatchObject({ holds: true, complete: true });
});

// ---- operators that misbehave

it("a cell whose receipts cannot be stored stops and says so, and what it signed before is still answered", async () => {
  const store = createMemoryReceipts();
  let isFull = false;
  const receiptStore: ReceiptStore = {
    ...store,
    open(cell, readers) {
      const log = store.open(cell, readers);
      return {
        get turning() {
          return log.turning;
        },
        append(receipt, closing) {
          if (isFull && cell.vertex === "increment") throw new Error("no space left on device");
          log.append(receipt, closing);
        },
        keepSecret: () => {},
        close: () => log.close(),
      };
    },
  };
  world = new CellWorld(1, { host: { receiptStore } });
  await world.open([
    { id: "source", operator: "source-generator", params: { every_ms: 1 }, on: 0 },
    { id: "increment", operator: "increment", inputs: ["source"], on: 0 },
    { id: "sink", operator: "sink-print", inputs: ["increment"], on: 0 },
  ]);
  await world.run();
  await world.until(() => world.lines.length > 5);
  const host = world.hosts[0]!;
  const before = host.receipts(world.planned.plan.id).length;
  isFull = true;
  await world.until(() => world.lines.length > 20);
  expect(host.receipts(world.planned.plan.id).length).toBeGreaterThanOrEqual(before);
  await world.until(() => world.codes("failed").length > 0);
  expect(world.events.filter(({ type }) => type === "failed")).toMatchObject([
    { vertex: "increment", code: "receipt-not-stored", detail: "no space left on device" },
  ]);
  expect(world.audit().cells.map(({ vertex, verdict }) => [vertex, verdict])).toEqual([
    ["source", "holds"],
    ["increment", "holds"],
    ["sink", "holds"],
  ]);
});

describe("a cell whose operator misbehaves is stopped, and the batch does not leave", () => {
  const rogues: [string, (batch: Uint8Array) => Uint8Array, string][] = [
    ["another attribute", () => allocateBatch(secretShape, 1).bytes, "output-not-as-declared"],
    ["bytes after the batch", (batch) => Uint8Array.of(...batch, 1, 2, 3, 4), "output-not-as-declared"],
    ["no batch at all", () => new Uint8Array(100), "output-not-as-declared"],
    [
      "more than its limit",
      () => allocateBatch(valueShape, 65_536 * 2 - 65_536).bytes.slice(0, 0),
      "output-not-as-declared",
    ],
    [
      "a fault",
      () => {
        throw new OperatorFault(refuse("operator-data", { detail: "not a number" }));
      },
      "operator-data",
    ],
    [
      "an exception",
      () => {
        throw new Error("secret data");
      },
      "operator-failed",
    ],
  ];
  for (const [what, process, code] of rogues) {
    it(`${what}: ${code}`, async () => {
      world = new CellWorld(3, { operators: [transformNamed("rogue", process)] });
      await world.open([
        { id: "source", operator: "source-generator", params: { count: 10 }, on: 0 },
        { id: "rogue", operator: "rogue", inputs: ["source"], on: 1 },
        { id: "sink", operator: "sink-print", inputs: ["rogue"], on: 2 },
      ]);
      await world.run();
      await world.until(() => world.codes("edge-lost").length === 2);
      expect(world.codes("failed")).toEqual([code]);
      expect(world.codes("edge-lost")).toEqual(["edge-reset", "edge-reset"]);
      expect(world.lines).toEqual([]);
      expect(JSON.stringify(world.events)).not.toContain("secret data");
      const audit = world.audit();
      expect(audit.cells.find((cell) => cell.vertex === "sink")).toMatchObject({ final: false });
      expect(audit.edges.find((edge) => edge.edge === "rogue>sink:0")?.sent ?? 0).toBe(0);
    });
  }

  it("and without a policy decision nothing leaves: no-policy-decision", async () => {
    world = new CellWorld(1);
    await world.open([
      { id: "source", operator: "source-generator", params: { count: 10 }, on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
    ]);
    const { plan, planDigest } = world.planned;
    const host = world.hosts[0]!;
    await host.forget(plan.id);
    const sources = await host.prepare({ plan, planDigest, vertex: "source" as VertexId, incarnation: 0 });
    expect(sources).toMatchObject({ ok: true });
    if (sources.ok) world.placed.set("source", { node: world.nodeOf(0), incarnation: 0, ...sources.value });
    await world.place("sink", 0);
    await world.run();
    await world.until(() => world.codes("failed").length > 0);
    expect(world.codes("failed")).toEqual(["no-policy-decision"]);
    expect(world.lines).toEqual([]);
  });
});

describe("wiring that is not the plan's is refused", () => {
  it("another node, a missing edge, a key that is none", async () => {
    world = new CellWorld(2);
    await world.open([
      { id: "source", operator: "source-generator", on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
    ]);
    const { plan } = world.planned;
    const start = (change: object) => {
      const { inputs, outputs } = world.wiring("sink");
      return world.hosts[0]!.start(plan.id, "sink" as VertexId, {
        inputs: inputs.map((end) => ({ ...end, ...change })),
        outputs,
      });
    };
    expect(await start({ node: world.nodeOf(1) })).toMatchObject({ ok: false, code: "wiring-not-of-plan" });
    expect(await start({ edge: "other>sink:0" })).toMatchObject({ ok: false, code: "wiring-not-of-plan" });
    expect(await start({ publicKey: new Uint8Array(31) })).toMatchObject({ ok: false, code: "bad-cell-key" });
    expect(await start({ publicKey: new Uint8Array(32) })).toMatchObject({ ok: false, code: "bad-cell-key" });
    expect(await start({})).toMatchObject({ ok: true });
  });

  it("a cell is prepared once per incarnation, and asked twice answers the same", async () => {
    world = new CellWorld(1);
    await world.open([
      { id: "source", operator: "source-generator", on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
    ]);
    const before = world.placed.get("sink");
    await world.place("sink", 0);
    expect(world.placed.get("sink")).toEqual(before);
    const { plan, planDigest } = world.planned;
    await world.place("sink", 0, 1);
    const older = await world.hosts[0]!.prepare({ plan, planDigest, vertex: "sink" as VertexId, incarnation: 0 });
    expect(older).toMatchObject({ ok: false, code: "cell-exists" });
  });
});
