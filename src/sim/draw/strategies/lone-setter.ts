// ES.NAV and ES.AV (§4.1): the beacon names a point; whoever can claim to be its setter chooses the actors alone. The attack:
// any colluding node near enough to pass claims it and names its own. ES.NAV's verifiers look at no actor, so the
// attacker may name as many as it likes; ES.AV's make it name genuine nodes, of which it has C.
import type { KTable } from "../../../core/draw/index.ts";
import { countBeacon, countLoneSetter, countVisit } from "../accounting.ts";
import type { Lots } from "../lots.ts";
import { Lottery } from "../lottery.ts";
import type { DrawOrder } from "../order.ts";
import type { Outcome } from "../outcome.ts";
import { positionOf, type Ring } from "../ring.ts";
import { Ground, type Strategy } from "./strategy.ts";

export class LoneSetter implements Strategy {
  readonly #ground: Ground;
  readonly #lottery: Lottery;
  readonly #checksActors: boolean;

  constructor(ring: Ring, table: KTable, order: DrawOrder, checksActors: boolean) {
    this.#ground = new Ground(ring, table, order);
    this.#lottery = new Lottery(2 * order.cache + 64);
    this.#checksActors = checksActors;
  }

  draw(at: number, lots: Lots, outcome: Outcome): void {
    const { order, ring, spread } = this.#ground;
    const { places, keys, nodes } = ring;
    const k = this.#ground.beaconWitnesses(at);
    countBeacon(outcome, k);
    countVisit(outcome);
    countLoneSetter(outcome, order.actors);
    outcome.verification = 2 * k + (this.#checksActors ? order.actors + 1 : 0);
    const place = places[at]!;
    if (this.#ground.colludingNear(place, at)) {
      outcome.corrupted = this.#checksActors ? this.#ground.everyActor : order.actors;
      return;
    }
    // An honest setter draws from its cache.
    const from = positionOf(places, place - spread, at - (order.cache >>> 1));
    const to = Math.min(from + nodes, positionOf(places, place + spread, at + (order.cache >>> 1)));
    this.#lottery.draw(keys, from, to, lots.key(), Math.min(order.actors, to - from));
    outcome.corrupted = this.#lottery.colluding;
  }
}
