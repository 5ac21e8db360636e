import { expect, it } from "vitest";
import type { Digest, NodeId, QueryId, VertexId } from "../core/base/index.ts";
import type { CellStatistics } from "../core/inquiry/index.ts";
import type { Plan } from "../core/model/index.ts";
import { lossReason, lossView, queryView, reasonsLeft, reasonView } from "./query-views.ts";

const node = (name: string) => name as NodeId;
const id = (name: string) => name as VertexId;
const nameOf = (of: NodeId) => `the ${of}`;
const cell = (name: string, at: string, operator: string, ...inputs: string[]) =>
  ({ id: name, node: at, inputs, spares: [], consumes: [], output: [], operator: { name: operator } }) as unknown;
const plan = {
  name: "moves",
  vertices: [
    cell("numbers", "meter", "source-generator"),
    cell("twenties", "workshop", "window", "numbers"),
    cell("answers", "gateway", "sink-print", "twenties"),
  ].map((one, at) => (at === 1 ? { ...(one as object), params: { count: 20 } } : one)),
} as unknown as Plan;
const loss = { vertex: id("twenties"), incarnation: 0, node: node("workshop") };

it("says how many batches went with a node: the sum over what it had taken in, or that nobody knows", () => {
  const text = (batches: Record<string, number>) => lossReason({ ...loss, batches }, plan, [], nameOf).detail;
  expect(text({ "a>twenties:0": 17, "b>twenties:1": 3 })).toBe(
    "at most 20 batches that twenties had taken in went with its node",
  );
  expect(text({})).toContain("an unknown number of batches");
  expect(lossView({ ...loss, batches: { "a>twenties:0": 17, "b>twenties:1": 3 } }, nameOf).mostBatches).toBe(20);
  expect(lossView({ ...loss, batches: {} }, nameOf).mostBatches).toBeNull();
});

it("says that the windows of a cell that moved are numbered from 0 again", () => {
  const moved = [{ vertex: id("twenties"), incarnation: 1 }];
  const { detail, nodeName } = lossReason({ ...loss, batches: {} }, plan, moved, nameOf);
  expect(detail).toContain("numbers its windows from 0 again");
  expect(nodeName).toBe("the workshop");
});

it("forgets why a cell moved once it runs again, and says a node's fault once", () => {
  const silent = { code: "node-unreachable", node: node("workshop") } as const;
  const both = [silent, { ...silent, vertex: id("twenties") }];
  const twenties = { vertex: id("twenties"), node: node("annexe"), at: "preparing" } as const;
  expect(reasonsLeft(both, [twenties], [])).toEqual([both[1]]);
  expect(reasonsLeft(both, [{ ...twenties, at: "started" }], [])).toEqual([]);
  const back = { ...twenties, node: node("workshop"), at: "started" } as const;
  expect(reasonsLeft(both, [back], [node("workshop")])).toEqual([both[1]]);
});

it("counts what passed over all incarnations the same on both sides of a cell that moved", () => {
  const numbers = (vertex: string, incarnation: number, inOut: readonly [number, number]): CellStatistics => ({
    vertex: id(vertex),
    incarnation,
    state: "ended",
    recordsIn: inOut[0],
    recordsOut: inOut[1],
    recordsInPerSecond: 0,
    recordsOutPerSecond: 0,
    batchesIn: inOut[0],
    batchesOut: inOut[1],
  });
  const statistics = [
    numbers("numbers", 0, [0, 500]),
    numbers("twenties", 0, [60, 60]), // as it was when somebody last asked
    numbers("twenties", 1, [417, 417]),
    numbers("answers", 0, [500, 0]),
  ];
  const record = { id: "q" as QueryId, plan, planDigest: "" as Digest, part: "analyst", skipped: [] } as const;
  const more = { startedAtMs: 0, setupMs: 1, outcome: null, receipts: 0, assurance: null };
  const cells = [
    { vertex: id("numbers"), node: node("meter"), incarnation: 0, at: "started" },
    { vertex: id("twenties"), node: node("annexe"), incarnation: 1, at: "started" },
    { vertex: id("answers"), node: node("gateway"), incarnation: 0, at: "started" },
  ] as const;
  const former = [{ vertex: id("twenties"), node: node("workshop"), incarnation: 0 }];
  const view = queryView({ ...record, ...more }, { phase: "running", reasons: [], cells, former, statistics }, nameOf);
  expect(view.edges.map(({ batches, records }) => [batches, records])).toEqual([
    [500, 500],
    [500, 500],
  ]);
  expect(view.vertices.map(({ recordsIn, recordsOut }) => [recordsIn, recordsOut])).toEqual([
    [0, 500],
    [500, 500],
    [500, 0],
  ]);
  expect(view.vertices[1]!.former).toEqual([{ incarnation: 0, node: "workshop", nodeName: "the workshop" }]);
});

it("says how many receipts there are when they have been counted: not before the query has settled", () => {
  const record = { id: "q" as QueryId, plan, planDigest: "" as Digest, part: "analyst", skipped: [] } as const;
  const more = { startedAtMs: 0, setupMs: 1, receipts: 0, assurance: null };
  const facts = { phase: "running", reasons: [], cells: [], former: [], statistics: [] } as const;
  const outcome = { outcome: "stopped" as const, reasons: [], undelivered: 0, losses: [], settledAtMs: 1 };
  expect(queryView({ ...record, ...more, outcome: null }, facts, nameOf).receipts).toBeNull();
  expect(queryView({ ...record, ...more, outcome }, { ...facts, phase: "settled" }, nameOf).receipts).toBe(0);
});

it("what a peer wrote of its failure moves no cursor", () => {
  const reason = { code: "operator-threw", detail: "a\u001b[2Jb\nc" } as const;
  expect(reasonView(reason, () => "").detail).toBe("a [2Jb c");
});
