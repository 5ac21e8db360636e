// The plain twin of src/core/privacy's coins and samplers: Algorithms 1 to 3 of Canonne, Kamath and Steinke (2020) with BigInt
// throughout, on the same 16-bit words in the same order. Slow, and without any of the twin's ideas.
import type { RandomBytes, Ratio } from "../../src/core/privacy/index.ts";

export class PlainNoise {
  readonly #source: RandomBytes;
  readonly #bytes = new Uint8Array(16 * 1024);
  #next = this.#bytes.length;

  constructor(source: RandomBytes) {
    this.#source = source;
  }

  word(): bigint {
    if (this.#next === this.#bytes.length) {
      this.#source.fill(this.#bytes);
      this.#next = 0;
    }
    const low = this.#bytes[this.#next++]!;
    return BigInt(low + 256 * this.#bytes[this.#next++]!);
  }

  below(bound: bigint): bigint {
    if (bound === 1n) return 0n;
    const bits = BigInt((bound - 1n).toString(2).length);
    for (;;) {
      let value = 0n;
      const words = (bits + 15n) / 16n;
      for (let i = 0n; i < words; i++) {
        const word = this.word();
        const kept = i === 0n ? bits - 16n * (words - 1n) : 16n;
        value = (value << 16n) + (word & ((1n << kept) - 1n));
      }
      if (value < bound) return value;
    }
  }

  flip(n: bigint, d: bigint): boolean {
    if (n >= d) return true;
    let rest = n;
    while (rest > 0n) {
      const digit = (rest << 16n) / d;
      const drawn = this.word();
      if (drawn !== digit) return drawn < digit;
      rest = (rest << 16n) % d;
    }
    return false;
  }

  expMinus(n: bigint, d: bigint): boolean {
    for (let i = 0n; i < n / d; i++) if (!this.#expMinusFraction(1n, 1n)) return false;
    return n % d === 0n ? true : this.#expMinusFraction(n % d, d);
  }

  #expMinusFraction(n: bigint, d: bigint): boolean {
    let k = 1n;
    while (this.flip(n, d * k)) k++;
    return k % 2n === 1n;
  }

  laplace({ numerator: t, denominator: s }: Ratio): bigint {
    for (;;) {
      let rest = this.below(t);
      while (!this.expMinus(rest, t)) rest = this.below(t);
      let whole = 0n;
      while (this.expMinus(1n, 1n)) whole++;
      const magnitude = (rest + t * whole) / s;
      const negative = (this.word() & 1n) === 1n;
      if (!(negative && magnitude === 0n)) return negative ? -magnitude : magnitude;
    }
  }

  gaussian({ numerator: p, denominator: q }: Ratio): bigint {
    let t = 1n;
    for (let step = 1n << 40n; step > 0n; step >>= 1n) if ((t - 1n + step) ** 2n * q <= p) t += step;
    for (;;) {
      const drawn = this.laplace({ numerator: t, denominator: 1n });
      const distance = (drawn < 0n ? -drawn : drawn) * q * t - p;
      if (this.expMinus(distance * distance, 2n * p * q * t * t)) return drawn;
    }
  }
}

/** Reproducible bytes: xoshiro128**, seeded by splitmix32. Good enough for statistics, never for secrets. */
export function seededBytes(seed: number): RandomBytes {
  let mix = seed >>> 0;
  const next = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const s = Uint32Array.from({ length: 4 }, next);
  const rotate = (x: number, by: number) => ((x << by) | (x >>> (32 - by))) >>> 0;
  return {
    fill(into) {
      const words = new Uint32Array(into.buffer, into.byteOffset, into.byteLength >> 2);
      for (let i = 0; i < words.length; i++) {
        words[i] = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9);
        const t = s[1]! << 9;
        s[2] = s[2]! ^ s[0]!;
        s[3] = s[3]! ^ s[1]!;
        s[1] = s[1]! ^ s[2]!;
        s[0] = s[0]! ^ s[3]!;
        s[2] = s[2]! ^ t;
        s[3] = rotate(s[3]!, 11);
      }
    },
  };
}
