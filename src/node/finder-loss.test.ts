// What a lost finder's question comes to at the analyst's node, over a journal as it is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { facts, hasher, plan } from "../../test/support/lifecycle.ts";
import {
  accept,
  type Digest,
  type NodeId,
  type QueryId,
  type Result,
  refuse,
  type VertexId,
} from "../core/base/index.ts";
import { coordinatorKey, planDigestOf, type Reason } from "../core/lifecycle/index.ts";
import type { Asked, Plan } from "../core/model/index.ts";
import { type Journal, openJournal } from "../io/storage/index.ts";
import { valueOrThrow } from "../sdk/index.ts";
import { type AskedQueries, createAskedQueries } from "./asked.ts";
import { hasEnded } from "./asked-cells.ts";
import { createFinderLoss, reasonsOfLoss } from "./finder-loss.ts";

const find = "find" as VertexId;
const finder = plan.vertices[0]!.node;
const asked = {
  ...{ text: "SELECT 1", name: "question", parameters: [], question: "d".repeat(64) as Digest },
  settings: {
    ...{ gatherers: 1, standby: 0, noise: "one", minimumPeople: 10, maximumPeople: 100, forwarders: 1 },
    answerMs: 20_000,
  },
} as Asked;
const planOf = (letter: string): Plan => ({
  ...plan,
  id: letter.repeat(32) as QueryId,
  vertices: plan.vertices.map((vertex, index) => (index === 0 ? { ...vertex, id: find } : vertex)),
  asked,
});
const [first, second, third] = ["a", "b", "c"].map(planOf) as [Plan, Plan, Plan];
const lost: Reason = { code: "no-spare", vertex: find };

let folder: string;
let journal: Journal;
let queries: AskedQueries;
let loss: ReturnType<typeof createFinderLoss>;
let members: NodeId[];
let drawn: Result<{ at: "planned"; plan: Plan }>;
let planned: number;
let began: QueryId[];
const log = { warn: vi.fn() };

function open(): void {
  journal = valueOrThrow(openJournal(join(folder, "journal")));
  queries = createAskedQueries(
    journal,
    (node) => node,
    (query) => loss.settled(query),
  );
  loss = createFinderLoss({
    ...{ asked: queries, log: log as never, wake: () => {} },
    coordinators: { begin: (one: Plan) => void began.push(one.id) } as never,
    members: { records: () => members.map((node) => ({ node })) } as never,
    planning: {
      async planAnew(_: unknown, __: unknown, signal: AbortSignal) {
        planned++;
        if (signal.aborted) return refuse("query-ended");
        return drawn.ok
          ? accept({ ...drawn.value, digest: planDigestOf(drawn.value.plan, hasher), alternatives: [] })
          : drawn;
      },
    } as never,
  });
}
const ask = () => queries.add(first, planDigestOf(first, hasher), [], 0);
const settle = ({ id }: Plan, reasons: readonly Reason[], outcome: "failed" | "stopped" = "failed") =>
  queries.effect({ type: "settled", query: id, outcome, reasons, undelivered: 0, losses: [] });
const codes = ({ id }: Plan) => queries.get(id)!.outcome!.reasons.map(({ code }) => code);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-finder-loss-"));
  [members, planned, began, drawn] = [[], 0, [], accept({ at: "planned", plan: second })];
  log.warn.mockClear();
  open();
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

describe("a finder that is lost", () => {
  it("before anybody was called: the question goes on under another roster, and is told under its first id", async () => {
    const query = ask();
    settle(first, [lost, { code: "ask-no-part", vertex: "total" as VertexId }]);
    expect(hasEnded(query)).toBe(false);
    await query.anew?.done;
    expect([began, queries.latest(first.id), hasEnded(query)]).toEqual([[second.id], second.id, true]);
    expect(codes(first)).toEqual(["ask-nobody-called", "ask-no-part"]);
    // It is done once.
    settle(second, [lost]);
    expect([queries.get(second.id)!.anew, planned, codes(second)]).toEqual([undefined, 1, ["ask-nobody-called"]]);
    expect(log.warn).not.toHaveBeenCalled();
  });

  it("when people were called: nothing is drawn, and it is said, also after a restart in between", () => {
    queries.save(ask());
    const durably = vi.spyOn(journal, "set");
    queries.called(first.id);
    queries.called(first.id);
    expect(durably).toHaveBeenCalledTimes(1);
    journal.set(coordinatorKey(first.id), new Uint8Array());
    journal.close();
    open();
    settle(first, [lost]);
    expect([queries.get(first.id)!.anew, planned, codes(first)]).toEqual([undefined, 0, ["ask-finder-lost"]]);
    expect(queries.going(first.id)).toBeUndefined();
  });

  it("gets no leave to call when its question has settled", () => {
    ask();
    expect(queries.going(first.id)).toMatchObject({ plan: first });
    settle(first, [lost]);
    expect(queries.going(first.id)).toBeUndefined();
  });

  it("is forgotten by the others before the lot is drawn", async () => {
    members = [finder, facts(second.vertices[1]!.node, []).node];
    const query = ask();
    settle(first, [lost]);
    await Promise.resolve();
    expect(planned).toBe(0);
    loss.gone(finder);
    await query.anew?.done;
    expect([planned, began]).toEqual([1, [second.id]]);
  });

  it("ends the question when the analyst stops it meanwhile", async () => {
    members = [finder];
    const query = ask();
    settle(first, [lost]);
    const { done, cancel } = query.anew!;
    cancel();
    await done;
    expect([began, hasEnded(query), queries.latest(first.id)]).toEqual([[], true, first.id]);
  });

  it("is not drawn anew for a question that goes on with another plan already", () => {
    const query = ask();
    const goesOnWith = [third];
    const reasons: Reason[] = [{ code: "attribute-forbidden" }, { code: "node-unreachable", node: finder }];
    queries.effect({
      ...{ type: "settled", query: first.id, outcome: "rolled-back", reasons, undelivered: 0, losses: [], goesOnWith },
    });
    expect([query.anew, query.next]).toEqual([undefined, third.id]);
  });

  it("where no roster can be drawn: the reason stands beside", async () => {
    drawn = refuse("draw-rate");
    const query = ask();
    settle(first, [lost]);
    await query.anew?.done;
    expect([codes(first), began, hasEnded(query)]).toEqual([["ask-nobody-called", "draw-rate"], [], true]);
  });
});

it.each([
  ["another cell's loss", [{ code: "no-spare", vertex: "total" as VertexId }]],
  ["what the finder itself refused", [{ code: "ask-too-few", vertex: find }]],
  ["a stop", [{ code: "stopped-by-analyst" }]],
  [
    "a stop that the finder did not live to hear of",
    [{ code: "stopped-by-analyst" }, { code: "node-unreachable", node: finder }],
  ],
] as const)("%s stays as it is", (_, reasons) => {
  expect(reasonsOfLoss({ plan: third, called: false }, reasons)).toEqual(reasons);
});

it.each(["ask-too-few", "ask-index-silent"] as const)(
  "what follows from the finder's %s is not told beside it",
  (code) => {
    const follows = { code: "ask-no-part", vertex: "total" as VertexId } as const;
    const refused = { code, vertex: find };
    for (const reasons of [
      [refused, follows],
      [follows, refused],
    ])
      expect(reasonsOfLoss({ plan: third, called: false }, reasons)).toEqual([refused]);
  },
);

it("a finder lost while its cells were set up has called nobody, however its loss is told", () => {
  for (const reason of [
    { code: "node-unreachable", node: finder },
    { code: "commit-failed", vertex: find, node: finder },
    { code: "node-stopping", vertex: find, node: finder },
  ] as const)
    expect(reasonsOfLoss({ plan: third, called: false }, [reason]).map(({ code }) => code)).toEqual([
      "ask-nobody-called",
    ]);
  const { asked: _, ...without } = third;
  expect(reasonsOfLoss({ plan: without, called: false }, [lost])).toEqual([lost]);
});
