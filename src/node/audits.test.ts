// What an audit reads from other nodes: page after page, and no liar keeps it reading.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { accept, type NodeId, type QueryId, type Result, refuse, type VertexId } from "../core/base/index.ts";
import { inquiryLimits, type Question, type Reply } from "../core/inquiry/index.ts";
import type { Plan } from "../core/model/index.ts";
import { CellWorld } from "../io/cells/world.ts";
import { createNodeCrypto } from "../io/identity/index.ts";
import { createAudits } from "./audits.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-audits-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node = "liar" as NodeId;
const plan = { id: "0c".repeat(16) as QueryId, vertices: [] } as unknown as Plan;
type Asked = Extract<Question, { type: "receipts" }>;

function auditsOf(answer: (question: Asked) => Result<Reply>) {
  let asked = 0;
  const inquiries = {
    ask: async (_: NodeId, question: Question) => {
      asked++;
      return answer(question as Asked);
    },
    onMessage: () => {},
    stop: () => {},
  };
  const audits = createAudits(folder, createNodeCrypto(), inquiries, (name) => name);
  return { audits, asked: () => asked };
}
const collected = ({ audits }: ReturnType<typeof auditsOf>) => audits.collect({ plan, nodes: [node], settled: false });
const place = (sequence: number) => ({ vertex: "plus" as VertexId, incarnation: 0, sequence });
const page = (sequence: number, bytes = 9): Result<Reply> =>
  accept({ type: "receipts", envelopes: [new Uint8Array(bytes)], next: place(sequence) });

it("follows the pages of a node to the last one", async () => {
  const world = new CellWorld(1);
  await world.open([
    { id: "source", operator: "source-generator", params: { count: 3 }, on: 0 },
    { id: "sink", operator: "sink-print", inputs: ["source"], on: 0 },
  ]);
  await world.run();
  await world.ended("source");
  const host = world.hosts[0]!;
  const { id } = world.planned.plan;
  const paged = auditsOf(({ from }) => {
    const { envelopes, next } = host.receiptsPage(id, from, 1, 1);
    const bytes = envelopes.map((one) => Uint8Array.from(one));
    return accept({ type: "receipts", envelopes: bytes, ...(next === undefined ? {} : { next }) });
  });
  const signer = host.receipts(id)[0]!.signatures[0]!.keyid as NodeId;
  // Under another name they are somebody else's, and left out.
  expect(await collected(paged)).toEqual([]);
  const before = paged.asked();
  const found = await paged.audits.collect({ plan, nodes: [signer], settled: false });
  expect(found).toEqual(host.receipts(id));
  expect(paged.asked() - before).toBe(found.length);
  await world.close();
});

it("stops where a node leads in a circle, or on for ever, or sends more than any honest one", async () => {
  const circle = auditsOf(() => page(7));
  await collected(circle);
  expect(circle.asked()).toBe(2);
  const endless = auditsOf(({ from }) => page((from?.sequence ?? 0) + 1));
  await collected(endless);
  expect(endless.asked()).toBe(inquiryLimits.maxPagesPerNode);
  const flood = auditsOf(({ from }) => page((from?.sequence ?? 0) + 1, 1024 * 1024));
  await collected(flood);
  expect(flood.asked()).toBe(inquiryLimits.maxReceiptBytesPerNode / (1024 * 1024) + 1);
});

it("goes on without a node that refuses", async () => {
  expect(await collected(auditsOf(() => refuse("inquiry-refused", { detail: "receipts-not-yours" })))).toEqual([]);
});
