// Concentrated differential privacy to (ε, δ): the conversion of Canonne, Kamath, Steinke (2020), Proposition 12, and the older
// one of Bun, Steinke (2016), Proposition 1.3, against published figures. One test per claim, in our words.
import { expect, it } from "vitest";
import { deltaOf, epsilonOf, looseEpsilonOf, rhoOf } from "../../src/core/privacy/index.ts";

/** What the program prints that its authors publish beside the paper (github.com/IBM/discrete-gaussian-differential-privacy). */
const published = {
  delta: [{ rho: 0.025, epsilon: 1, delta: 1.3361319064032213e-6 }],
  epsilon: [
    { rho: 0.025, delta: 1e-6, epsilon: 1.014074254726128 },
    { rho: 0.001, delta: 1e-9, epsilon: 0.2451192538719514 },
    { rho: 0.07, delta: 1e-10, epsilon: 2.3872751767179743 },
    { rho: 0.1, delta: 1e-10, epsilon: 2.8818280091742428 },
    { rho: 0.5, delta: 1e-5, epsilon: 4.728386984943314 },
    { rho: 1, delta: 1e-6, epsilon: 7.7662166253117215 },
    { rho: 2.56, delta: 1e-10, epsilon: 17.15830871210475 },
    { rho: 10, delta: 1e-6, epsilon: 32.221660949097604 },
  ],
  rho: [
    { epsilon: 0.1, delta: 1e-6, rho: 0.0003210476903457401 },
    { epsilon: 1, delta: 1e-6, rho: 0.024355970359538372 },
    { epsilon: 2, delta: 1e-9, rho: 0.056130501796519815 },
    { epsilon: 8, delta: 1e-6, rho: 1.052358004556989 },
  ],
};

it("Proposition 12: ε, δ and ρ are those of the published program, and never smaller where that would overclaim", () => {
  for (const { rho, delta, epsilon } of published.epsilon) {
    expect(epsilonOf(rho, delta) / epsilon).toBeGreaterThan(1 - 1e-11);
    expect(epsilonOf(rho, delta) / epsilon).toBeLessThan(1 + 1e-9);
  }
  for (const { rho, delta, epsilon } of published.delta) {
    expect(deltaOf(rho, epsilon) / delta).toBeGreaterThan(1 - 1e-11);
    expect(deltaOf(rho, epsilon) / delta).toBeLessThan(1 + 1e-8);
  }
  for (const { rho, delta, epsilon } of published.rho) {
    expect(rhoOf(epsilon, delta) / rho).toBeLessThan(1 + 1e-11);
    expect(rhoOf(epsilon, delta) / rho).toBeGreaterThan(1 - 1e-9);
  }
});

it("Bun and Steinke: the 2020 United States census, ρ = 2.63 for persons and households, stands for (18.19, 1e-10)", () => {
  expect(looseEpsilonOf(2.63, 1e-10)).toBeCloseTo(18.19, 2);
  expect(epsilonOf(2.63, 1e-10)).toBeLessThan(18.19);
});

it("the tight conversion is below the loose one everywhere, and both ways lead back", () => {
  for (const rho of [1e-9, 1e-6, 1e-3, 0.1, 1, 10, 100]) {
    for (const delta of [1e-4, 1e-6, 1e-12, 1e-18]) {
      const epsilon = epsilonOf(rho, delta);
      if (epsilon === 0) continue; // so little ρ that δ alone covers it
      expect(epsilon).toBeLessThan(looseEpsilonOf(rho, delta));
      expect(deltaOf(rho, epsilon) / delta).toBeLessThan(1 + 1e-6);
      expect(deltaOf(rho, epsilon * 0.999)).toBeGreaterThan(delta);
      expect(rhoOf(epsilon, delta) / rho).toBeCloseTo(1, 6);
      expect(epsilonOf(rhoOf(epsilon, delta), delta)).toBeLessThanOrEqual(epsilon);
    }
  }
});

it("no conversion is below the truth: the exact δ of the discrete Gaussian (Theorem 7 there) is smaller than ours", () => {
  for (const variance of [1, 4, 25, 400]) {
    const probability = (x: number) => Math.exp((-x * x) / (2 * variance));
    const reach = 40 * Math.sqrt(variance);
    let all = 0;
    for (let x = -reach; x <= reach; x++) all += probability(x);
    for (const epsilon of [0.1, 0.5, 1, 3]) {
      let exact = 0;
      // δ = P[X > ε·σ² − ½] − e^ε · P[X > ε·σ² + ½] for sensitivity 1
      for (let x = Math.floor(epsilon * variance - 0.5) + 1; x <= reach; x++) {
        exact += probability(x) / all;
        if (x > epsilon * variance + 0.5) exact -= (Math.exp(epsilon) * probability(x)) / all;
      }
      expect(deltaOf(1 / (2 * variance), epsilon)).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    }
  }
});
