// What an audit reads from other nodes: page after page, no liar keeps it reading, and the node goes on meanwhile.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ToldQuery } from "../../../test/support/told-query.ts";
import { accept, fromCanonical, type NodeId, type Result, refuse, type VertexId } from "../../core/base/index.ts";
import { inquiryLimits, type Question, type Reply } from "../../core/inquiry/index.ts";
import { CellWorld } from "../../io/cells/world.ts";
import { type Audits, createAudits } from "./audits.ts";

let folder: string;
const open: Audits[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-audits-"));
});
afterEach(async () => {
  for (const audits of open.splice(0)) await audits.close();
  rmSync(folder, { recursive: true, force: true });
});

const told = new ToldQuery();
const { source, sink, spare, plan, planDigest, known } = told;
const subject = { plan, planDigest, cells: known };
const names = new Map([
  [source.node, "meter"],
  [sink.node, "desk"],
  [spare.node, "porch"],
]);
type Asked = Extract<Question, { type: "receipts" }>;

function auditsOf(answer: (question: Asked, node: NodeId) => Result<Reply>) {
  let asked = 0;
  const ask = async (node: NodeId, question: Question) => {
    asked++;
    return answer(question as Asked, node);
  };
  const audits = createAudits(folder, { ask }, (node) => names.get(node) ?? node);
  open.push(audits);
  return { audits, asked: () => asked };
}
/** Only the node of the sink answers. */
function sinkOnly(answer: (question: Asked) => Result<Reply>) {
  return auditsOf((question, node) => (node === sink.node ? answer(question) : refuse("no-answer")));
}
/** Each node all that it has, a page of `count` at a time. */
function holding(
  held: ReadonlyMap<NodeId, readonly Uint8Array<ArrayBuffer>[]>,
  count = inquiryLimits.maxReceiptsPerAnswer,
) {
  return auditsOf(({ from }, node) => {
    const all = held.get(node) ?? [];
    const at = from?.sequence ?? 0;
    const more = at + count < all.length;
    return accept({
      type: "receipts",
      envelopes: all.slice(at, at + count),
      ...(more ? { next: place(at + count) } : {}),
    });
  });
}
const place = (sequence: number) => ({ vertex: "sink" as VertexId, incarnation: 0, sequence });
const page = (sequence: number, bytes = 0): Result<Reply> =>
  accept({ type: "receipts", envelopes: bytes === 0 ? [] : [new Uint8Array(bytes)], next: place(sequence) });
function keptIn(): readonly Uint8Array[] {
  const stored = fromCanonical(readFileSync(join(folder, plan.id)));
  return stored.ok ? (stored.value as Uint8Array[]) : [];
}

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
  const found = await paged.audits.collect({
    plan: world.planned.plan,
    planDigest: world.planned.planDigest,
    cells: [],
  });
  expect(found).toBe(host.receipts(id).length);
  expect(paged.asked()).toBe(found);
  await world.close();
});

it("stops where a node leads in a circle, or on for ever, or sends more than any honest one", async () => {
  const circle = sinkOnly(() => page(7, 9));
  await circle.audits.collect(subject);
  expect(circle.asked()).toBe(2 + 2);
  const [again] = told.receipts("sink", 1);
  const endless = sinkOnly(({ from }) =>
    accept({ type: "receipts", envelopes: [again!], next: place((from?.sequence ?? 0) + 1) }),
  );
  await endless.audits.collect(subject);
  expect(endless.asked()).toBe(inquiryLimits.maxPagesPerNode + 2);
  const empty = sinkOnly(({ from }) => page((from?.sequence ?? 0) + 1));
  await empty.audits.collect(subject);
  expect(empty.asked()).toBe(1 + 2);
  const flood = sinkOnly(({ from }) => page((from?.sequence ?? 0) + 1, 1024 * 1024));
  await flood.audits.collect(subject);
  expect(flood.asked()).toBe(inquiryLimits.maxReceiptBytesPerNode / (1024 * 1024) + 1 + 2);
});

it("goes on without a node that refuses", async () => {
  const refusing = auditsOf(() => refuse("inquiry-refused", { detail: "receipts-not-yours" }));
  expect(await refusing.audits.collect(subject)).toBe(0);
});

it("keeps of a settled query what counts, and nothing else that a node signed or passed on", async () => {
  const honest = [...told.receipts("source", 3), ...told.receipts("sink", 3)];
  const junk = [
    ...told.receipts("sink", 40, sink, 1, { incarnation: 5 }),
    ...told.receipts("source", 40, sink),
    ...told.receipts("source", 3, spare),
    new Uint8Array(5_000),
  ];
  const { audits } = holding(
    new Map([
      [source.node, honest.slice(0, 3)],
      [sink.node, [...junk, ...honest]],
    ]),
  );
  expect(await audits.collect(subject)).toBe(6);
  expect(keptIn()).toHaveLength(6);
  for (const one of honest) expect(keptIn()).toContainEqual(one);
  // The nodes have forgotten: what was kept is enough.
  const later = holding(new Map());
  const audit = await later.audits.audit({ ...subject, settled: true, losses: [] });
  expect(audit).toMatchObject({ verdict: "holds", receipts: 6, strays: [] });
});

it("two audits of a query at once lose nothing that either has read", async () => {
  const answered = new Set<NodeId>();
  // Each end answers one of them only.
  const { audits } = auditsOf((_, node) => {
    const name = node === source.node ? "source" : node === sink.node ? "sink" : null;
    const turn = answered.has(node) ? "sink" : "source";
    answered.add(node);
    return name === turn ? accept({ type: "receipts", envelopes: told.receipts(name, 2) }) : refuse("no-answer");
  });
  expect(await Promise.all([audits.collect(subject), audits.collect(subject)])).toEqual([2, 4]);
  expect(keptIn()).toHaveLength(4);
});

it("names who handed over what was left out, and judges by the rest", async () => {
  const { audits } = holding(
    new Map([
      [source.node, told.receipts("source", 3, source, 1, { assurance: "hardware" })],
      [sink.node, told.receipts("sink", 3)],
      [spare.node, [...told.receipts("sink", 2), Uint8Array.of(1), ...told.receipts("source", 1, spare)]],
    ]),
  );
  const audit = await audits.audit({ ...subject, settled: true, losses: [] });
  expect(audit).toMatchObject({ verdict: "holds", receipts: 6, assurance: "software" });
  expect(audit.strays.map(({ code, node, nodeName, times }) => [code, node, nodeName, times])).toEqual([
    ["receipt-foreign", spare.node, "porch", 2],
    ["receipt-malformed", spare.node, "porch", 1],
    ["receipt-not-of-plan", spare.node, "porch", 1],
  ]);
  expect(audit.cells.map(({ assurance }) => assurance)).toEqual(["hardware", "software"]);
});

it("names the batch where two ends differ, with leaves asked of both", async () => {
  const held = new Map([
    [source.node, told.receipts("source", 2, source, 4)],
    [sink.node, told.receipts("sink", 2, sink, 4, { salt: 1 })],
  ]);
  const asked: Question[] = [];
  const { audits } = auditsOf((question, node) => {
    asked.push(question);
    if ((question as Question).type === "leaves") return accept({ type: "leaves", leaves: [] });
    return accept({ type: "receipts", envelopes: [...(held.get(node) ?? [])] });
  });
  const audit = await audits.audit({ ...subject, settled: true, losses: [] });
  expect(asked.filter(({ type }) => type === "leaves")).toMatchObject([{ vertex: "source" }, { vertex: "sink" }]);
  expect(audit.edges).toMatchObject([{ verdict: "broken", reasons: [{ code: "batch-mismatch" }] }]);
});

it("leaves the node's thread free: it takes turns between pages, and while full cells are judged", async () => {
  const receipts = 1_500;
  const held = new Map([
    [source.node, told.receipts("source", receipts, source, 8)],
    [sink.node, told.receipts("sink", receipts, sink, 8)],
  ]);
  const { audits, asked } = holding(held); // answered at once, as by the node itself
  let running = true;
  let turns = 0;
  let mostPerTurn = 0;
  let turnsAfterLast = 0;
  let before = 0;
  const turn = () => {
    turns++;
    mostPerTurn = Math.max(mostPerTurn, asked() - before);
    turnsAfterLast = asked() > before ? 0 : turnsAfterLast + 1;
    before = asked();
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const audit = await audits.audit({ ...subject, settled: false, losses: [] });
  running = false;
  expect(audit).toMatchObject({ holds: true, receipts: 2 * receipts });
  const pages = Math.ceil(receipts / inquiryLimits.maxReceiptsPerAnswer);
  expect(asked()).toBe(2 * pages + 1);
  expect(mostPerTurn).toBeLessThanOrEqual(3); // one page of each of the three nodes
  expect(turns).toBeGreaterThan(pages);
  expect(turnsAfterLast).toBeGreaterThan(10);
});
