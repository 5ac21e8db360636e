// A way of choosing actors, under its own best attack.
import type { KTable } from "../../../core/draw/index.ts";
import type { Lots } from "../lots.ts";
import { Look, type Reaches, reachesOf } from "../neighbours.ts";
import type { DrawOrder } from "../order.ts";
import type { Outcome } from "../outcome.ts";
import type { Ring } from "../ring.ts";

export interface Strategy {
  /** One draw whose lot fell on the node at this position; its chances come from `lots`. */
  draw(at: number, lots: Lots, outcome: Outcome): void;
}

/** What strategies with a beacon share: who witnesses it. */
export class Ground {
  readonly ring: Ring;
  readonly order: DrawOrder;
  readonly reaches: Reaches;
  readonly look = new Look();
  /** A colluding setter must lie so near to its point, on either side, that an honest one lies there with 1 − α (§4.2). */
  readonly nearEnough: number;
  /** Half of R3. */
  readonly spread: number;

  constructor(ring: Ring, table: KTable, order: DrawOrder) {
    this.ring = ring;
    this.order = order;
    this.reaches = reachesOf(table);
    this.nearEnough = Math.min(0.5, -Math.expm1(Math.log(order.alpha) / order.nodes) / 2);
    this.spread = Math.min(0.5, order.cache / order.nodes / 2);
  }

  /**
   * Witnesses of the trigger: the node half a ring away from the setter, so that over a run in which each node is the setter once
   * each is the trigger once, and memory is read in order. One that finds none, rarer than α, cannot trigger; the next does.
   */
  beaconWitnesses(setter: number): number {
    const { ring, reaches, look } = this;
    const { margin, nodes, places } = ring;
    for (let next = setter - margin + (nodes >>> 1); ; next++) {
      const at = margin + (next % nodes);
      if (look.round(ring, reaches, places[at]!, at, at).k > 0) return look.k;
    }
  }

  /** What the attacker gets where it decides alone. It can own no more actors than it has nodes, if actors are checked. */
  get everyActor(): number {
    return Math.min(this.order.actors, this.order.colluding);
  }

  colludingNear(place: number, right: number): boolean {
    const { places, keys } = this.ring;
    for (let i = right - 1; i >= 0 && place - places[i]! < this.nearEnough; i--) if ((keys[i]! & 1) === 1) return true;
    for (let i = right; i < places.length && places[i]! - place < this.nearEnough; i++)
      if ((keys[i]! & 1) === 1) return true;
    return false;
  }
}
