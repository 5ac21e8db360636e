import { expect, it } from "vitest";
import { simulateQuery } from "./index.ts";

it("costs each person as much among 2,000 as among 200, and her node 2k operations", { timeout: 120_000 }, () => {
  const [few, many] = [simulateQuery({ owners: 200, seed: 4 }), simulateQuery({ owners: 2_000, seed: 4 })];
  for (const run of [few, many]) {
    expect(run.refusal).toBeNull();
    expect(run.isGood).toBe(true);
    expect(run.operationsPerPerson).toBe(2 * run.witnesses);
    expect(run.outcomes).toMatchObject({ contributed: (run.owners * 9) / 10, policy: run.owners / 10, failed: 0 });
    expect(run.parts.map(({ role }) => role).sort()).toEqual(
      ["finder", "forwarders", "gatherers", "indexers", "people", "publishing"].sort(),
    );
  }
  const perOwner = (run: typeof few, of: "messagesPerOwner" | "bytesPerOwner") =>
    run.parts.reduce((sum, part) => sum + part[of], 0);
  for (const of of ["messagesPerOwner", "bytesPerOwner"] as const)
    expect(perOwner(many, of)).toBeLessThan(1.1 * perOwner(few, of));
  const people = [few, many].map((run) => run.parts.find(({ role }) => role === "people")!);
  expect(people[1]!.bytesPerOwner).toBeCloseTo(people[0]!.bytesPerOwner, -1);
});
