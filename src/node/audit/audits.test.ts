// What an audit reads from other nodes: page after page, no liar keeps it reading, and the node goes on meanwhile.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ToldQuery } from "../../../test/support/told-query.ts";
import {
  accept,
  fromCanonical,
  type NodeId,
  type QueryId,
  type Result,
  refuse,
  type VertexId,
} from "../../core/base/index.ts";
import { inquiryLimits, type Question, type Reply } from "../../core/inquiry/index.ts";
import { CellWorld } from "../../io/cells/world.ts";
import { type AuditOptions, type Audits, createAudits } from "./audits.ts";
import { writeKept } from "./kept.ts";
import { limits } from "./limits.ts";

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
type Answer = Result<Reply> | Promise<Result<Reply>>;

function auditsOf(answer: (question: Asked, node: NodeId) => Answer, options: AuditOptions = {}) {
  let asked = 0;
  const ask = async (node: NodeId, question: Question) => {
    asked++;
    return answer(question as Asked, node);
  };
  const made = createAudits(folder, { ask }, (node) => names.get(node) ?? node, options);
  open.push(made);
  const audits = {
    collect: async (...of: Parameters<Audits["collect"]>) => mustBe(await made.collect(...of)),
    audit: async (...of: Parameters<Audits["audit"]>) => mustBe(await made.audit(...of)),
  };
  return { made, audits, asked: () => asked };
}
function mustBe<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.code);
  return result.value;
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

it("does not read on for a node that answers slowly: when its time is over, it is named", async () => {
  let nowMs = 0;
  const [again] = told.receipts("source", 1);
  let pages = 0;
  const { audits } = auditsOf(
    ({ from, type }, node) => {
      if (node !== source.node)
        return node === sink.node ? accept({ type: "receipts", envelopes: [] }) : refuse("no-answer");
      if (type === "receipts") pages++;
      // Each answer comes just in time, and there is always another page.
      nowMs += limits.answerWithinMs - 1;
      return accept({ type: "receipts", envelopes: [again!], next: place((from?.sequence ?? 0) + 1) });
    },
    { nowMs: () => nowMs },
  );
  const audit = await audits.audit({ ...subject, settled: true, losses: [] });
  expect(pages).toBe(Math.ceil(limits.readWithinMs / (limits.answerWithinMs - 1)));
  expect(audit.silent.map(({ code, nodeName }) => [code, nodeName]).sort()).toEqual([
    ["audit-late", "meter"],
    ["no-answer", "porch"],
  ]);
  expect(audit).toMatchObject({ verdict: "open", receipts: 1 });
  expect(audit.open).toContain("meter was silent about the rest when the time of the audit was over");
});

it("asks nobody to answer later than the audit's own end", async () => {
  let nowMs = 0;
  const allowed: number[] = [];
  const ask = async (node: NodeId, _: Question, timeoutMs = Number.POSITIVE_INFINITY): Promise<Result<Reply>> => {
    if (node !== source.node) return refuse("no-answer");
    allowed.push(timeoutMs);
    nowMs += limits.readWithinMs - 1_000;
    if (allowed.length > 1) return refuse("no-answer");
    return accept({ type: "receipts", envelopes: told.receipts("source", 1), next: place(1) });
  };
  const audits = createAudits(folder, { ask }, (node) => node, { nowMs: () => nowMs });
  open.push(audits);
  const audit = mustBe(await audits.audit({ ...subject, settled: true, losses: [] }));
  expect(allowed).toEqual([limits.answerWithinMs, 1_000]);
  expect(audit.silent).toContainEqual(expect.objectContaining({ node: source.node, code: "audit-late" }));
});

it("names who answers with what is no answer, or with another than was asked for", async () => {
  const { audits } = auditsOf((_, node) => {
    if (node === source.node) return refuse("inquiry-malformed", { blame: node });
    return node === sink.node ? accept({ type: "pong", nowMs: 1 }) : refuse("no-answer");
  });
  const audit = await audits.audit({ ...subject, settled: true, losses: [] });
  expect(audit.strays.map(({ code, nodeName, times }) => [code, nodeName, times]).sort()).toEqual([
    ["inquiry-malformed", "desk", 1],
    ["inquiry-malformed", "meter", 1],
  ]);
  expect(audit.silent.map(({ nodeName }) => nodeName)).toEqual(["porch"]);
});

it("sends away who asks when too many audits wait; what has settled is read when there is room", async () => {
  let answer: () => void = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { made } = auditsOf(
    async () => {
      await answered;
      return refuse("no-answer");
    },
    { bounds: { maxAtOnce: 1, maxAsked: 2, maxSettled: 1 } },
  );
  const asking = { ...subject, settled: true, losses: [] };
  const under = [made.audit(asking), made.audit(asking)];
  const settled = made.collect(subject);
  expect(await made.audit(asking)).toMatchObject({ ok: false, code: "audits-busy", blame: plan.id });
  expect(await made.collect(subject)).toMatchObject({ ok: false, code: "audits-busy" });
  answer();
  expect((await Promise.all([...under, settled])).map(({ ok }) => ok)).toEqual([true, true, true]);
  expect((await made.audit(asking)).ok).toBe(true);
});

it("says that what was kept of a query has made room for others", async () => {
  const { audits } = holding(new Map([[source.node, told.receipts("source", 2)]]));
  await audits.collect(subject);
  const small = { maxKeptQueries: 1, maxKeptBytes: 1024 * 1024, maxDropped: 10 };
  writeKept(folder, "f".repeat(32) as QueryId, told.receipts("source", 2), small);
  const later = holding(new Map());
  const audit = await later.audits.audit({ ...subject, settled: true, losses: [] });
  expect(audit).toMatchObject({ verdict: "open", receipts: 0 });
  expect(audit.open).toContain("receipts of it that were kept here have made room for those of later queries");
});
