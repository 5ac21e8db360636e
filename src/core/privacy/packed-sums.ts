// The hot loop of a tally whose owners send one whole number of 32 bits each: count and sum of a group share one double, and
// clipping takes no branch, because a branch that nobody can predict costs more than everything else here.
//   packed = Σ (clipped − lower)  +  unit · count        unit = 2^(r + b): r bits of range, blocks of 2^b records, r + 2b ≤ 53
// A block is unpacked before the sum could reach the unit. `Tally.add` is the plain twin; a property holds both to the same.
import type { Contribution } from "./sensitivity.ts";

/** Beyond it, value − lower would not fit into 32 bits. */
const widest = 2 ** 30;

export class PackedSums {
  readonly #lower: number;
  readonly #range: number;
  readonly #unit: number;
  readonly block: number;
  readonly #packed: Float64Array;

  constructor({ lower, upper }: Contribution, groups: number) {
    this.#lower = lower;
    this.#range = upper - lower;
    const bits = 32 - Math.clz32(this.#range);
    const blockBits = (53 - bits) >> 1;
    this.block = 2 ** blockBits;
    this.#unit = 2 ** (bits + blockBits);
    this.#packed = new Float64Array(groups);
  }

  /** Whether the bounds fit, and unpacking all groups is little beside a block. */
  static fits({ lower, upper }: Contribution, groups: number): boolean {
    if (lower <= -widest || upper >= widest || upper - lower >= widest) return false;
    return 2 ** ((53 - 32 + Math.clz32(upper - lower)) >> 1) >= 8 * groups;
  }

  /** Adds at most a block. False, with nothing added, when a value is so large that it must be clipped with more care. */
  add(groups: Uint32Array, values: Int32Array, from: number, to: number): boolean {
    const packed = this.#packed;
    const lower = this.#lower | 0; // says to the compiler that these are 32-bit integers, which doubles the speed
    const range = this.#range | 0;
    const unit = this.#unit;
    packed.fill(0);
    let large = 0;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      large |= value ^ (value << 1); // the sign: whether |value| reaches 2^30
      let over = (value - lower) | 0;
      over &= ~(over >> 31); // below lower: 0
      const room = (range - over) | 0;
      over = (over + (room & (room >> 31))) | 0; // above upper: range
      packed[groups[i]!]! += over + unit; // a group that does not exist is not written
    }
    return large >= 0;
  }

  /** Moves the block to where it belongs; answers how many records it had. */
  unpack({ owners, records, sums }: Totals): number {
    let all = 0;
    for (let group = 0; group < owners.length; group++) {
      const packed = this.#packed[group]!;
      if (packed === 0) continue;
      const count = Math.floor(packed / this.#unit);
      sums[group]! += packed - count * this.#unit + count * this.#lower;
      owners[group]! += count;
      records[group]! += count;
      all += count;
    }
    return all;
  }
}

interface Totals {
  readonly owners: Float64Array;
  readonly records: Float64Array;
  readonly sums: Float64Array;
}
