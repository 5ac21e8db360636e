import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainNoise, seededBytes } from "../../../test/support/plain-noise.ts";
import { Coins, DiscreteGaussian, DiscreteLaplace, isLaplaceScale, type RandomBytes, ratio } from "./index.ts";

/** Bytes of which many words are 0, 65535 or the same: what takes a coin to its second and third digit. */
function roughBytes(seed: number): RandomBytes {
  const inner = seededBytes(seed);
  return {
    fill(into) {
      inner.fill(into);
      for (let i = 0; i + 3 < into.length; i += 4)
        if (into[i]! < 40) into[i + 2] = into[i + 3] = into[i]! < 20 ? 0 : 255;
    },
  };
}

const sources = [seededBytes, roughBytes] as const;
const anySource = fc.record({ seed: fc.integer(), which: fc.constantFrom(...sources) });
const pair = ({ seed, which }: { seed: number; which: (seed: number) => RandomBytes }) =>
  [new Coins(which(seed)), new PlainNoise(which(seed))] as const;

describe("the fast sampler is the plain one", () => {
  it("coins fall the same and use the same words, up to denominators of 2^53 and far beyond", () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 2 ** 37 + 9 }), fc.maxSafeNat());
    fc.assert(
      fc.property(anySource, size, fc.double({ min: 0, max: 1, noNaN: true }), (source, d, share) => {
        const n = Math.min(d, Math.floor(d * share));
        const [coins, plain] = pair(source);
        for (let i = 0; i < 40; i++) {
          expect(coins.flip(n, d || 1)).toBe(plain.flip(BigInt(n), BigInt(d || 1)));
          expect(coins.expMinus(n, d || 1)).toBe(plain.expMinus(BigInt(n), BigInt(d || 1)));
          const big = [BigInt(n) ** 3n * 5n, BigInt(d || 1) ** 3n * 2n] as const;
          expect(coins.expMinusBig(...big)).toBe(plain.expMinus(...big));
        }
        expect(BigInt(coins.word())).toBe(plain.word());
      }),
      { numRuns: 600 },
    );
  });

  it("a coin whose first digit ties goes on to the next", () => {
    const words = [0x1234, 0x5678, 0x0000, 0x1234, 0x5678, 0xffff];
    const bytes: RandomBytes = {
      fill(into) {
        into.fill(0);
        words.forEach((word, i) => {
          into[2 * i] = word & 255;
          into[2 * i + 1] = word >> 8;
        });
      },
    };
    const [coins, plain] = [new Coins(bytes), new PlainNoise(bytes)];
    const n = 0x1234_5678_8000n;
    for (const expected of [true, false]) {
      expect(coins.flipBig(n, 1n << 48n)).toBe(expected);
      expect(plain.flip(n, 1n << 48n)).toBe(expected);
    }
  });

  it("choices below a bound are the same", () => {
    fc.assert(
      fc.property(
        anySource,
        fc.integer({ min: 1, max: 2 ** 48 }),
        fc.integer({ min: 0, max: 47 }),
        (source, any, by) => {
          const bound = Math.max(1, Math.floor(any / 2 ** by));
          const [coins, plain] = pair(source);
          for (let i = 0; i < 20; i++) expect(BigInt(coins.below(bound))).toBe(plain.below(BigInt(bound)));
        },
      ),
    );
  });

  it("Laplace and Gaussian noise is the same, from scales below one step to the largest there are", () => {
    const part = fc.oneof(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 2 ** 30 }),
    );
    fc.assert(
      fc.property(anySource, part, part, fc.constantFrom(1n, 3n, 2n ** 10n), (source, p, q, by) => {
        const [coins, plain] = pair(source);
        const scale = ratio(p, q);
        const variance = ratio(BigInt(p) * BigInt(p) * by, q);
        const laplace = isLaplaceScale(scale) ? new DiscreteLaplace(scale) : undefined;
        const gaussian = new DiscreteGaussian(variance);
        for (let i = 0; i < 12; i++) {
          if (laplace) expect(BigInt(laplace.sample(coins))).toBe(plain.laplace(scale));
          expect(BigInt(gaussian.sample(coins))).toBe(plain.gaussian(variance));
        }
      }),
      { numRuns: 400 },
    );
  });
});

it("a coin that chooses one thing fetches few bytes; who throws many fetches more at once, and loses none", () => {
  const fetched: number[] = [];
  const inner = seededBytes(5);
  const coins = new Coins({
    fill(into) {
      fetched.push(into.length);
      inner.fill(into);
    },
  });
  expect(fetched).toEqual([]);
  coins.below(10);
  expect(fetched).toEqual([64]);
  const thrown = Array.from({ length: 20_000 }, () => coins.word());
  expect(fetched.slice(0, 6)).toEqual([64, 256, 1_024, 4_096, 16_384, 16_384]);
  const whole = new Uint8Array(64 * 1_024);
  seededBytes(5).fill(whole);
  const words = new Uint16Array(whole.buffer);
  const from = words.indexOf(thrown[0]!, 1);
  expect(thrown).toEqual([...words.subarray(from, from + thrown.length)]);
});
