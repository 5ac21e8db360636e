// What §3.1 measures the others against. All three know every node (a full mesh); verification is counted as over a DHT, where
// nobody knows the certificates of nodes far away.
//   server            the ideal trusted server: a fresh random list each time; one signature to verify
//   cost-optimal      the trigger chooses; at its worst it colludes, and owns all actors; A certificates
//   security-optimal  C + 1 nodes make a random value, one of them honest; ranks by hashing on; 2(C + 1) + A
import { unreachable } from "../../../core/base/index.ts";
import { countAvailability, countLoneSetter } from "../accounting.ts";
import type { Lots } from "../lots.ts";
import type { DrawOrder } from "../order.ts";
import type { Outcome } from "../outcome.ts";
import type { Ring } from "../ring.ts";
import type { Strategy } from "./strategy.ts";

type Reference = "server" | "cost-optimal" | "security-optimal";

export class References implements Strategy {
  readonly #ring: Ring;
  readonly #order: DrawOrder;
  readonly #reference: Reference;

  constructor(ring: Ring, order: DrawOrder, reference: Reference) {
    this.#ring = ring;
    this.#order = order;
    this.#reference = reference;
  }

  draw(_at: number, lots: Lots, outcome: Outcome): void {
    const { actors, colluding } = this.#order;
    switch (this.#reference) {
      case "server":
        countLoneSetter(outcome, actors);
        outcome.verification = 1;
        outcome.corrupted = this.#fromEverybody(lots);
        return;
      case "cost-optimal":
        countAvailability(outcome, 1, actors);
        outcome.verification = actors;
        outcome.corrupted = Math.min(actors, colluding);
        return;
      case "security-optimal":
        // CSAR with C + 1 participants: the beacon's four rounds, a signature of each, which all verify.
        outcome.beaconWitnesses = colluding + 1;
        outcome.pathMessages = 4;
        outcome.totalMessages = 4 * (colluding + 1);
        outcome.pathCrypto = 1 + (colluding + 1);
        outcome.totalCrypto = 2 * (colluding + 1);
        outcome.verification = 2 * (colluding + 1) + actors;
        outcome.corrupted = this.#fromEverybody(lots);
        return;
      default:
        return unreachable(this.#reference);
    }
  }

  /** A nodes of all N, none twice: each next one has its chance of the colluding nodes that are left. */
  #fromEverybody(lots: Lots): number {
    const { nodes, colluding } = this.#ring;
    let corrupted = 0;
    for (let drawn = 0; drawn < this.#order.actors; drawn++) {
      if (lots.unit() * (nodes - drawn) < colluding - corrupted) corrupted++;
    }
    return corrupted;
  }
}
