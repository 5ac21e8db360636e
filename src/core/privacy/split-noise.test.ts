import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededBytes } from "../../../test/support/plain-noise.ts";
import {
  addParts,
  addShare,
  atMost,
  Coins,
  checkShares,
  costOfShares,
  cutIntoParts,
  defaultNoiseCells,
  oneNoiseCell,
  planNoise,
  type Ratio,
  ratio,
  readParts,
  sensitivityOf,
  times,
  toNumber,
} from "./index.ts";

const bounds = { lower: 0, upper: 9, decimals: 0, groupsPerOwner: 2, recordsPerGroup: 1 };
const sensitivity = sensitivityOf("sum", bounds);
const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};

describe("the plan of the noise", () => {
  it("one cell: σ² = L2²/2ρ and at most a two-thousandth more", () => {
    const noise = must(planNoise(sensitivity, ratio(1, 10)));
    expect(toNumber(noise.shareVariance)).toBeCloseTo(162 / 0.2, 0);
    expect(atMost(noise.cost.rho, ratio(1, 10))).toBe(true);
    expect(noise).toMatchObject({ sharesNeeded: 1, excess: 1 });
  });

  it("never spends more than ρ, nor much less where the noise is not tiny, whoever colludes and vanishes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 3_000 }),
        (cells, some, others, thousandths) => {
          const colluding = some % cells;
          const vanishing = others % (cells - colluding);
          const rho = ratio(thousandths, 1000);
          const noise = must(planNoise(sensitivity, rho, { cells, colluding, vanishing }));
          const standing = cells - colluding - vanishing;
          expect(atMost(noise.cost.rho, rho)).toBe(true);
          // The worst case that is claimed: all that may vanish did, all that may collude know their shares.
          expect(costOfShares(noise.shareVariance, standing, sensitivity)).toEqual(noise.cost.rho);
          if (toNumber(noise.shareVariance) > 4) expect(toNumber(noise.cost.rho)).toBeGreaterThan(toNumber(rho) * 0.94);
          expect(checkShares(noise, cells - vanishing).ok).toBe(true);
          expect(checkShares(noise, cells - vanishing - 1)).toMatchObject({ code: "privacy-shares-missing" });
        },
      ),
    );
  });

  it("one more colluder than planned for costs more than was claimed", () => {
    const noise = must(planNoise(sensitivity, ratio(1, 10), { cells: 5, colluding: 2, vanishing: 1 }));
    expect(atMost(costOfShares(noise.shareVariance, 1, sensitivity), ratio(1, 10))).toBe(false);
  });

  it("what a sum of shares differs from one Gaussian is paid for when shares are small", () => {
    const share: Ratio = ratio(1, 4);
    const ideal = 162 / (2 * 6 * 0.25);
    expect(toNumber(costOfShares(share, 6, sensitivity))).toBeGreaterThan(ideal);
    expect(toNumber(costOfShares(ratio(400), 6, sensitivity))).toBe(162 / (2 * 6 * 400));
  });

  it("a roster of three or more splits the noise, and one curious cell is always assumed", () => {
    expect([1, 2].map(defaultNoiseCells)).toEqual([oneNoiseCell, oneNoiseCell]);
    for (let roster = 3; roster <= 64; roster++) {
      const { cells, colluding, vanishing } = defaultNoiseCells(roster);
      expect(cells).toBe(roster);
      expect(colluding).toBeGreaterThanOrEqual(1);
      expect(cells - colluding - vanishing).toBeGreaterThanOrEqual(1);
    }
  });

  it("refuses what makes no sense or cannot be drawn", () => {
    const cells = { cells: 3, colluding: 2, vanishing: 1 };
    expect(planNoise(sensitivity, ratio(1), cells)).toMatchObject({ code: "privacy-number" });
    expect(planNoise(sensitivity, ratio(0))).toMatchObject({ code: "privacy-number" });
    expect(planNoise(sensitivity, ratio(1, 10n ** 30n))).toMatchObject({ code: "privacy-scale" });
  });
});

describe("shares that are added", () => {
  const noise = must(planNoise(sensitivity, ratio(1, 10), { cells: 4, colluding: 1, vanishing: 1 }));
  const rounds = 20_000;

  it("all together, and without any that may be missing, have the variance that was claimed", () => {
    for (const shares of [4, 3, 2]) {
      const totals = new Float64Array(rounds);
      for (let cell = 0; cell < shares; cell++) addShare(noise, totals, new Coins(seededBytes(100 * shares + cell)));
      const variance = totals.reduce((sum, x) => sum + x * x, 0) / rounds;
      const claimed = toNumber(times(noise.shareVariance, ratio(shares)));
      expect(variance / claimed).toBeGreaterThan(1 - 5 / Math.sqrt(rounds));
      expect(variance / claimed).toBeLessThan(1 + 5 / Math.sqrt(rounds));
    }
  });

  it("parts of a contribution add up, with noise and without, and n − 1 of them are uniform", () => {
    const value = fc.integer({ min: -(2 ** 46) + 1, max: 2 ** 46 - 1 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (own, cells, seed) => {
          const coins = new Coins(seededBytes(seed));
          const values = Float64Array.from(own);
          const parts = cutIntoParts(values, cells, coins);
          const total = new Float64Array(own.length);
          for (const part of parts) addParts(total, part);
          expect([...readParts(total)]).toEqual(own.map((v) => v + 0));
          const noisy = new Float64Array(own.length);
          parts.forEach((part, cell) => {
            const copy = Float64Array.from(part);
            addShare(noise, copy, new Coins(seededBytes(cell)));
            addParts(noisy, copy);
          });
          for (const [i, v] of readParts(noisy).entries()) expect(Math.abs(v - own[i]!)).toBeLessThan(2_000);
        },
      ),
    );
    const parts = cutIntoParts(new Float64Array(20_000).fill(5), 3, new Coins(seededBytes(7)));
    for (const part of parts) {
      const cells = new Array<number>(16).fill(0);
      for (const x of part) cells[Math.floor(x / 2 ** 44)]!++;
      const statistic = cells.reduce((sum, seen) => sum + (seen - 1_250) ** 2 / 1_250, 0);
      expect(statistic).toBeLessThan(45); // 15 degrees of freedom: one time in 10,000
    }
  });
});
