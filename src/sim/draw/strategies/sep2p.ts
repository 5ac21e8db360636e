// SEP2P (§3.4 to §3.6). The attack: whoever is nearest may be impersonated as setter, to no avail, as it only carries
// messages; colluding witnesses keep to themselves the honest candidates that nobody else vouches for, and name all
// colluding ones; and where all witnesses of some row collude, they sign what they like. What they cannot do, as covert
// adversaries (assumption 3): deny a node that an honest witness names; that would be proof against them.
import { drawLimits, type KTable } from "../../../core/draw/index.ts";
import { countBeacon, countRoster, countSeal, countSparse, countVisit } from "../accounting.ts";
import type { Lots } from "../lots.ts";
import { drawn, Lottery } from "../lottery.ts";
import type { DrawOrder } from "../order.ts";
import type { Outcome } from "../outcome.ts";
import { positionOf, positionOfPoint, type Ring } from "../ring.ts";
import { Ground, type Strategy } from "./strategy.ts";

export interface Lot {
  readonly place: number;
  readonly right: number;
  readonly itself: number;
}

export class Sep2p implements Strategy {
  readonly #ground: Ground;
  readonly #lottery: Lottery;
  #gathered: Int32Array;
  // Candidates: what honest witnesses know of R3, from … to; what all witnesses know lies within, in vouched.
  #from = 0;
  #to = 0;
  #vouchedFrom = 0;
  #vouchedTo = 0;

  constructor(ring: Ring, table: KTable, order: DrawOrder) {
    this.#ground = new Ground(ring, table, order);
    this.#lottery = new Lottery(2 * order.cache + 64);
    this.#gathered = new Int32Array(2 * order.cache + 64);
  }

  draw(at: number, lots: Lots, outcome: Outcome): void {
    countBeacon(outcome, this.#ground.beaconWitnesses(at));
    this.roster({ place: this.#ground.ring.places[at]!, right: at, itself: at }, lots, outcome);
  }

  /**
   * The roster of a lot that falls on a node, `itself`; or, with -1, on any place, `right` being the position of the first
   * node that is not below it, as it does live. Where the lot falls next, and the random value, are the next of `lots`.
   */
  roster(lot: Lot, lots: Pick<Lots, "unit" | "key">, outcome: Outcome): void {
    const { ring, order, reaches, look, everyActor } = this.#ground;
    let { place, right, itself } = lot;
    let attesting = 0;
    for (let moves = 0; moves <= drawLimits.maxAttempts; moves++) {
      countVisit(outcome);
      look.round(ring, reaches, place, right, itself);
      if (look.captured) {
        outcome.captured = 1;
        outcome.corrupted = everyActor;
        countRoster(outcome, Math.max(1, look.k), attesting, order.actors);
        countSeal(outcome, attesting);
        outcome.verification = 2 * outcome.beaconWitnesses;
        return;
      }
      if (look.k > 0) {
        const { k, colluding } = look;
        this.#candidates(place, right, itself);
        if (this.#to - this.#from >= order.actors) {
          this.#choose(lots.key(), place, itself, colluding > 0, outcome);
          countRoster(outcome, k, attesting, order.actors);
          countSeal(outcome, attesting);
          outcome.verification = 2 * outcome.beaconWitnesses;
          return;
        }
        countSparse(outcome, k, attesting, this.#to - this.#from);
        attesting += k;
      }
      place = lots.unit(); // the value hashed once more
      right = positionOfPoint(ring, place);
      itself = -1;
    }
    outcome.gaveUp = 1;
    outcome.relocations = Math.min(outcome.relocations, drawLimits.maxAttempts); // the last lot fell, and moved no more
  }

  /** §3.5 step 4: each witness names what its cache, of size rs3 round itself, has in R3, of size rs3 round the point. */
  #candidates(place: number, right: number, itself: number): void {
    const { ring, look, spread, order } = this.#ground;
    const { places, keys, nodes } = ring;
    let [low, high] = [2, -1]; // of all witnesses
    let [honestLow, honestHigh] = [2, -1];
    for (let i = look.first; i <= look.last; i++) {
      if (i === itself) continue;
      const witness = places[i]!;
      if (witness < low) low = witness;
      high = witness;
      if ((keys[i]! & 1) === 1) continue;
      if (witness < honestLow) honestLow = witness;
      honestHigh = witness;
    }
    const guess = order.cache >>> 1;
    this.#from = positionOf(places, Math.max(place, honestLow) - spread, right - guess);
    this.#to = positionOf(places, Math.min(place, honestHigh) + spread, right + guess);
    if (this.#to > this.#from + nodes) this.#to = this.#from + nodes; // a cache of everybody
    this.#vouchedFrom = Math.min(this.#to, positionOf(places, Math.max(place, high) - spread, this.#from));
    this.#vouchedTo = Math.max(this.#vouchedFrom, positionOf(places, Math.min(place, low) + spread, this.#to));
    if (this.#vouchedTo > this.#to) this.#vouchedTo = this.#to;
  }

  #choose(rnd: number, place: number, itself: number, hostile: boolean, outcome: Outcome): void {
    const { ring, order } = this.#ground;
    let keys: Int32Array = ring.keys;
    let from = this.#from;
    let to = this.#to;
    if (hostile) {
      to = this.#gatherWithHidden(place);
      from = 0;
      keys = this.#gathered;
    }
    this.#lottery.draw(keys, from, to, rnd, order.actors);
    const { last } = this.#lottery;
    outcome.corrupted = this.#lottery.colluding;
    outcome.unvouched =
      drawn(ring.keys, this.#from, this.#vouchedFrom, rnd, last) +
      drawn(ring.keys, this.#vouchedTo, this.#to, rnd, last);
    if (outcome.unvouched > 0) this.#countLacking(rnd, last, itself, outcome);
  }

  /** Who does not know which of the drawn: what lies in R3 beyond its own cache, on either side. */
  #countLacking(rnd: number, last: number, itself: number, outcome: Outcome): void {
    const { ring, look, spread } = this.#ground;
    const { places, keys } = ring;
    for (let i = look.first; i <= look.last; i++) {
      if (i === itself) continue;
      const knownFrom = Math.min(this.#to, positionOf(places, places[i]! - spread, this.#from));
      const knownTo = Math.max(this.#from, positionOf(places, places[i]! + spread, this.#to));
      const lacks = drawn(keys, this.#from, knownFrom, rnd, last) + drawn(keys, knownTo, this.#to, rnd, last);
      outcome.lacking += lacks;
      if (lacks > outcome.lackingMost) outcome.lackingMost = lacks;
    }
  }

  /** The honest witnesses' candidates, and of the rest of R3 the colluding nodes only. */
  #gatherWithHidden(place: number): number {
    const { ring, spread } = this.#ground;
    const { places, keys, nodes } = ring;
    const count = this.#to - this.#from;
    if (this.#gathered.length < 2 * count) this.#gathered = new Int32Array(3 * count);
    const gathered = this.#gathered;
    gathered.set(keys.subarray(this.#from, this.#to));
    let size = count;
    if (count >= nodes) return size;
    for (let i = this.#from - 1; i >= 0 && place - places[i]! <= spread && size < gathered.length; i--)
      if ((keys[i]! & 1) === 1) gathered[size++] = keys[i]!;
    for (let i = this.#to; i < places.length && places[i]! - place < spread && size < gathered.length; i++)
      if ((keys[i]! & 1) === 1) gathered[size++] = keys[i]!;
    return size;
  }
}
