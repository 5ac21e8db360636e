// What is shown of a query whose plan is refused while it is looked at: its numbers come from other nodes, and meanwhile it goes on
// with the next plan.
import { expect, it } from "vitest";
import type { Digest, NodeId, Result, VertexId } from "../core/base/index.ts";
import { refuse } from "../core/base/index.ts";
import type { Reply } from "../core/inquiry/index.ts";
import type { CoordinatorOwnEffect, CoordinatorState } from "../core/lifecycle/index.ts";
import type { Plan } from "../core/model/index.ts";
import type { Journal } from "../io/storage/index.ts";
import { createAskedQueries } from "./asked.ts";
import type { Daemon } from "./daemon.ts";
import { queryRoutes } from "./service-queries.ts";

const meter = "meter" as NodeId;
const digest = "d".repeat(64) as Digest;
const planOf = (id: string, alternative: string) =>
  ({
    ...{ id: id.repeat(32), name: "noise", purpose: "p", query: digest, alternative },
    vertices: [
      {
        ...{ id: "numbers", node: meter, inputs: [], spares: [], consumes: [], output: [] },
        ...{ operator: { name: "source-generator" }, params: {} },
      },
    ],
  }) as unknown as Plan;
const [precise, coarse] = [planOf("1", "precise"), planOf("2", "coarse")];

const stateAt = (at: "rolling-back" | "flowing"): CoordinatorState =>
  ({
    ...{ at, nodes: [], reasons: [] },
    cells: [{ vertex: "numbers" as VertexId, node: meter, incarnation: 0, at: "started", wired: [] }],
  }) as unknown as CoordinatorState;

const journal: Journal = {
  ...{ get: () => undefined, set: () => {}, note: () => {}, entries: () => [], settled: async () => {} },
  ...{ isCurrent: () => true, close: () => {} },
};

/** A daemon that asked a query with two plans; nodes give their numbers when `numbers` resolves. */
function asking(numbers: () => Promise<Result<Reply>>) {
  const asked = createAskedQueries(
    journal,
    (node) => node,
    () => {},
  );
  asked.add(precise, digest, [], 0, { behind: [{ id: coarse.id, digest, skipped: [] }], skippedLast: [] });
  asked.changed(precise.id, stateAt("rolling-back"));
  const daemon = {
    ...{ asked, participants: { state: () => undefined, queries: () => [] }, nameOf: (node: NodeId) => node },
    ...{ members: { records: () => [] }, identity: { facts: { node: "desk", roles: ["analyst"] } } },
    statistics: { self: "desk", host: {}, ask: numbers },
  } as unknown as Daemon;
  /** As its coordinator tells it: the plan is refused, and then the next one begins. */
  const refused = () => {
    const effect = {
      ...{ type: "settled", query: precise.id, outcome: "rolled-back", reasons: [], losses: [], undelivered: 0 },
      goesOnWith: [coarse],
    } as unknown as Extract<CoordinatorOwnEffect, { type: "settled" }>;
    asked.effect(effect);
    asked.succeed(effect, coarse);
    asked.changed(coarse.id, stateAt("flowing"));
  };
  return { routes: queryRoutes(daemon), refused };
}

it("shows with what it goes on, not as its end the plan that was refused while its numbers were fetched", async () => {
  let looks = 0;
  const { routes, refused } = asking(async () => {
    if (looks++ === 0) refused();
    return refuse("no-answer");
  });
  const { signal } = new AbortController();
  const shown = await routes.queryShow({ id: precise.id }, { signal });
  expect(shown).toMatchObject({ ok: true, value: { id: coarse.id, alternative: "coarse", phase: "running" } });
});

it("a watch goes on with the next plan", async () => {
  let looks = 0;
  const { routes, refused } = asking(async () => {
    // It is looked at once before the first picture; during that it is refused.
    if (++looks === 2) refused();
    return refuse("no-answer");
  });
  const watching = new AbortController();
  const watch = await routes.queryWatch({ id: precise.id }, { signal: watching.signal });
  if (!watch.ok) throw new Error(watch.code);
  const seen: [string, string][] = [];
  for await (const view of watch.value) {
    seen.push([view.id, view.phase]);
    if (view.id === coarse.id) watching.abort();
  }
  expect(seen).toEqual([[coarse.id, "running"]]);
});
