import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  atMost,
  complementaryError,
  drawnVariance,
  gaussianHalfWidth,
  gaussianTail,
  groupThreshold,
  laplaceHalfWidth,
  laplaceScale,
  parseDecimal,
  ratio,
  ratioOf,
  roundUp,
  squareRoot,
  toNumber,
} from "./index.ts";

const anyRatio = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([a, b]) => ratio(a, b));

describe("ratios", () => {
  it("decimals are read exactly", () => {
    for (const [text, numerator, denominator] of [
      ["0.1", 1n, 10n],
      ["1e-6", 1n, 1_000_000n],
      ["2.50", 5n, 2n],
      ["3e2", 300n, 1n],
      ["0", 0n, 1n],
    ] as const) {
      expect(parseDecimal(text)).toEqual({ ok: true, value: { numerator, denominator } });
    }
    for (const text of ["", "-1", "1/2", ".5", "0x1", "1e99", "NaN", "1e-50", "9".repeat(19)]) {
      expect(parseDecimal(text), text).toMatchObject({ ok: false, code: "privacy-number" });
    }
  });

  it("doubles become the ratio that they are, and come back", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e300, noNaN: true }), (value) => {
        if (value === 0 || value > 1e-290)
          expect(Math.abs(toNumber(ratioOf(value)) - value)).toBeLessThanOrEqual(value * 3e-16);
      }),
    );
    expect(ratioOf(0.1)).toEqual({ numerator: 3602879701896397n, denominator: 2n ** 55n });
  });

  it("rounding goes up, by no more than it says, to a short ratio", () => {
    fc.assert(
      fc.property(anyRatio, fc.integer({ min: 2, max: 60 }), (value, bits) => {
        const rounded = roundUp(value, bits);
        expect(atMost(value, rounded)).toBe(true);
        const atMostUp = ratio(
          value.numerator * (2n ** BigInt(bits - 1) + 1n),
          value.denominator * 2n ** BigInt(bits - 1),
        );
        const whole =
          rounded.denominator === 1n && atMost(rounded, ratio(value.numerator + value.denominator, value.denominator));
        expect(whole || atMost(rounded, atMostUp)).toBe(true);
      }),
    );
  });

  it("noise is never less than asked for", () => {
    fc.assert(fc.property(anyRatio, (value) => atMost(value, drawnVariance(value))));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.bigInt({ min: 1n, max: 10n ** 18n }), (each, e) => {
        const epsilon = ratio(e, 10n ** 15n);
        const scale = laplaceScale(ratio(each), epsilon);
        expect(atMost(ratio(BigInt(each) * epsilon.denominator, epsilon.numerator), scale)).toBe(true);
      }),
    );
  });

  it("square roots are whole and right", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), (n) => {
        const root = squareRoot(n);
        expect(root * root <= n && (root + 1n) * (root + 1n) > n).toBe(true);
      }),
    );
  });
});

describe("tails", () => {
  const direct = (variance: number, least: number) => {
    let [all, tail] = [0, 0];
    const reach = Math.ceil(60 * Math.sqrt(variance)) + 60;
    for (let x = reach; x >= -reach; x--) {
      const term = Math.exp((-x * x) / (2 * variance));
      all += term;
      if (x >= least) tail += term;
    }
    return tail / all;
  };

  it("the discrete Gaussian's tail is its sum, on both sides of zero", () => {
    for (const variance of [0.05, 0.7, 1, 2.5, 100, 90_000]) {
      for (const deviations of [-5, -1, 0, 0.3, 1, 4, 9, 20]) {
        const least = Math.round(deviations * Math.sqrt(variance));
        const right = direct(variance, least);
        expect(gaussianTail(variance, least) / right).toBeCloseTo(1, 7);
      }
    }
  });

  it("beyond the summed ones it is bounded from above, closely", () => {
    const variance = 2_000 ** 2;
    for (const deviations of [0.5, 2, 5, 8]) {
      const least = deviations * 2_000;
      const right = direct(variance, least);
      expect(gaussianTail(variance, least)).toBeGreaterThanOrEqual(right);
      expect(gaussianTail(variance, least) / right).toBeLessThan(1.01);
    }
  });

  it("the complementary error function has its known values", () => {
    // Abramowitz and Stegun, table 7.1 and 7.3.
    for (const [x, value] of [
      [0, 1],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [1.9, 0.007209570764742524],
      [2, 0.004677734981047266],
      [3, 2.209049699858544e-5],
      [6, 2.1519736712498913e-17],
    ] as const) {
      expect(complementaryError(x) / value).toBeCloseTo(1, 10);
    }
  });

  it("half widths are the smallest that miss rarely enough", () => {
    for (const variance of [0.2, 1, 30, 5_000, 4e6]) {
      const width = gaussianHalfWidth(variance, 0.05);
      expect(gaussianHalfWidth(variance, 1e-6)).toBeGreaterThan(width);
      for (let other = 0; other < 300; other++) gaussianHalfWidth(2 + other / 100, 0.05); // more than are kept
      expect(gaussianHalfWidth(variance, 0.05)).toBe(width);
      expect(2 * gaussianTail(variance, width + 1)).toBeLessThanOrEqual(0.05);
      if (width > 0) expect(2 * gaussianTail(variance, width)).toBeGreaterThan(0.05);
    }
    expect(gaussianHalfWidth(1e8, 0.05) / 19_600).toBeCloseTo(1, 3);
    expect(laplaceHalfWidth(1_000, 0.05) / (1_000 * Math.log(20))).toBeCloseTo(1, 2);
  });

  it("a threshold lets a lone owner pass with δ, and one less would not", () => {
    for (const [variance, groups, delta] of [
      [1, 1, 1e-6],
      [50, 3, 1e-9],
      [4e6, 20, 1e-12],
      [0.3, 1, 1e-4],
    ] as const) {
      const threshold = groupThreshold(variance, groups, delta);
      expect(groups * gaussianTail(variance, threshold - 1)).toBeLessThanOrEqual(delta);
      expect(groups * gaussianTail(variance, threshold - 2)).toBeGreaterThan(delta * 0.99);
    }
  });
});
