// What a question costs each person whatever their number, and that each of them answers as her rules say.
import { beforeAll, describe, expect, it } from "vitest";
import { askingLimits } from "../../core/asking/index.ts";
import { type QuerySimulation, ruleSets, simulateQuery, startMs } from "./index.ts";
import { publishingMs } from "./world.ts";

/** Worked out by hand from what is written in population.ts: for research, by ann, ε 1, with ten people at least, this week. */
const byHand: Readonly<Record<string, readonly [outcome: string, code: string | null]>> = {
  "allows research": ["contributed", null],
  "allows it for some weeks": ["contributed", null],
  "allowed it until last week": ["policy", "consent-not-allowed"],
  "allows care alone": ["policy", "consent-other-purpose"],
  "allows another analyst": ["policy", "consent-not-allowed"],
  "wants a larger group": ["policy", "consent-too-few-people"],
  "wants a lower ε": ["policy", "consent-too-precise"],
  "allows all but sick leave": ["policy", "consent-denied"],
  "allows nothing": ["policy", "consent-not-allowed"],
  "wants to be asked, and does not answer": ["grant", null],
  "wants to be asked, and granted it": ["contributed", null],
  "allows research, not to this analyst": ["grant", "consent-denied"],
  "has nearly spent her budget": ["budget", "budget-exhausted"],
};
const roles = ["publishing", "finder", "indexers", "people", "forwarders", "gatherers"] as const;

describe("one question", () => {
  let few: QuerySimulation;
  let many: QuerySimulation;
  beforeAll(() => {
    few = simulateQuery({ owners: 250, seed: 4 });
    many = simulateQuery({ owners: 2_000, seed: 4 });
  }, 240_000);
  const both = () => [few, many];

  it("is answered within its noise, and everybody verified the roster with 2k operations", () => {
    for (const run of both()) {
      expect(run.refusal).toBeNull();
      expect(run.isGood).toBe(true);
      expect(run.operationsPerPerson).toBe(2 * run.witnesses);
      expect(Math.abs(run.answer!.value - run.truth)).toBeLessThan(8 * run.answer!.noise);
    }
  });

  it("is answered or refused by each as her own rules, grants and budget say", () => {
    for (const { owners, ruleSets, outcomes } of both()) {
      expect(ruleSets.map(({ name }) => name).sort()).toEqual(Object.keys(byHand).sort());
      const sums: Record<string, number> = {};
      for (const set of ruleSets) {
        const [outcome, code] = byHand[set.name]!;
        expect(set.people, set.name).toBeGreaterThan(0);
        expect(set.outcomes, set.name).toEqual({ [outcome]: set.people });
        expect(set.refusals, set.name).toEqual(code === null ? {} : { [code]: set.people });
        sums[outcome] = (sums[outcome] ?? 0) + set.people;
      }
      expect(outcomes).toEqual({ failed: 0, ...sums });
      expect(ruleSets.reduce((sum, { people }) => sum + people, 0)).toBe(owners);
    }
  });

  it("costs each as much among 2,000 as among 250, in every part", () => {
    for (const role of roles) {
      const [little, much] = both().map(({ parts }) => parts.find((part) => part.role === role)!);
      // Polls of the gatherers are as many for few as for many.
      for (const of of ["messagesPerOwner", "bytesPerOwner"] as const)
        expect(much![of], `${role} ${of}`).toBeLessThan(1.1 * little![of]);
    }
    for (const role of ["publishing", "people", "forwarders"] as const) {
      const [little, much] = both().map(({ parts }) => parts.find((part) => part.role === role)!);
      expect(much!.messagesPerOwner / little!.messagesPerOwner, role).toBeGreaterThan(0.9);
      expect(much!.bytesPerOwner / little!.bytesPerOwner, role).toBeGreaterThan(0.9);
    }
  });
});

it("of people who all refuse, nobody contributes and nobody pays", { timeout: 60_000 }, () => {
  const population = ruleSets(startMs).filter(({ name }) => byHand[name]![0] === "policy");
  const run = simulateQuery({ owners: 60, seed: 2, population });
  expect(run.outcomes).toEqual({ contributed: 0, policy: 60, grant: 0, budget: 0, failed: 0 });
  expect(run.truth).toBe(0);
  expect(run.isGood).toBe(true);
});

it.each([100, 10_000, 100_000, 1_000_000])(
  "%i people publish so slowly that every indexer hears all forwarders of a minute",
  (people) => {
    // All have the same concept, so every holder gets a share of each, mostly from another forwarder each time.
    const inAWindow = (people / publishingMs(people)) * askingLimits.quotaWindowMs;
    expect(inAWindow).toBeLessThanOrEqual(0.75 * askingLimits.maxSenders);
  },
);
