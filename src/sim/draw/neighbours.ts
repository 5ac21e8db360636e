// Who may witness round a point (SEP2P §3.6), on the ring: the smallest k of the k-table whose region holds k nodes, and of
// these the k nearest, as `witnessesRound` of core/draw gives them to live nodes; and the attacker's side of the same look.
import type { KTable } from "../../core/draw/index.ts";
import type { Ring } from "./ring.ts";

export interface Reaches {
  /** How far row k reaches to each side, at [k]; 0 stands at [0]. */
  readonly row: Float64Array;
  /** The widest row that the attacker has nodes enough for. */
  readonly hostile: number;
}

export function reachesOf({ rows, colluding }: KTable): Reaches {
  const row = Float64Array.of(0, ...rows.map(({ rs }) => rs / 2));
  return { row, hostile: row[Math.min(rows.length, colluding)]! };
}

/** One look; reused, because millions are taken. */
export class Look {
  /** 0: no row can be filled. */
  k = 0;
  /** Witnesses lie from `first` to `last`, both ends included, without the node at the point itself. */
  first = 0;
  last = 0;
  /** How many of the witnesses collude. */
  colluding = 0;
  /** Some row, the chosen one or another, has all its k colluding nodes: no honest node needs to be asked. */
  captured = false;

  /**
   * Round the place of the node at `at`, which takes no part itself; or, with `at` = -1, round any place, `right` being
   * the position of the first node that is not below it.
   */
  round(
    { places, keys }: Ring,
    { row, hostile: widestHostile }: Reaches,
    place: number,
    right: number,
    at: number,
  ): this {
    const rows = row.length - 1;
    let widest = row[rows]!;
    let before = (at < 0 ? right : at) - 1;
    let after = at < 0 ? right : at + 1;
    let seen = 0;
    let hostile = 0;
    this.k = 0;
    this.captured = false;
    this.colluding = 0;
    const whole = places.length;
    while (seen < whole) {
      const down = before >= 0 ? place - places[before]! : 2;
      const up = after < whole ? places[after]! - place : 2;
      const nearer = down < up ? down : up;
      if (nearer >= widest || nearer > 0.5) break;
      const key = down < up ? keys[before--]! : keys[after++]!;
      seen++;
      if ((key & 1) === 1) {
        hostile++;
        if (hostile <= rows && nearer < row[hostile]!) this.captured = true;
      }
      if (this.k === 0 && seen <= rows && nearer < row[seen]!) {
        this.k = seen;
        this.first = before + 1;
        this.last = after - 1;
        this.colluding = hostile;
        widest = widestHostile; // beyond, there is nothing more to learn
      }
    }
    return this;
  }
}
