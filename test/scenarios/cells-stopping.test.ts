// How cells end: drained from their sources, from behind, or given up; and what was never delivered is said.
import { afterEach, describe, expect, it } from "vitest";
import type { VertexId } from "../../src/core/base/index.ts";
import { limits } from "../../src/io/cells/limits.ts";
import { CellWorld, Wire } from "../../src/io/cells/world.ts";
import { openThree, range, runThree } from "../support/cells.ts";

let world: CellWorld;
afterEach(() => world.close());

describe("stopping", () => {
  it("an endless source drains: what it made arrives, then all end", async () => {
    world = new CellWorld(3);
    await openThree(world, { batch: 10 });
    await world.run();
    await world.until(() => world.lines.length > 500);
    world.hosts[0]!.drain(world.planned.plan.id, "source" as VertexId, []);
    await world.ended("source");
    expect(world.events.filter((event) => event.type === "drained")).toMatchObject([
      { vertex: "sink", undelivered: 0 },
      { vertex: "increment", undelivered: 0 },
      { vertex: "source", undelivered: 0 },
    ]);
    const made = world.hosts[0]!.statistics(world.planned.plan.id)[0]!.recordsOut;
    expect(world.values()).toEqual(range(1, made));
  });

  it("an input that was given up and still speaks disturbs nobody", async () => {
    world = new CellWorld(3);
    await runThree(world);
    const { plan } = world.planned;
    world.hosts[1]!.drain(plan.id, "increment" as VertexId, ["source>increment:0"]);
    await world.ended("increment");
    await world.ended("sink");
    expect(world.values()).toEqual(range(1, world.lines.length));
    expect(world.codes("failed")).toEqual([]);
  });

  it("ends as soon as it is told what is gone, though nothing comes from there and nobody takes what is held", async () => {
    world = new CellWorld(2);
    await world.open([
      { id: "source", operator: "source-generator", params: { batch: 10 }, on: 0 },
      { id: "left", operator: "increment", inputs: ["source"], on: 0 },
      { id: "right", operator: "increment", inputs: ["source"], on: 1 },
      { id: "merge", operator: "merge", inputs: ["left", "right"], on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["merge"], on: 0 },
    ]);
    const { drainTimeoutMs } = limits;
    Object.assign(limits, { drainTimeoutMs: 3_600_000 }); // nothing may wait for that
    try {
      await world.run();
      await world.until(() => world.lines.length > 100);
      const [host, dead] = world.hosts;
      const { plan } = world.planned;
      await dead!.discard(plan.id, "right" as VertexId, 0);
      host!.drain(plan.id, "source" as VertexId, []);
      host!.cut(plan.id, "source" as VertexId, ["source>right:0"]);
      host!.cut(plan.id, "merge" as VertexId, ["right>merge:1"]);
      for (const id of ["sink", "merge", "left", "source"]) await world.ended(id);
    } finally {
      Object.assign(limits, { drainTimeoutMs });
    }
    const held = world.events.flatMap((event) => (event.type === "drained" ? [[event.vertex, event.undelivered]] : []));
    expect(held.slice(0, 3)).toEqual(["sink", "merge", "left"].map((id) => [id, 0]));
    expect(held[3]).toEqual(["source", expect.any(Number)]);
    expect(held[3]![1]).toBeGreaterThan(0);
    expect(world.codes("failed")).toEqual([]);
  });

  it("ends from behind when nobody takes anything any more, and everybody before it does", async () => {
    world = new CellWorld(3);
    await runThree(world);
    const { drainTimeoutMs } = limits;
    Object.assign(limits, { drainTimeoutMs: 3_600_000 });
    try {
      const [first, second, dead] = world.hosts;
      const { plan } = world.planned;
      await dead!.discard(plan.id, "sink" as VertexId, 0);
      first!.drain(plan.id, "source" as VertexId, []);
      second!.cut(plan.id, "increment" as VertexId, ["increment>sink:0"]);
      for (const id of ["increment", "source"]) await world.ended(id);
    } finally {
      Object.assign(limits, { drainTimeoutMs });
    }
    expect(world.codes("failed")).toEqual([]);
  });

  it("comes to its end however often it is told to drain", async () => {
    world = new CellWorld(3);
    await runThree(world);
    const { plan } = world.planned;
    await world.hosts[2]!.discard(plan.id, "sink" as VertexId, 0);
    const { drainTimeoutMs } = limits;
    Object.assign(limits, { drainTimeoutMs: 200 });
    const again = setInterval(
      () => world.hosts[1]!.drain(plan.id, "increment" as VertexId, ["source>increment:0"]),
      limits.drainTimeoutMs / 4,
    );
    try {
      await world.ended("increment");
    } finally {
      clearInterval(again);
      Object.assign(limits, { drainTimeoutMs });
    }
    expect(world.codes("failed")).toEqual([]);
  });

  it("an excluded node gives nothing to its neighbours and gets nothing from them", async () => {
    world = new CellWorld(3);
    await runThree(world);
    for (const host of [world.hosts[0]!, world.hosts[2]!]) host.exclude(world.nodeOf(1));
    const { length } = world.lines;
    const held = () => world.hosts[0]!.statistics(world.planned.plan.id)[0]!.unacknowledged;
    await world.until(() => world.codes("edge-lost").length === 2);
    while (held() < 4_096) await new Promise((resolve) => setImmediate(resolve)); // it holds back, and keeps everything
    expect(world.codes("edge-lost")).toEqual(["certificate-revoked", "certificate-revoked"]);
    expect(world.lines).toHaveLength(length);
  });

  it("a source that was never released has nothing to drain", async () => {
    world = new CellWorld(1);
    await world.open([
      { id: "source", operator: "source-generator", on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
    ]);
    const { plan } = world.planned;
    for (const id of ["sink", "source"]) {
      expect(await world.hosts[0]!.start(plan.id, id as VertexId, world.wiring(id))).toMatchObject({ ok: true });
    }
    world.hosts[0]!.drain(plan.id, "source" as VertexId, []);
    await world.ended("source");
    expect(world.lines).toEqual([]);
  });

  it("a discarded cell says what it could not deliver", async () => {
    world = new CellWorld(2);
    await world.open([
      { id: "source", operator: "source-generator", on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 1 },
    ]);
    const wire = new Wire();
    wire.mangle = () => []; // nothing arrives
    await world.intercept("sink", wire);
    await world.run();
    const { plan } = world.planned;
    const full = () => world.hosts[0]!.statistics(plan.id)[0]!;
    while (full().unacknowledged < 4_096) await new Promise((resolve) => setImmediate(resolve));
    expect(await world.hosts[0]!.discard(plan.id, "source" as VertexId, 0)).toEqual({ undelivered: 4_096 });
    expect(full().batchesOut).toBe(4_096); // held back, did not run on
  });
});
