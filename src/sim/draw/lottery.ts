// The draw proper, §3.5 step 8e: of the candidates, the A whose key ⊕ RND comes first. Only the A-th smallest is sought:
// whoever is not above it is drawn. Keys are uniform, so all but a few candidates are out at the first glance. The plain
// twin, a full sort, is in lottery.test.ts.

/** Keys and random values: so many bits, so that all arithmetic stays within small integers. */
export const keyBits = 31;
const keySpace = 2 ** keyBits;

/** One draw; reused, because millions are made. */
export class Lottery {
  #kept: Int32Array;
  /** The largest key ⊕ rnd that was drawn. */
  last = 0;
  /** How many of those drawn collude. */
  colluding = 0;

  constructor(largest: number) {
    this.#kept = new Int32Array(largest + 1);
  }

  /** Draws from keys[from … to), which are at least as many as actors. `rnd` is even: the lowest bit tells who colludes. */
  draw(keys: Int32Array, from: number, to: number, rnd: number, actors: number): void {
    const count = to - from;
    if (count + 1 > this.#kept.length) this.#kept = new Int32Array(2 * count + 1);
    const kept = this.#kept;
    // Four deviations above the mean: that fewer than A stay happens to one draw in thirty thousand, and is seen.
    const share = (actors + 4 * Math.sqrt(actors)) / count;
    let size = keep(kept, keys, from, to, rnd, share >= 1 ? keySpace - 1 : Math.floor(share * keySpace));
    if (size < actors) size = keep(kept, keys, from, to, rnd, keySpace - 1);
    this.last = smallest(kept, size, actors - 1);
    let colluding = 0;
    for (let i = 0; i < actors; i++) colluding += kept[i]! & 1;
    this.colluding = colluding;
  }
}

/** The ranks up to a ceiling. Without a branch, as nobody can foresee who stays: the sign bit counts. */
function keep(kept: Int32Array, keys: Int32Array, from: number, to: number, rnd: number, ceiling: number): number {
  let size = 0;
  for (let i = from; i < to; i++) {
    const rank = keys[i]! ^ rnd;
    kept[size] = rank;
    size += ((rank - ceiling - 1) | 0) >>> 31;
  }
  return size;
}

/** How many of keys[from … to) were drawn. */
export function drawn(keys: Int32Array, from: number, to: number, rnd: number, last: number): number {
  let count = 0;
  for (let i = from; i < to; i++) count += (keys[i]! ^ rnd) <= last ? 1 : 0;
  return count;
}

/** Hoare's selection: what stands at `rank` once list[0 … size) is sorted; what stands before it then is before it now. */
function smallest(list: Int32Array, size: number, rank: number): number {
  let low = 0;
  let high = size - 1;
  while (low < high) {
    const pivot = list[(low + high) >>> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (list[i]! < pivot) i++;
      while (list[j]! > pivot) j--;
      if (i <= j) {
        const swap = list[i]!;
        list[i++] = list[j]!;
        list[j--] = swap;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return list[rank]!;
}
