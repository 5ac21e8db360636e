// Contributions in parts, so that no cell sees a noise-free total: an owner cuts each of her (clipped) numbers into one part
// for each noise cell, uniformly random but for their sum modulo 2^48. Any n − 1 parts say nothing. Each cell adds up the
// parts that it got, adds its share of the noise, and hands on what is noise to everybody else; only the sum of all cells
// means something, and it is noisy already. Addition modulo 2^48 commutes with adding noise, so the result is the same as if
// one cell had added everything.
//
// KNOWN HOLE: the sum means something only if all cells counted the same owners. Whoever runs the cells has them agree on the
// list before they add noise; an owner whose parts did not all arrive is left out everywhere. A cell that lies about its sum
// spoils the result: this protects secrecy, not truth.
import { assert } from "../base/index.ts";
import type { Coins } from "./coins.ts";

export const partModulus = 2 ** 48;
const half = partModulus / 2;

function wrap(value: number): number {
  const rest = value % partModulus;
  return rest < 0 ? rest + partModulus : rest;
}

/** One array for each cell; their sum modulo 2^48 is `values`. */
export function cutIntoParts(values: Float64Array, cells: number, coins: Coins): Float64Array[] {
  assert(cells >= 1, "somebody gets a part");
  const parts = Array.from({ length: cells }, () => new Float64Array(values.length));
  for (let i = 0; i < values.length; i++) {
    let rest = wrap(values[i]!);
    for (let cell = 1; cell < cells; cell++) {
      const part = coins.below(partModulus);
      parts[cell]![i] = part;
      rest = wrap(rest - part);
    }
    parts[0]![i] = rest;
  }
  return parts;
}

/** Adds parts, or sums of parts, onto a total that stays below 2^48. */
export function addParts(total: Float64Array, parts: Float64Array): void {
  assert(total.length === parts.length, "as many groups");
  for (let i = 0; i < total.length; i++) total[i] = wrap(total[i]! + parts[i]!);
}

/** The numbers that the sum of all cells stands for: those nearest to zero, within ±2^47. */
export function readParts(total: Float64Array): Float64Array {
  return total.map((value) => (value >= half ? value - partModulus : value));
}
