// hedgerow query show, watch, result and stop against a daemon whose service is made up.
import { describe, expect, it } from "vitest";
import { accept } from "../../src/core/base/index.ts";
import type { NodeService } from "../../src/sdk/index.ts";
import { startFakeNode } from "./capture.ts";
import { cameraNode, exitNode, otherQueryId, queryId, viewAt } from "./fake-service.ts";
import { cwd, fake, open, otherNode } from "./made-up-node.ts";

function lossy(mostBatches: number | null) {
  const losses = [{ vertex: "plus", incarnation: 0, node: exitNode, nodeName: "gateway", mostBatches }];
  return { outcome: "completed", reasons: [], undelivered: 0, losses, settledAtMs: 1 } as const;
}

describe("which query", () => {
  const two: NodeService["queryList"] = async () =>
    accept({
      queries: [queryId, otherQueryId].map((id, at) => ({
        id,
        name: `query-${at}`,
        phase: "running",
        outcome: null,
        startedAtMs: 1,
        setupMs: 1,
        vertices: 3,
        nodes: 2,
        part: "analyst",
      })),
    });
  it("is the newest when none is named, or one by name or by the start of its id", async () => {
    const hedgerow = await fake({ queryList: two });
    for (const args of [["show"], ["show", "01234"], ["show", "query-0"], ["show", queryId]]) {
      const { exitCode, out } = await hedgerow("query", ...args, "--json");
      expect(exitCode, args.join(" ")).toBe(0);
      expect(JSON.parse(out).id).toBe(queryId);
    }
  });
  it("is asked for when it is not clear or not known", async () => {
    const hedgerow = await fake({ queryList: two });
    const unclear = await hedgerow("query", "show", "0123");
    expect(unclear.exitCode).toBe(1);
    expect(unclear.err).toContain("Give more of the id");
    const unknown = await hedgerow("query", "show", "nonsense");
    expect(unknown.err).toContain("hedgerow query ls");
    const gone = await hedgerow("query", "show", "f".repeat(32), "--json");
    expect(gone.exitCode).toBe(1);
    expect(JSON.parse(gone.out)).toMatchObject({ ok: false, code: "unknown-query" });
  });
});

const moved = { state: "running", incarnation: 1, node: cameraNode, nodeName: "camera" } as const;
const place = (phase: "running" | "degraded" | "settled", plus: object, over: Parameters<typeof viewAt>[1] = {}) => {
  const view = viewAt(phase, over);
  return { ...view, vertices: view.vertices.map((cell) => (cell.id === "plus" ? { ...cell, ...plus } : cell)) };
};
const silent = { code: "node-unreachable", sentence: "The node does not answer.", node: exitNode, nodeName: "gateway" };

describe("query watch", () => {
  const views = [
    place("running", {}),
    place("degraded", { state: "gone", nodeName: "gateway (…EEEEEEEE)" }),
    place("running", { ...moved, former: [{ incarnation: 0, node: exitNode, nodeName: "gateway", reason: silent }] }),
    place("running", moved),
    place("running", moved),
  ];
  const watched: NodeService["queryWatch"] = async () =>
    accept(
      (async function* () {
        yield* views;
      })(),
    );

  it("says when a node stops answering and where a cell moved, and repeats no line", async () => {
    const hedgerow = await fake({ queryWatch: watched });
    const { exitCode, out } = await hedgerow("query", "watch");
    expect(exitCode).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^[\d:.]+ /, "").replace(/, \d+ records.*/, ""))).toEqual([
      "running, 3/3 cells running",
      "gateway stopped answering (plus)",
      "degraded, 2/3 cells running",
      "plus moved from gateway to camera: The node does not answer.",
      "running, 3/3 cells running",
    ]);
  });

  it("leaves these lines standing above the picture on a terminal", async () => {
    const node = await startFakeNode({ queryWatch: watched });
    open.push(node);
    const { out } = await node.run(["query", "watch"], { cwd, tty: true, env: { NO_COLOR: "1" } });
    const pictures = out.split("\u001b[J").slice(1);
    expect(pictures.filter((picture) => /^[\d:.]+ plus moved from gateway to camera/.test(picture))).toHaveLength(1);
    expect(out.match(/plus moved/g)).toHaveLength(1);
  });

  it("of a query that lost batches exits 1", async () => {
    const hedgerow = await fake({
      queryWatch: async () =>
        accept(
          (async function* () {
            yield place("settled", moved, { outcome: lossy(20) });
          })(),
        ),
    });
    expect((await hedgerow("query", "watch")).exitCode).toBe(1);
  });
});

describe("losses", () => {
  for (const [most, words] of [
    [20, "at most 20 accepted batches lost with a node"],
    [null, "an unknown number of accepted batches lost with a node"],
  ] as const)
    it(`are said with their number (${most}), exit 1, and are never called delivered`, async () => {
      const outcome = lossy(most);
      const hedgerow = await fake({
        queryShow: async () => accept(place("settled", moved, { outcome })),
        queryStop: async () => accept(place("settled", moved, { outcome })),
        queryResult: async () =>
          accept(
            (async function* () {
              yield { type: "settled", outcome, assurance: null } as const;
            })(),
          ),
      });
      const stop = await hedgerow("query", "stop", "0123");
      const result = await hedgerow("query", "result");
      const show = await hedgerow("query", "show");
      expect([stop.exitCode, result.exitCode, show.exitCode]).toEqual([1, 1, 0]);
      for (const text of [stop.out, result.err, show.out]) {
        expect(text).toContain(`completed; ${words}`);
        expect(text).not.toContain("every accepted batch was delivered");
        expect(text).not.toContain("[object");
      }
      const { out } = await hedgerow("query", "result", "--json");
      expect(JSON.parse(out).outcome.losses).toEqual([expect.objectContaining({ vertex: "plus", mostBatches: most })]);
    });
});

describe("names", () => {
  it("of nodes stand in what is said of them, also of one that is gone", async () => {
    const reasons = [{ ...silent, node: otherNode, nodeName: "annexe (…XXXXXXXX)", vertex: "plus" }];
    const hedgerow = await fake({ queryShow: async () => accept(place("degraded", { state: "gone" }, { reasons })) });
    const { out } = await hedgerow("query", "show");
    expect(out).toMatch(/receipts +-\n/);
    expect(out).toContain("The node does not answer. (cell plus; node annexe (…XXXXXXXX))");
  });
});

it("node peers shows what each may do, and what it does", async () => {
  const hedgerow = await fake();
  const { out } = await hedgerow("node", "peers");
  expect(out).toMatch(/ROLES +FUNCTIONS[\s\S]*producer +producer/);
});

describe("--json", () => {
  const documents = [
    ["query", "plan", "good.yaml"],
    ["query", "ls"],
    ["query", "show"],
    ["query", "stop", "0123"],
    ["query", "audit"],
    ["node", "status"],
    ["node", "peers"],
    ["node", "metrics"],
    ["node", "connect", "/ip4/127.0.0.1/tcp/1"],
    ["node", "import-revocations", "good.yaml"],
    ["doctor"],
  ];
  for (const args of documents) {
    it(`hedgerow ${args.join(" ")} writes one document and nothing else to stdout`, async () => {
      const hedgerow = await fake();
      const { exitCode, out } = await hedgerow(...args, "--json");
      expect(exitCode).toBe(0);
      expect(out.endsWith("\n")).toBe(true);
      expect(JSON.parse(out)).toBeTypeOf("object");
      const plain = await hedgerow(...args);
      expect(plain.exitCode).toBe(0);
      expect(plain.out.length).toBeGreaterThan(0);
    });
  }
  for (const args of [
    ["query", "watch"],
    ["query", "logs"],
    ["query", "result"],
  ]) {
    it(`hedgerow ${args.join(" ")} writes a document per line`, async () => {
      const hedgerow = await fake();
      const { exitCode, out } = await hedgerow(...args, "--json");
      expect(exitCode, out).toBe(0);
      for (const line of out.trimEnd().split("\n")) expect(JSON.parse(line)).toBeTypeOf("object");
    });
  }
});

describe("results", () => {
  it("of a query that failed exit 1", async () => {
    const outcome = { outcome: "failed", reasons: [], undelivered: 2, settledAtMs: 1 } as const;
    const hedgerow = await fake({
      queryResult: async () =>
        accept(
          (async function* () {
            yield { type: "settled", outcome, assurance: null } as const;
          })(),
        ),
    });
    const { exitCode, err } = await hedgerow("query", "result", "--follow");
    expect(exitCode).toBe(1);
    expect(err).toContain("failed; 2 accepted batches not delivered");
  });
  it("that end before the query does are not taken for all", async () => {
    const hedgerow = await fake({ queryResult: async () => accept((async function* () {})()) });
    expect((await hedgerow("query", "result", "--follow")).exitCode).toBe(1);
    expect((await hedgerow("query", "result")).exitCode).toBe(0);
  });
  it("of a stop that lost batches exit 1", async () => {
    const outcome = { outcome: "stopped", reasons: [], undelivered: 1, settledAtMs: 1 } as const;
    const hedgerow = await fake({ queryStop: async () => accept(viewAt("settled", { outcome })) });
    const { exitCode, out } = await hedgerow("query", "stop", "0123");
    expect(exitCode).toBe(1);
    expect(out).toContain("1 accepted batch not delivered");
  });
});
