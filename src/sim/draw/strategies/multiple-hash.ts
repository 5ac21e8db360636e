// M.Hash (§4.1): the beacon's value, hashed once for each actor, names as many points; the node at each is an actor.
// Verifiers check that it is genuine and near its point. The attack: any colluding node near enough claims the point.
import type { KTable } from "../../../core/draw/index.ts";
import { countBeacon, countLookups } from "../accounting.ts";
import type { Lots } from "../lots.ts";
import type { DrawOrder } from "../order.ts";
import type { Outcome } from "../outcome.ts";
import { positionOfPoint, type Ring } from "../ring.ts";
import { Ground, type Strategy } from "./strategy.ts";

export class MultipleHash implements Strategy {
  readonly #ground: Ground;

  constructor(ring: Ring, table: KTable, order: DrawOrder) {
    this.#ground = new Ground(ring, table, order);
  }

  draw(at: number, lots: Lots, outcome: Outcome): void {
    const { order, ring } = this.#ground;
    const k = this.#ground.beaconWitnesses(at);
    countBeacon(outcome, k);
    countLookups(outcome, order.actors);
    outcome.verification = 2 * k + order.actors;
    let place = ring.places[at]!;
    let right = at;
    for (let actor = 0; actor < order.actors; actor++) {
      // The node nearest to the point is among those near enough, so an honest choice needs no other look.
      if (this.#ground.colludingNear(place, right)) outcome.corrupted++;
      place = lots.unit();
      right = positionOfPoint(ring, place);
    }
    outcome.corrupted = Math.min(outcome.corrupted, order.colluding);
  }
}
