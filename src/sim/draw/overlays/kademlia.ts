// Kademlia (Maymounkov, Mazières 2002): a node knows up to `bucket` nodes of each subtree that it is not in. A look-up asks the
// nearest node it knows for the nearest that one knows, until nobody knows a nearer one; each node asked is a hop.
import { Lots } from "../lots.ts";
import { positionOf, type Ring } from "../ring.ts";
import type { Overlay } from "./overlay.ts";

/** Kademlia's k, as libp2p has it. */
const bucket = 20;
const depths = 52;

export class Kademlia implements Overlay {
  readonly #ring: Ring;
  readonly #lots: Lots;

  constructor(ring: Ring, seed: number) {
    this.#ring = ring;
    this.#lots = new Lots(seed, "sample");
  }

  hops(from: number, point: number): number {
    let at = this.#ring.margin + from;
    for (let hops = 0; ; hops++) {
      const next = this.#nearestKnown(at, point);
      if (next === at) return hops;
      at = next;
    }
  }

  /** `at` itself, if it knows nobody nearer. Only subtrees that part from `at` at a bit where the point does are nearer. */
  #nearestKnown(at: number, point: number): number {
    const place = this.#ring.places[at]!;
    for (let depth = 0; depth < depths; depth++) {
      const width = 2 ** -(depth + 1);
      const own = Math.floor(place / width);
      const bit = own % 2;
      if (bit === Math.floor(point / width) % 2) continue;
      const contact = this.#contact(at, depth, (bit === 0 ? own + 1 : own - 1) * width, width, point);
      if (contact >= 0) return contact; // whatever parts later is farther from the point
    }
    return at;
  }

  /** Of the nodes that `at` knows from this subtree, the nearest to the point; -1: it is empty. */
  #contact(at: number, depth: number, low: number, width: number, point: number): number {
    const { places, margin, nodes } = this.#ring;
    const position = (place: number) =>
      Math.min(margin + nodes, Math.max(margin, positionOf(places, place, margin + Math.floor(place * nodes))));
    const from = position(low);
    const count = position(low + width) - from;
    const lots = this.#lots.seek(Math.imul(at, 64) + depth);
    let best = -1;
    for (let contact = 0; contact < Math.min(bucket, count); contact++) {
      const candidate = from + (count <= bucket ? contact : lots.below(count));
      if (best < 0 || isNearer(places[candidate]!, places[best]!, point)) best = candidate;
    }
    return best;
  }
}

/** By XOR, over 52 bits in two halves. */
function isNearer(one: number, other: number, point: number): boolean {
  const half = 2 ** 26;
  const high = (value: number) => Math.floor(value * half);
  const low = (value: number) => Math.floor((value * half - high(value)) * half);
  const [a, b] = [high(one) ^ high(point), high(other) ^ high(point)];
  return a < b || (a === b && (low(one) ^ low(point)) < (low(other) ^ low(point)));
}
