// The paper's pipeline over real processes, and every route of the local API that is about queries.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standardNodes } from "../../src/sdk/local-network.ts";
import { packageFile } from "../../src/sdk/package-root.ts";
import { readSubmission } from "../../src/sdk/query.ts";
import {
  collect,
  type Live,
  nodeOf,
  numbers,
  pipeline,
  printed,
  refusal,
  rowsOf,
  run,
  running,
  settledAs,
  startNetwork,
  toAsker,
  until,
} from "./network.ts";

let network: Live;
beforeAll(async () => {
  network = await startNetwork(standardNodes(5));
});
afterAll(() => network?.close());

const unknown = { id: "f".repeat(32) as never };
const example = (name: string) => readSubmission(packageFile(`examples/${name}.yaml`));

describe("the paper's pipeline (PBDS §6.3)", () => {
  it("makes 11 of 10, each number once, in order, and its audit holds", async () => {
    const { analyst } = network;
    const { id } = await run(analyst, pipeline({ count: 200, everyMs: 5 }));
    const view = await running(analyst, id);
    expect(view.vertices.map(({ operator }) => operator)).toEqual(["source-generator", "increment", "sink-print"]);
    expect(new Set(view.vertices.map(({ node }) => node)).size).toBe(3);
    expect(view.setupMs).toBeGreaterThan(0);
    const ended = await settledAs(analyst, id, "completed");
    expect(await printed(nodeOf(network, ended, "print"), id)).toEqual(numbers(11, 200));
    expect(ended.outcome).toMatchObject({ undelivered: 0, reasons: [] });
    const audit = await analyst.client.queryAudit({ id });
    expect(audit.holds).toBe(true);
    expect(audit.assurance).toBe("software");
    expect(audit.cells.map(({ verdict }) => verdict)).toEqual(["holds", "holds", "holds"]);
    const edge = { batches: 200, records: 200, verdict: "holds" };
    expect(audit.edges).toMatchObject([edge, edge]);
  });
});

describe("the routes about queries", () => {
  it("validate and plan say what is wrong, and plan where everything would run, without sending anything", async () => {
    const { client } = network.analyst;
    const broken = { fileName: "q.yaml", text: pipeline({}).replace("increment", "incremnt") };
    expect(await client.queryValidate(broken)).toMatchObject({
      at: "faulty",
      faults: [{ code: "unknown-operator", file: "q.yaml", line: 11 }],
    });
    expect(await client.queryValidate(example("ten-becomes-eleven"))).toMatchObject({ at: "valid" });
    const planned = await client.queryPlan(example("ten-becomes-eleven"));
    if (planned.at !== "planned") throw new Error(JSON.stringify(planned));
    expect(planned.plan.exposure.flatMap(({ attributes }) => attributes)).toEqual(Array(3).fill("reading.value"));
    expect(planned.plan.vertices.find(({ id }) => id === "plus-one")?.spares).toHaveLength(1);
    const forbidden = await client.queryPlan(example("refused-by-policy"));
    expect(forbidden).toMatchObject({ at: "faulty", faults: [{ code: "attribute-forbidden", line: 7 }] });
    const second = await client.queryPlan(example("precise-or-coarse"));
    expect(second).toMatchObject({
      at: "planned",
      plan: {
        alternative: "coarse",
        skipped: [{ alternative: "precise", reasons: [{ code: "attribute-forbidden" }] }],
      },
    });
    for (const { client: theirs } of network.nodes) expect((await theirs.status()).queries.active).toBe(0);
  });

  it("ls, show, watch, logs, stop, result and audit follow one query from its start to its end", async () => {
    const { analyst } = network;
    const { client } = analyst;
    const { id, plan } = await run(analyst, pipeline({ everyMs: 2 }));
    const phases: string[] = [];
    const watching = (async () => {
      for await (const view of client.queryWatch({ id })) if (phases.at(-1) !== view.phase) phases.push(view.phase);
    })();
    const logs = collect(client.queryLogs({ id, follow: true }));
    const view = await running(analyst, id);
    const sink = nodeOf(network, view, "print");
    const live = sink.client.queryResult({ id, follow: true });
    const first = await live.next();
    expect(first.value).toMatchObject({ type: "line", sequence: 0, text: "11", vertex: "print" });

    const shown = await until(analyst, id, "records flow", ({ vertices }) =>
      vertices.every((one) => one.recordsIn + one.recordsOut > 20),
    );
    expect(shown).toMatchObject({ id, name: plan.name, phase: "running", assurance: "software", outcome: null });
    expect(shown.vertices.map(({ state }) => state)).toEqual(["running", "running", "running"]);
    const listed = (await client.queryList()).queries.find((one) => one.id === id);
    expect(listed).toMatchObject({ phase: "running", part: "analyst", vertices: 3, nodes: 3 });
    const theirs = (await sink.client.queryList()).queries.find((one) => one.id === id);
    expect(theirs).toMatchObject({ phase: "running", part: "participant" });
    expect((await client.queryAudit({ id })).edges.map(({ verdict }) => verdict)).not.toContain("broken");

    const stopped = await client.queryStop({ id });
    expect(stopped).toMatchObject({ phase: "settled", outcome: { outcome: "stopped", undelivered: 0 } });
    await watching;
    expect(phases.at(-1)).toBe("settled");
    expect(phases).toContain("running");
    expect((await logs).at(-1)).toMatchObject({ event: "settled", text: "stopped" });
    const lines = await printed(sink, id);
    expect(lines).toEqual(numbers(11, lines.length));
    expect(stopped.vertices[0]?.recordsOut).toBe(lines.length);
    const rest = await collect(live);
    expect(rest.at(-1)).toMatchObject({ type: "settled" });
    expect(rest).toHaveLength(lines.length);
    const audit = await client.queryAudit({ id });
    expect(audit).toMatchObject({ holds: true, edges: [{ records: lines.length }, { records: lines.length }] });
    expect((await client.queryList()).queries.find((one) => one.id === id)).toMatchObject({ outcome: "stopped" });
    expect(await client.queryStop({ id })).toMatchObject({ phase: "settled", outcome: { outcome: "stopped" } });
  });

  it("detach leaves a query to itself, attach takes it back", async () => {
    const { analyst } = network;
    const { client } = analyst;
    const { id } = await run(analyst, pipeline({ everyMs: 5 }));
    const view = await running(analyst, id);
    const sink = nodeOf(network, view, "print");
    await client.queryDetach({ id });
    const before = (await printed(sink, id)).length;
    await until(sink, id, "it flows on", ({ vertices }) => vertices[2]!.recordsIn > before + 50);
    expect(await client.queryAttach({ id })).toMatchObject({ id, phase: "running" });
    await client.queryStop({ id });
    const lines = await printed(sink, id);
    expect(lines).toEqual(numbers(11, lines.length));
  });

  it("a query left to itself is stopped like any other", async () => {
    const { analyst } = network;
    const { client } = analyst;
    const { id } = await run(analyst, pipeline({ everyMs: 5 }));
    const sink = nodeOf(network, await running(analyst, id), "print");
    await client.queryDetach({ id });
    expect(await client.queryStop({ id })).toMatchObject({ phase: "settled", outcome: { outcome: "stopped" } });
    const lines = await printed(sink, id);
    expect(lines).toEqual(numbers(11, lines.length));
    expect(await sink.client.queryShow({ id })).toMatchObject({ phase: "settled" });
  });

  it("refuse what they do not know", async () => {
    const { client } = network.analyst;
    for (const call of [
      () => client.queryShow(unknown),
      () => client.queryStop(unknown),
      () => client.queryDetach(unknown),
      () => client.queryAudit(unknown),
      () => collect(client.queryWatch(unknown)),
      () => collect(client.queryLogs(unknown)),
      () => collect(client.queryResult(unknown)),
    ])
      expect(await refusal(call())).toMatchObject({ code: "query-unknown", blame: unknown.id });
  });
});

describe("the result at the asker", () => {
  it("arrives complete and in order", async () => {
    const { analyst } = network;
    const { id } = await run(analyst, toAsker({ count: 3_000, batch: 100 }));
    const followed = await collect(analyst.client.queryResult({ id, follow: true }));
    expect(followed.at(-1)).toMatchObject({ type: "settled", outcome: { outcome: "completed", undelivered: 0 } });
    expect(rowsOf(followed)).toEqual(numbers(11, 3_000).map((value) => ({ "reading.value": value })));
    const last = followed.at(-2)!;
    if (last.type !== "rows") throw new Error(last.type);
    const again = await collect(analyst.client.queryResult({ id, from: last.sequence }));
    expect(again).toEqual(followed.slice(-2));
  });
});
