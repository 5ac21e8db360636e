// Exact coins from random bytes (Canonne, Kamath, Steinke: "The Discrete Gaussian for Differential Privacy", 2020, §5.1).
// Nothing here rounds: a coin that shall fall heads with probability n/d compares the digits of a random real in [0, 1), drawn
// 16 bits at a time, with the digits of n/d, as many as it takes (one, but for 1 in 65,536). All is decided with integers: as
// doubles where every product stays below 2^53 and is therefore exact, with BigInt elsewhere. test/support/plain-noise.ts is
// the same with BigInt throughout, and a property holds both to the same results from the same bytes.
//
// KNOWN HOLE: how many words a coin takes depends on how it falls, so a sampler's time tells a little about its noise to
// somebody who can time single samples on the same machine.
import { assert } from "../base/index.ts";
import { limits } from "./limits.ts";

/** Where randomness comes from: node:crypto live, a seeded generator in tests and simulations. */
export interface RandomBytes {
  fill(into: Uint8Array): void;
}

const base = 65_536;
/** Denominators up to here are handled as doubles: n·2^16 < 2^53, so quotient and remainder are exact. */
const maxFastDenominator = 2 ** 37;

export class Coins {
  readonly #source: RandomBytes;
  #words = new Uint16Array(0);
  #next = 0;

  constructor(source: RandomBytes) {
    this.#source = source;
  }

  /** Sixteen random bits. */
  word(): number {
    if (this.#next === this.#words.length) this.#fetch();
    return this.#words[this.#next++]!;
  }

  /** Most coins choose a path or a delay and are forgotten; who makes noise needs thousands of words, and fetches many at once. */
  #fetch(): void {
    const { firstRandomBytes, randomBufferBytes } = limits;
    const bytes = Math.min(Math.max(firstRandomBytes, 4 * this.#words.byteLength), randomBufferBytes);
    if (bytes > this.#words.byteLength) this.#words = new Uint16Array(bytes / 2);
    this.#source.fill(new Uint8Array(this.#words.buffer));
    this.#next = 0;
  }

  /** Heads or tails. */
  even(): boolean {
    return (this.word() & 1) === 1;
  }

  /** A whole number below `bound` ≤ 2^48, each as likely: as many bits as it has, drawn again while too large. */
  below(bound: number): number {
    if (bound <= 1) return 0;
    if (bound <= base) {
      const mask = 0xffff_ffff >>> Math.clz32(bound - 1);
      for (;;) {
        const value = this.word() & mask;
        if (value < bound) return value;
      }
    }
    assert(bound <= 2 ** 48, "too large a choice");
    const [words, top] = bound <= 2 ** 32 ? [2, Math.ceil(bound / base)] : [3, Math.ceil(bound / 2 ** 32)];
    const mask = top > 1 ? 0xffff_ffff >>> Math.clz32(top - 1) : 0;
    for (;;) {
      let value = this.word() & mask;
      for (let i = 1; i < words; i++) value = value * base + this.word();
      if (value < bound) return value;
    }
  }

  /** True with probability n/d, for whole 0 ≤ n ≤ d ≤ 2^53. */
  flip(n: number, d: number): boolean {
    if (d > maxFastDenominator) return this.flipBig(BigInt(n), BigInt(d));
    if (n >= d) return true;
    let rest = n;
    while (rest > 0) {
      const scaled = rest * base;
      const digit = Math.floor(scaled / d); // exact: scaled < 2^53, so the quotient cannot round up to the next integer
      const drawn = this.word();
      if (drawn !== digit) return drawn < digit;
      rest = scaled - digit * d;
    }
    return false;
  }

  flipBig(n: bigint, d: bigint): boolean {
    return n >= d ? true : n > 0n && this.#against(n, d, this.word());
  }

  /** True with probability e^(−n/d): Algorithm 1 of the paper. */
  expMinus(n: number, d: number): boolean {
    if (n >= d) {
      const whole = Math.floor(n / d);
      for (let i = 0; i < whole; i++) if (!this.expMinusOne()) return false;
      return this.#expMinusFraction(n - whole * d, d);
    }
    return this.#expMinusFraction(n, d);
  }

  expMinusOne(): boolean {
    let k = 2; // the first coin, 1/1, always falls heads
    while (this.flip(1, k)) k++;
    return k % 2 === 1;
  }

  expMinusBig(n: bigint, d: bigint): boolean {
    const whole = n / d;
    for (let i = 0n; i < whole; i++) if (!this.expMinusOne()) return false;
    const rest = n - whole * d;
    if (rest === 0n) return true;
    // γ = rest/d lies in [g, g + 1) / 2^32, which settles the first digit of γ/k but for 1 draw in about 2^15.
    const g = Number((rest << 32n) / d);
    let k = 1;
    while (this.#flipNear(g, rest, d, k)) k++;
    return k % 2 === 1;
  }

  #expMinusFraction(n: number, d: number): boolean {
    if (n === 0) return true;
    let k = 1;
    if (d * 64 <= maxFastDenominator) {
      while (this.flip(n, d * k)) k++;
      return k % 2 === 1;
    }
    return this.expMinusBig(BigInt(n), BigInt(d));
  }

  /** True with probability n/(d·k), n/d being within [g, g + 1) / 2^32. */
  #flipNear(g: number, n: bigint, d: bigint, k: number): boolean {
    const drawn = this.word();
    const step = k * base;
    if (drawn < Math.floor(g / step)) return true;
    if (drawn > Math.floor((g + 1) / step)) return false;
    return this.#against(n, d * BigInt(k), drawn);
  }

  /** Compares the random real that begins with `drawn` with n/d. */
  #against(n: bigint, d: bigint, drawn: number): boolean {
    let rest = n << 16n;
    for (;;) {
      const digit = rest / d;
      const first = BigInt(drawn);
      if (first !== digit) return first < digit;
      rest = (rest - digit * d) << 16n;
      if (rest === 0n) return false;
      drawn = this.word();
    }
  }
}
