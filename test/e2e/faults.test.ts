// Faults while records flow, over real processes (PBDS §5.3, §6.5): nodes die with and without a spare, are told to stop,
// refuse; analysts die, detach, take over. Each network is its own, and they run side by side: most of it is waiting.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { LocalNode, LocalNodeOrder } from "../../src/sdk/local-network.ts";
import {
  end,
  eventually,
  type Live,
  nodeOf,
  numbers,
  pipeline,
  printed,
  run,
  running,
  settledAs,
  startNetwork,
  until,
} from "./network.ts";

const open: Live[] = [];
afterAll(() => Promise.all(open.map((network) => network.close())));

async function network(orders: readonly LocalNodeOrder[]): Promise<Live> {
  const started = await startNetwork(orders);
  open.push(started);
  return started;
}

const venue: LocalNodeOrder[] = [
  { name: "meter", roles: ["producer"] },
  { name: "workshop", roles: ["transform"] },
  { name: "gateway", roles: ["exit"] },
];
const annexe: LocalNodeOrder = { name: "annexe", roles: ["transform"] };
const desk: LocalNodeOrder = { name: "desk", roles: ["analyst"], principal: "ann" };

/** 200 batches a second. */
const flow = pipeline({ everyMs: 5 });

/** The same into windows of ten, of which the sink prints each record. */
const windows = `hedgerow: 1
name: tens
purpose: demonstration
cells:
  numbers:
    run: source-generator
    with: { from: 10, count: 0, every_ms: 5, attribute: reading.value }
    at: producer
  tens: { run: window, from: numbers, with: { count: 10, as: window }, at: transform }
  print: { run: sink-print, from: tens, at: exit }
`;

/** Waits until the sink has printed `more` lines than it has now. */
async function flows(sink: LocalNode, id: Parameters<typeof printed>[1], more = 50): Promise<void> {
  const before = (await printed(sink, id)).length;
  await eventually("records flow", async () => ((await printed(sink, id)).length >= before + more ? true : undefined));
}

/** The flow, asked by a node and flowing through the gateway. */
async function flowing(live: Live, analyst: LocalNode = live.analyst) {
  const { id } = await run(analyst, flow);
  const view = await running(analyst, id);
  const sink = live.node("gateway");
  await flows(sink, id);
  return { analyst, id, view, sink };
}

/** Stops it, and shows that the sink saw each value once, in order. */
async function stopAndCount(analyst: LocalNode, sink: LocalNode, id: Parameters<typeof printed>[1]) {
  const stopped = await analyst.client.queryStop({ id });
  expect(stopped).toMatchObject({ phase: "settled", outcome: { outcome: "stopped", undelivered: 0 } });
  const lines = await printed(sink, id);
  expect(lines).toEqual(numbers(11, lines.length));
  expect(lines.length).toBeGreaterThan(50);
  return { stopped, lines };
}

describe.concurrent("while records flow", () => {
  it("a killed transform goes on elsewhere, and the sink sees every value once; the audit says which cell went silent", async () => {
    const live = await network([...venue, annexe, desk]);
    const { analyst, id, view, sink } = await flowing(live);
    const victim = nodeOf(live, view, "plus-one");
    await live.kill(victim.order.name);
    const mended = await until(
      analyst,
      id,
      "the transform goes on elsewhere",
      ({ phase, vertices }) =>
        phase === "running" && vertices[1]!.incarnation === 1 && vertices[1]!.state === "running",
    );
    expect(nodeOf(live, mended, "plus-one")).not.toBe(victim);
    expect(mended.reasons).toEqual([]);
    const early = await analyst.client.queryAudit({ id });
    expect(early).toMatchObject({ verdict: "open", complete: false });
    expect(early.open).toContain("the query is still running");
    await flows(sink, id);
    const { stopped, lines } = await stopAndCount(analyst, sink, id);
    expect(stopped.outcome?.reasons.map(({ code }) => code)).not.toContain("batches-lost");
    expect(stopped.outcome).toMatchObject({ losses: [], reasons: [{ code: "stopped-by-analyst" }] });
    // What passed is the same on both sides of the cell that moved, and is what was printed.
    expect(stopped.edges.map(({ records }) => records)).toEqual([lines.length, lines.length]);
    expect(stopped.vertices.map(({ recordsOut }) => recordsOut)).toEqual([lines.length, lines.length, 0]);
    expect(stopped.vertices[1]!.former).toMatchObject([{ incarnation: 0, reason: { code: "node-unreachable" } }]);
    expect(stopped.vertices[1]!.former[0]!.nodeName).toContain(victim.order.name);
    const audit = await analyst.client.queryAudit({ id });
    expect(audit).toMatchObject({ verdict: "open", holds: true, complete: false });
    expect(audit.open).toContain("plus-one #0 gave no receipt");
    const cells = audit.cells.filter(({ vertex }) => vertex === "plus-one");
    expect(cells.map(({ incarnation, verdict }) => [incarnation, verdict])).toEqual([
      [0, "missing"],
      [1, "holds"],
    ]);
    expect(cells.find(({ incarnation }) => incarnation === 1)?.verdict).toBe("holds");
    expect(audit.cells.find(({ vertex }) => vertex === "numbers")?.verdict).toBe("holds");
    expect(audit.cells.map(({ verdict }) => verdict)).not.toContain("broken");
    expect(audit.edges.map(({ verdict }) => verdict)).not.toContain("broken");
    expect(lines.length).toBeGreaterThan(100);
  });

  it("without a spare a query is degraded and says why, and is whole again when the node is back", async () => {
    const live = await network([...venue, desk]);
    const { analyst, id, sink } = await flowing(live);
    // A cell signs once a second; what it has not signed when it is killed, nobody can show.
    await eventually("the cell has signed", async () => {
      const { cells } = await analyst.client.queryAudit({ id });
      return cells.some(({ vertex, receipts }) => vertex === "plus-one" && receipts > 0) ? true : undefined;
    });
    await live.kill("workshop");
    const damaged = await until(analyst, id, "it is degraded", ({ phase }) => phase === "degraded");
    expect(damaged.reasons).toContainEqual(expect.objectContaining({ code: "no-spare", vertex: "plus-one" }));
    expect(damaged.vertices[1]).toMatchObject({ state: "gone", nodeName: expect.stringMatching(/^workshop/) });
    await live.restart("workshop");
    await until(analyst, id, "it is whole again", ({ phase }) => phase === "running");
    await flows(sink, id);
    await stopAndCount(analyst, sink, id);
    // What it had signed before kill -9 lies on its disk: the cell that died did not go silent.
    const audit = await analyst.client.queryAudit({ id });
    expect(audit.holds).toBe(true);
    const [dead, heir] = audit.cells.filter(({ vertex }) => vertex === "plus-one");
    expect([dead, heir]).toMatchObject([
      { incarnation: 0, verdict: "open", reasons: [] },
      { incarnation: 1, verdict: "holds" },
    ]);
    expect(dead!.receipts).toBeGreaterThan(0);
    expect(audit.open.join()).not.toContain("gave no receipt");
  });

  it("what a window held goes with its node: said with its number, and the audit does not call it whole", async () => {
    const live = await network([...venue, annexe, desk]);
    const { analyst } = live;
    const { id } = await run(analyst, windows);
    const view = await running(analyst, id);
    await flows(live.node("gateway"), id, 5);
    const victim = nodeOf(live, view, "tens");
    await live.kill(victim.order.name);
    await until(analyst, id, "the window goes on elsewhere", ({ phase, vertices }) => {
      return phase === "running" && vertices[1]!.incarnation === 1 && vertices[1]!.state === "running";
    });
    await flows(live.node("gateway"), id, 5);
    const { outcome } = await analyst.client.queryStop({ id });
    expect(outcome).toMatchObject({ outcome: "stopped", losses: [{ vertex: "tens", incarnation: 0 }] });
    expect(outcome!.losses[0]!.mostBatches).toBeGreaterThan(0);
    const lost = outcome!.reasons.find(({ code }) => code === "batches-lost");
    expect(lost?.detail).toMatch(/^at most \d+ batches that tens had taken in went with its node; .* from 0 again$/);
    const audit = await analyst.client.queryAudit({ id });
    expect(audit).toMatchObject({ verdict: "open", complete: false });
    expect(audit.open).toContainEqual(expect.stringMatching(/^at most \d+ batches that tens had taken in/));
  });

  it("a node that is told to stop hands its cells over; one that is killed and started again takes its own back", async () => {
    const live = await network([...venue, annexe, desk]);
    const { analyst, id, view, sink } = await flowing(live);
    const leaver = nodeOf(live, view, "plus-one");
    expect(await end(leaver, "SIGTERM")).toBe(0);
    const moved = await until(analyst, id, "the cell has moved", ({ phase, vertices }) => {
      return phase === "running" && vertices[1]!.incarnation === 1 && vertices[1]!.state === "running";
    });
    const heir = nodeOf(live, moved, "plus-one");
    expect(heir).not.toBe(leaver);
    await flows(sink, id);
    await live.kill(heir.order.name);
    await live.restart(heir.order.name);
    await until(analyst, id, "it runs again", ({ phase, vertices }) => {
      return phase === "running" && vertices[1]!.incarnation === 2 && vertices[1]!.state === "running";
    });
    await flows(sink, id);
    await stopAndCount(analyst, sink, id);
  });

  it("an analyst that is killed and started again goes on; another node of hers takes over and stops", async () => {
    const live = await network([
      ...venue,
      desk,
      { ...desk, name: "laptop" },
      { ...desk, name: "rival", principal: "bob" },
    ]);
    const [analyst, laptop, rival] = [live.node("desk"), live.node("laptop"), live.node("rival")];
    const { id, sink } = await flowing(live, analyst);
    await live.kill("desk");
    await flows(sink, id); // nobody is needed for it to flow
    await live.restart("desk");
    await running(analyst, id);
    expect((await analyst.client.queryShow({ id })).vertices.map(({ incarnation }) => incarnation)).toEqual([0, 0, 0]);
    await analyst.client.queryDetach({ id });
    await flows(sink, id);
    await expect(rival.client.queryAttach({ id })).rejects.toMatchObject({ code: "query-unknown" });
    await expect(rival.client.queryStop({ id })).rejects.toMatchObject({ code: "query-unknown" });
    expect(await laptop.client.queryAttach({ id })).toMatchObject({ id, phase: "running" });
    await flows(sink, id);
    await stopAndCount(laptop, sink, id);
    expect((await laptop.client.queryAudit({ id })).holds).toBe(true);
  });

  it("a participant that refuses leaves nothing of the query anywhere: its policy changed after the analyst heard of it", async () => {
    const live = await network([...venue, desk]);
    const { analyst } = live;
    const meter = live.node("meter");
    await live.kill("meter"); // the analyst does not know yet, and plans with what it knows
    const { id } = await run(analyst, flow);
    const file = join(meter.folder, "node.yaml");
    const forbid = { effect: "forbid", attribute: "reading.value", reason: "not any more" };
    writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), policy: { rules: [forbid] } }));
    await live.restart("meter");
    const refused = await settledAs(analyst, id, "refused");
    expect(refused.outcome?.reasons[0]).toMatchObject({ code: "attribute-forbidden", node: meter.status.node });
    expect(refused.setupMs).toBeNull();
    for (const node of live.nodes) {
      await eventually("no cell is left", async () => ((await node.client.status()).cells === 0 ? true : undefined));
      expect((await node.client.status()).queries.active).toBe(0);
    }
    expect(await printed(live.node("gateway"), id)).toEqual([]);
  });
});
