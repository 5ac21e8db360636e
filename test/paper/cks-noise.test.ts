// Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020): the distributions that its algorithms
// have, against the probabilities as the paper defines them, at fixed seeds. One test per claim, in our words.
import { expect, it } from "vitest";
import { Coins, DiscreteGaussian, DiscreteLaplace, ratio } from "../../src/core/privacy/index.ts";
import { chiSquareDeviations, kolmogorovSmirnov, tally } from "../support/goodness.ts";
import { seededBytes } from "../support/plain-noise.ts";

const runs = 200_000;
function* drawn(sampler: { sample(coins: Coins): number }, seed: number, count = runs): Generator<number> {
  const coins = new Coins(seededBytes(seed));
  for (let i = 0; i < count; i++) yield sampler.sample(coins);
}

/** Definition 1: e^(−x²/2σ²) / Σ e^(−y²/2σ²). */
function gaussianProbability(variance: number, reach: number): (x: number) => number {
  let sum = 1;
  for (let y = reach; y > 0; y--) sum += 2 * Math.exp((-y * y) / (2 * variance));
  return (x) => Math.exp((-x * x) / (2 * variance)) / sum;
}

it("§5.1 Algorithm 1: a coin falls heads with probability e^(−γ), below and above 1", () => {
  const coins = new Coins(seededBytes(1));
  for (const [n, d] of [
    [0, 1],
    [1, 3],
    [1, 1],
    [7, 5],
    [12, 5],
    [5, 2 ** 40],
  ] as const) {
    let heads = 0;
    for (let i = 0; i < runs; i++) if (coins.expMinus(n, d)) heads++;
    const p = Math.exp(-n / d);
    expect(Math.abs(heads - runs * p), `${n}/${d}`).toBeLessThan(4 * Math.sqrt(runs * p * (1 - p)) + 1);
  }
});

it("§5.2 Algorithm 2: P[X = x] = (e^(1/b) − 1) / (e^(1/b) + 1) · e^(−|x|/b), for whole and broken scales b", () => {
  for (const [t, s, seed] of [
    [1, 1, 11],
    [1, 3, 12],
    [7, 2, 13],
    [50, 1, 14],
    [355, 113, 15],
  ] as const) {
    const b = t / s;
    const front = Math.expm1(1 / b) / (Math.exp(1 / b) + 1);
    const counts = tally(drawn(new DiscreteLaplace(ratio(t, s)), seed));
    const { deviations } = chiSquareDeviations(counts, (x) => front * Math.exp(-Math.abs(x) / b), Math.ceil(40 * b));
    expect(deviations, `${t}/${s}`).toBeLessThan(3.3);
  }
});

it("§5.3 Algorithm 3: the discrete Gaussian, from a variance below 1 to a hundred million", () => {
  for (const [p, q, seed] of [
    [1, 4, 21],
    [1, 1, 22],
    [27, 4, 23],
    [100, 1, 24],
    [2500, 1, 25],
  ] as const) {
    const reach = Math.ceil(12 * Math.sqrt(p / q)) + 12;
    const counts = tally(drawn(new DiscreteGaussian(ratio(p, q)), seed));
    const { degrees, deviations } = chiSquareDeviations(counts, gaussianProbability(p / q, reach), reach);
    expect(degrees).toBeGreaterThan(1);
    expect(deviations, `${p}/${q}`).toBeLessThan(3.3);
  }
  const deviation = 10_000;
  const probability = gaussianProbability(deviation ** 2, 10 * deviation);
  const upTo = new Float64Array(20 * deviation + 2);
  for (let i = 1; i < upTo.length; i++) upTo[i] = upTo[i - 1]! + probability(i - 1 - 10 * deviation);
  const sample = [...drawn(new DiscreteGaussian(ratio(deviation ** 2)), 26)];
  expect(kolmogorovSmirnov(sample, (x) => upTo[x + 1 + 10 * deviation]!)).toBeLessThan(1.95);
});

it("Corollary 9: the variance is below σ², and the mean zero", () => {
  for (const [p, q] of [
    [1, 10],
    [1, 2],
    [9, 1],
  ] as const) {
    let [sum, squares] = [0, 0];
    for (const x of drawn(new DiscreteGaussian(ratio(p, q)), 31)) {
      sum += x;
      squares += x * x;
    }
    const variance = p / q;
    expect(Math.abs(sum / runs)).toBeLessThan(4 * Math.sqrt(variance / runs));
    expect(squares / runs).toBeLessThan(variance * (1 + 6 / Math.sqrt(runs)));
  }
});

it("the tests above can fail: a rounded continuous Gaussian of the same variance is told from the discrete one", () => {
  const coins = new Coins(seededBytes(41));
  const uniform = () => (coins.below(2 ** 48) + 1) / 2 ** 48;
  const rounded = Array.from({ length: runs }, () =>
    Math.round(Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())),
  );
  expect(chiSquareDeviations(tally(rounded), gaussianProbability(1, 30), 30).deviations).toBeGreaterThan(6);
});
