// CAN (Ratnasamy et al. 2001), two dimensions: the torus is cut into boxes, one for each node. Who joins picks a point and takes
// half of the box it is in, cut along each dimension in turn. A look-up passes to the neighbouring box on the way to the point,
// the shorter way round, until it is there.
import { Lots } from "../lots.ts";
import type { Overlay } from "./overlay.ts";

export class Can implements Overlay {
  // The cuts as a tree: inner vertex v has its halves at child[v] and child[v] + 1; a leaf has 0 and belongs to a node.
  readonly #child: Int32Array;
  /** Left, right, bottom, top of the box found last. */
  #box: [number, number, number, number] = [0, 1, 0, 1];
  readonly #starts: Lots;

  constructor(nodes: number, seed: number) {
    this.#child = new Int32Array(2 * nodes);
    this.#starts = new Lots(seed, "sample");
    const lots = new Lots(seed, "place");
    for (let node = 1, free = 1; node < nodes; node++, free += 2) {
      lots.seek(node);
      const leaf = this.#locate(lots.unit(), lots.unit());
      this.#child[leaf] = free;
    }
  }

  hops(from: number, point: number): number {
    // A point of the ring as a point of the torus, and the node's own as it joined: uniform both.
    const lots = this.#starts.seek(from);
    let [x, y] = [lots.unit(), lots.unit()];
    const [toX, toY] = [point, (point * 0x400_0000) % 1];
    const goal = this.#locate(toX, toY);
    let at = this.#locate(x, y);
    for (let hops = 0; ; hops++) {
      if (at === goal) return hops;
      this.#locate(x, y);
      const [left, right, bottom, top] = this.#box;
      // Along the dimension in which the point lies farther outside this box.
      const [across, along] = [outside(toX, left, right), outside(toY, bottom, top)];
      if (Math.abs(across) >= Math.abs(along)) {
        [x, y] = [beyond(across, left, right), nearestWithin(toY, bottom, top)];
      } else {
        [x, y] = [nearestWithin(toX, left, right), beyond(along, bottom, top)];
      }
      at = this.#locate(x, y);
    }
  }

  /** The leaf that holds the point; its box is left in #box. */
  #locate(x: number, y: number): number {
    let [left, right, bottom, top] = [0, 1, 0, 1];
    let at = 0;
    for (let upright = true; this.#child[at] !== 0; upright = !upright) {
      const middle = upright ? (left + right) / 2 : (bottom + top) / 2;
      const second = (upright ? x : y) >= middle;
      if (upright) [left, right] = second ? [middle, right] : [left, middle];
      else [bottom, top] = second ? [middle, top] : [bottom, middle];
      at = this.#child[at]! + (second ? 1 : 0);
    }
    this.#box = [left, right, bottom, top];
    return at;
  }
}

/** How far a coordinate lies outside an interval of the circle, below 0 if the way down is the shorter; 0 inside. */
function outside(to: number, low: number, high: number): number {
  if (to >= low && to < high) return 0;
  const up = turn(to - high);
  const down = turn(low - to);
  return up <= down ? up + Number.EPSILON : -down - Number.EPSILON;
}

/** Just over the edge. */
function beyond(way: number, low: number, high: number): number {
  return way > 0 ? turn(high) : turn(low - 2 ** -40);
}

function nearestWithin(to: number, low: number, high: number): number {
  const way = outside(to, low, high);
  return way === 0 ? to : way > 0 ? high - 2 ** -40 : low;
}

function turn(way: number): number {
  return way - Math.floor(way);
}
