// Who is answered what about a query's receipts, also after a restart that forgot the query itself.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { EdgeId, NodeId, VertexId } from "../core/base/index.ts";
import { decodeInquiry, encodeInquiry, type Question, type Reply } from "../core/inquiry/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import { CellWorld } from "../io/cells/world.ts";
import { openReceiptStore } from "../io/storage/index.ts";
import { type AnswerSources, answerInquiry } from "./inquiry-answers.ts";

let folder: string;
let world: CellWorld;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-answers-"));
  world = new CellWorld(1, { host: { receiptStore: openReceiptStore({ folder }) } });
  await world.open([
    { id: "source", operator: "source-generator", params: { count: 200, from: 10 }, on: 0 },
    { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
  ]);
  await world.run();
  await world.ended("source");
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const member = (node: NodeId, principal: string, ...roles: MemberFacts["roles"]): MemberFacts => ({
  node,
  network: "n",
  principal,
  roles,
  serial: "1",
  notAfterMs: 1,
});
/** A node that knows nothing of the query but what its cell host has. */
const sources = (host = world.hosts[0]!): AnswerSources => ({
  host,
  participants: { state: () => undefined } as unknown as AnswerSources["participants"],
  askedPlan: () => undefined,
});
const analyst = () => member("desk" as NodeId, world.planned.plan.analyst.principal, "analyst");
const questions = (): Question[] => {
  const query = world.planned.plan.id;
  const edge = "source>sink:0" as EdgeId;
  return [
    { type: "receipts", query },
    { type: "leaves", query, vertex: "sink" as VertexId, incarnation: 0, edge, peer: 0, chunk: 1 },
  ];
};
function told(from: MemberFacts, question: Question, host = world.hosts[0]!): Reply {
  const reply = answerInquiry(sources(host), from, question);
  const sent = decodeInquiry(encodeInquiry({ type: "answer", number: 1, reply }));
  if (!sent.ok || sent.value.type !== "answer") throw new Error("an answer of ours does not decode");
  return sent.value.reply;
}

it("its analyst, and the nodes that its plan names, are answered receipts and leaves", () => {
  const named = member(world.nodeOf(0), "a venue", "producer");
  for (const reader of [analyst(), named]) {
    const [receipts, leaves] = questions().map((question) => told(reader, question));
    expect(receipts).toMatchObject({ type: "receipts" });
    if (receipts?.type === "receipts")
      expect(receipts.envelopes.length).toBe(world.hosts[0]!.receiptCount(world.planned.plan.id));
    expect(leaves).toMatchObject({ type: "leaves" });
    if (leaves?.type === "leaves") expect(leaves.leaves).toHaveLength(64);
  }
});

it("anybody else is refused by code, and hears the same of a query that never was here", () => {
  const { principal } = analyst();
  for (const outsider of [
    member("x" as NodeId, "bob", "analyst"),
    member("x" as NodeId, principal, "producer"),
    member("x" as NodeId, "a venue", "producer"),
  ]) {
    for (const question of questions()) {
      const refused = { type: "refused", code: "receipts-not-yours" };
      expect(told(outsider, question)).toEqual(refused);
      expect(told(outsider, { ...question, query: "00".repeat(16) } as Question)).toEqual(refused);
    }
  }
});

it("after kill -9 and a restart the node answers what it signed, to whom it did before", async () => {
  const [question] = questions();
  const before = told(analyst(), question!);
  const again = new CellWorld(1, { host: { receiptStore: openReceiptStore({ folder }) } }); // nothing was closed
  await again.open([{ id: "other", operator: "source-generator", on: 0 }]);
  expect(told(analyst(), question!, again.hosts[0]!)).toEqual(before);
  expect(told(member("x" as NodeId, "bob", "analyst"), question!, again.hosts[0]!)).toMatchObject({ type: "refused" });
  // Its leaves went with the cell: nothing is said of them.
  expect(told(analyst(), questions()[1]!, again.hosts[0]!)).toEqual({ type: "leaves", leaves: [] });
  await again.close();
});

it("both ends keep what opens a batch in a dispute, for whoever runs the node alone", () => {
  const lines = ["source.0.secrets", "sink.0.secrets"].map((name) => {
    const path = join(folder, world.planned.plan.id, name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    return JSON.parse(readFileSync(path, "utf8"));
  });
  expect(lines).toMatchObject([
    { side: "output", edge: "source>sink:0", peer: 0 },
    { side: "input", edge: "source>sink:0", peer: 0 },
  ]);
  expect(lines[0].secret).toMatch(/^[0-9a-f]{64}$/);
  expect(lines[1].secret).toBe(lines[0].secret);
});

it("after a restart a cell that has signed is not run once more under the same number", async () => {
  const { plan, planDigest } = world.planned;
  const policyDigest = "11".repeat(32) as never;
  const order = { plan, planDigest, vertex: "sink" as VertexId, policyDigest };
  const again = new CellWorld(1, { host: { receiptStore: openReceiptStore({ folder }) } });
  await again.open([{ id: "other", operator: "source-generator", on: 0 }]);
  expect(await again.hosts[0]!.prepare({ ...order, incarnation: 0 })).toMatchObject({ ok: false, code: "cell-exists" });
  expect(await again.hosts[0]!.prepare({ ...order, incarnation: 1 })).toMatchObject({ ok: true });
  await again.close();
});
