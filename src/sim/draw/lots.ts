// Randomness for the large draw: words that follow from (seed, stream, index, how many before) alone, so any thread may
// compute any of them, in any order, and results do not depend on who does. Never for keys or noise outside a simulation.

/** What a word is for. Two streams share nothing. */
export type Stream = "place" | "key" | "collusion" | "setter" | "trigger" | "lookup" | "churn" | "sample";
const streams: readonly Stream[] = [
  "place",
  "key",
  "collusion",
  "setter",
  "trigger",
  "lookup",
  "churn",
  "sample",
] as const;

const golden = 0x9e3779b9;

/** Finaliser with low bias (Chris Wellons, "lowbias32"): a bijection in which each bit hangs on each. */
export function scramble(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

export class Lots {
  readonly #first: number;
  readonly #second: number;
  #a = 0;
  #b = 0;

  constructor(seed: number, stream: Stream) {
    const high = Math.floor(seed / 0x1_0000_0000);
    const own = Math.imul(streams.indexOf(stream) + 1, golden);
    this.#first = scramble(scramble(seed ^ own) + high);
    this.#second = scramble(scramble(this.#first ^ 0x5bd1e995) + own);
  }

  /** Goes to the first word of an index. */
  seek(index: number): this {
    this.#a = scramble(index ^ this.#first);
    this.#b = scramble((Math.imul(index, 0x85ebca6b) + this.#second) | 0);
    return this;
  }

  /** 32 random bits, unsigned. The sum of two bijections of the index: equal words are as frequent as by chance. */
  word(): number {
    this.#a = (this.#a + golden) | 0;
    this.#b = (this.#b + 0x6c8e9cf5) | 0;
    return (scramble(this.#a) + scramble(this.#b ^ 0x27d4eb2f)) >>> 0;
  }

  /** 31 random bits, the lowest 0: a key, or a random value to mix with keys (lottery.ts). */
  key(): number {
    return (this.word() >>> 1) & ~1;
  }

  /** Uniform in [0, 1), 53 bits. */
  unit(): number {
    const high = this.word() >>> 5;
    return (high * 0x400_0000 + (this.word() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** Uniform whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }
}
