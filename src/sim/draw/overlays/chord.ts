// Chord (Stoica et al. 2001): finger i of a node is the first node at or after a 2^-i of the ring further on. A look-up goes to
// the last finger before the point, until the point lies between a node and its successor; that one is the last hop.
import { positionOf, positionOfPoint, type Ring } from "../ring.ts";
import type { Overlay } from "./overlay.ts";

export class Chord implements Overlay {
  readonly #ring: Ring;

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  hops(from: number, point: number): number {
    const { places, margin, nodes } = this.#ring;
    const holder = this.#inside(positionOfPoint(this.#ring, point)); // the point's successor
    let at = margin + from;
    for (let hops = 0; ; hops++) {
      if (at === holder) return hops;
      const next = this.#inside(at + 1);
      const ahead = turn(point - places[at]!);
      if (next === holder || nodes === 1) return hops + 1;
      // Fingers that lie before the point; the longest that does.
      let step = 2 ** Math.floor(Math.log2(ahead));
      let finger = next;
      for (; step > 0; step /= 2) {
        finger = this.#successor(turn(places[at]! + step));
        if (finger === at) continue;
        if (turn(places[finger]! - places[at]!) < ahead) break;
        if (finger === next) break; // shorter ones lead there too
      }
      at = finger;
    }
  }

  #successor(place: number): number {
    const { places, margin, nodes } = this.#ring;
    return this.#inside(positionOf(places, place, margin + Math.floor(place * nodes)));
  }

  /** The node itself for its repetition beyond the end. */
  #inside(position: number): number {
    const { margin, nodes } = this.#ring;
    return position >= margin + nodes ? position - nodes : position < margin ? position + nodes : position;
  }
}

function turn(way: number): number {
  return way - Math.floor(way);
}
