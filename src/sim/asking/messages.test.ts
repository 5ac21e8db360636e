// What a plan says of messages is what the machines send.
import { expect, it } from "vitest";
import { expectedMessages } from "../../core/asking/index.ts";
import { ruleSets } from "./population.ts";
import { simulateQuery } from "./simulate.ts";
import { startMs } from "./world.ts";

/** Nobody is asked herself: who does not answer is called again. */
const population = ruleSets(startMs).filter(({ name }) => name !== "wants to be asked, and does not answer");

it.each([
  [40, 1],
  [300, 5],
  [900, 9],
])("of %i people, by who sends them", { timeout: 60_000 }, (owners, seed) => {
  const processors = 60;
  const { parts, isGood } = simulateQuery({ owners, seed, processors, population });
  expect(isGood).toBe(true);
  const counted = Object.fromEntries(parts.map(({ role, messages }) => [role, messages]));
  const expected = expectedMessages({
    people: owners,
    keys: 1,
    target: { concept: "profession", values: [{ type: "text", value: "pilot" }] },
    indexers: processors,
    settings: { gatherers: 3, forwarders: 1, answerMs: 600_000 },
  });
  for (const role of ["people", "forwarders", "gatherers"] as const) expect(counted[role]).toBe(expected[role]);
  // Full pages are counted as if shares came in any order.
  const spare = Math.floor((5 * owners) / 4_096);
  for (const role of ["finder", "indexers"] as const) {
    expect(counted[role]).toBeLessThanOrEqual(expected[role]);
    expect(counted[role]).toBeGreaterThanOrEqual(expected[role] - spare);
  }
});
