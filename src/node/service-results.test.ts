// What came out of a question is told when it is known to be an answer.
import { expect, it } from "vitest";
import type { QueryId } from "../core/base/index.ts";
import { cutAnswer } from "../core/terms/index.ts";
import { peopleShapes } from "../operators/index.ts";
import type { OutcomeView, PeopleAnswer, ResultItem } from "../sdk/index.ts";
import type { Daemon } from "./daemon.ts";
import { resultRoutes } from "./service-results.ts";

const id = "0".repeat(32) as QueryId;
const count = { value: 0, noise: 1 };
const answer: PeopleAnswer = {
  columns: [{ name: "days", type: "float64", unit: null }],
  rows: [[{ value: 3 }]],
  participation: {
    ...{ asked: count, contributed: count, policy: count, grant: count, budget: count, failed: count, silent: count },
  },
  missing: [],
  cost: { rho: 1, epsilon: 1, delta: 1e-6 },
  noise: "split",
};
const pieces = cutAnswer(answer).map((piece) => ({ [peopleShapes.answer[0]!.name]: piece }));
const rows = { type: "rows", sequence: 0, vertex: "answer", node: "n", rows: pieces } as unknown as ResultItem;

async function resultsOf(outcome: OutcomeView | null): Promise<string[]> {
  const daemon = {
    asked: { get: () => ({ plan: { asked: {} }, outcome, assurance: "software" }), latest: (given: QueryId) => given },
    participants: { state: () => undefined },
    results: { read: (_: QueryId, from: number) => ({ items: from === 0 ? [rows] : [], next: 1 }) },
  } as unknown as Daemon;
  const answered = await resultRoutes(daemon).queryResult(
    { id, follow: false, from: 0 },
    { signal: new AbortController().signal },
  );
  if (!answered.ok) throw new Error(answered.code);
  const types: string[] = [];
  for await (const item of answered.value) types.push(item.type);
  return types;
}

const ended = (outcome: OutcomeView["outcome"], ...reasons: { code: string; vertex: string }[]): OutcomeView => ({
  ...{ outcome, undelivered: 0, losses: [], settledAtMs: 1 },
  reasons: reasons.map((reason) => ({ ...reason, sentence: "" })),
});

it("an answer comes before the end, whole or partial", async () => {
  expect(await resultsOf(ended("completed"))).toEqual(["answer", "settled"]);
  const lost = ended("failed", { code: "cell-lost", vertex: "gather-1" });
  expect(await resultsOf(lost)).toEqual(["answer", "settled"]);
});

it("before the end nothing says whether it is one", async () => {
  expect(await resultsOf(null)).toEqual([]);
});
