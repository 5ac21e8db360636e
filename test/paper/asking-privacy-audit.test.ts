// Differential privacy of the whole way (PIXIU §3.2): from what people send to the answer, on two populations that differ in one person,
// who sends far more than she may. What the answers prove must not exceed the claim, and ways that are broken on purpose must.
import { describe, expect, it } from "vitest";
import { Coins, epsilonOf, toNumber } from "../../src/core/privacy/index.ts";
import { type Answer, answerOf, createTally, encodeContribution } from "../../src/core/terms/index.ts";
import { must, termsFor, withOptions } from "../support/asking-people.ts";
import { seededBytes } from "../support/plain-noise.ts";
import { measuredEpsilon } from "../support/privacy-audit.ts";

const runs = 100_000;
/** A mechanism that is broken shows it sooner. */
const brokenRuns = 2_000;
const question = withOptions(
  "epsilon = 1, delta = 1e-6",
  "SUM(sick_leave_days, contribution_bounds_per_group => (0, 3)) AS days FROM people",
);
const coins = new Coins(seededBytes(11));

describe.each(["split", "one"] as const)("noise of %s", (noise) => {
  const terms = termsFor(question, { noise, gatherers: 3 });
  const honest = encodeContribution(terms, [[2n]], coins);
  /** She says 50 where 3 is the bound. */
  const greedy = honest.slice();
  new DataView(greedy.buffer).setBigInt64(greedy.length - 8, 50n);
  const exact = termsFor(question, { noise: "one", gatherers: 3 });
  /** Behind the part's number and who took part. */
  const cellAt = 8 + 6 * 8;

  type Broken = (parts: Uint8Array[], population: 0 | 1) => void;
  function ask(population: 0 | 1, broken: Broken | null, of = terms): Answer {
    const parts = [0, 1, 2].map((gatherer) => {
      const tally = createTally(of);
      must(tally.add(honest));
      if (gatherer === 0 && population === 1) must(tally.add(greedy));
      return tally.part(0, coins);
    });
    broken?.(parts, population);
    return must(answerOf(terms, parts, coins));
  }
  interface Seen {
    readonly days: Float64Array;
    readonly contributed: Float64Array;
  }
  /** Of each population what so many answers say. */
  const sample = (count: number, broken: Broken | null = null, of = terms): [Seen, Seen] => {
    const [one, other] = ([0, 1] as const).map((population) => {
      const seen = { days: new Float64Array(count), contributed: new Float64Array(count) };
      for (let run = 0; run < count; run++) {
        const answer = ask(population, broken, of);
        seen.days[run] = answer.rows[0]![0]!.value as number;
        seen.contributed[run] = answer.participation.contributed.value as number;
      }
      return seen;
    });
    return [one!, other!];
  };
  const proven = ([one, other]: [Seen, Seen], read: keyof Seen) => measuredEpsilon(one[read], other[read], delta);
  /** At a larger δ the claim is a smaller ε, which so many runs can prove something about. */
  const delta = 0.001;
  const claimed = epsilonOf(toNumber(terms.cost.rho), delta);
  /** The part of a gatherer that adds so much more of what she says than it may. */
  const beyond =
    (more: number): Broken =>
    ([first], population) => {
      const view = new DataView(first!.buffer);
      view.setFloat64(cellAt, view.getFloat64(cellAt) + (population === 1 ? more : 0));
    };

  it("claims what the question allows", () => {
    expect(claimed).toBeGreaterThan(0.3);
    expect(claimed).toBeLessThanOrEqual(1);
    expect(epsilonOf(toNumber(terms.cost.rho), 1e-6)).toBeLessThanOrEqual(1);
  });

  it("proves no more than is claimed, by the value and by who took part, and spreads as its noise says", {
    timeout: 180_000,
  }, () => {
    const answers = sample(runs);
    expect(proven(answers, "days")).toBeLessThanOrEqual(claimed);
    expect(proven(answers, "days")).toBeGreaterThan(0.15);
    expect(proven(answers, "contributed")).toBeLessThanOrEqual(claimed);
    const said = ask(0, null).rows[0]![0]!.noise!;
    expect(Math.abs(spread(answers[0].days) / said - 1)).toBeLessThan(0.012);
  });

  it("broken: a gatherer that does not clip is caught", () => {
    expect(proven(sample(brokenRuns, beyond(47)), "days")).toBeGreaterThan(claimed);
  });

  if (noise === "one") return;
  it("broken: 7 where 3 is the bound is caught by so many runs, and not by a tenth of them", {
    timeout: 180_000,
  }, () => {
    const [one, other] = sample(runs, beyond(4));
    expect(proven([one, other], "days")).toBeGreaterThan(claimed);
    const tenth = ({ days, contributed }: Seen) => ({
      days: days.subarray(0, runs / 10),
      contributed: contributed.subarray(0, runs / 10),
    });
    expect(proven([tenth(one), tenth(other)], "days")).toBeLessThan(claimed);
  });

  it("broken: shares of noise that were never added are caught", () => {
    expect(proven(sample(brokenRuns, null, exact), "days")).toBeGreaterThan(claimed);
    const oneMissing: Broken = (parts) => {
      const tally = createTally(exact);
      must(tally.add(honest));
      parts[2] = tally.part(0, coins);
    };
    const said = ask(0, null).rows[0]![0]!.noise!;
    // Two of three: √(2/3) of the deviation that is said, which 2,000 runs tell apart by more than five deviations.
    expect(spread(sample(brokenRuns, oneMissing)[0].days) / said).toBeLessThan(0.9);
  });
});

function spread(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
