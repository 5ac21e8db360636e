// Whole rounds with the noise and the costs that people live with: nothing without noise leaves a cell.
import { describe, expect, it } from "vitest";
import { countedSealing } from "../../src/sim/asking/index.ts";
import { settings, worldOfDays } from "../support/asking.ts";

const people = 60;
const days = (index: number) => 10 + (index % 3);
const asked = (changed: Partial<typeof settings> = {}, seed = 1) =>
  worldOfDays(people, days, 20, { seed, sealing: countedSealing, settings: { ...settings, ...changed } });
const truth = Array.from({ length: people }, (_, index) => days(index)).reduce((a, b) => a + b);

describe("a round with real terms", () => {
  it.each(["split", "one"] as const)(
    "gives a noised sum near the true one, and noised numbers of people (%s)",
    (noise) => {
      const world = asked({ noise });
      world.publishAll();
      const answer = world.ask();
      expect(world.refusals).toEqual([]);
      if (!answer.ok) throw new Error(`${answer.code} ${answer.detail}`);
      const [[sum]] = answer.value.rows as [[{ value: number; noise: number }]];
      expect(sum.noise).toBeGreaterThan(1);
      expect(Math.abs(sum.value - truth)).toBeLessThan(8 * sum.noise);
      const { contributed } = answer.value.participation;
      expect(contributed.noise).toBeGreaterThan(0);
      expect(Math.abs(Number(contributed.value) - people)).toBeLessThan(8 * contributed.noise!);
      expect(answer.value.missing).toEqual([]);
      for (const { pod } of world.pods) expect(pod.budget.charges.size).toBe(1);
    },
  );

  it("another round of the same people has other noise, and is paid again", () => {
    const world = asked();
    world.publishAll();
    const sums = [world.ask(), world.ask()].map((answer) => {
      if (!answer.ok) throw new Error(answer.code);
      return JSON.stringify([answer.value.rows, answer.value.participation]);
    });
    expect(sums[0]).not.toBe(sums[1]);
    for (const { pod } of world.pods) expect(pod.budget.charges.size).toBe(2);
  });
});
