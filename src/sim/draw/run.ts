// Draws, one after the other or a stretch of them. What a draw gives hangs on the seed and its number alone; stretches are of
// fixed length and their sums are added in order: results are the same for any number of threads, to the last bit.
import { Lots } from "./lots.ts";
import { type DrawOrder, mustTable } from "./order.ts";
import { add, clear, emptyOutcome, emptySums, type Outcome, type Sums } from "./outcome.ts";
import type { Ring } from "./ring.ts";
import { type Strategy, strategyFor } from "./strategies/index.ts";

/** Draws of one stretch, unless each is many tries: some hundredths of a second, so that progress moves and threads end together. */
const perStretch = 32_768;

export function stretchesOf({ setters, tries }: DrawOrder): { readonly length: number; readonly count: number } {
  const length = Math.max(1, Math.floor(perStretch / tries));
  return { length, count: Math.ceil(setters / length) };
}

export class Runner {
  readonly #order: DrawOrder;
  readonly #ring: Ring;
  readonly #strategy: Strategy;
  readonly #lots: Lots;
  #outcome: Outcome = emptyOutcome();
  #best: Outcome = emptyOutcome();

  constructor(order: DrawOrder, ring: Ring) {
    this.#order = order;
    this.#ring = ring;
    this.#strategy = strategyFor(ring, mustTable(order), order);
    this.#lots = new Lots(order.seed, "setter");
  }

  stretch(index: number): Sums {
    const { length } = stretchesOf(this.#order);
    const sums = emptySums();
    const end = Math.min(this.#order.setters, (index + 1) * length);
    for (let number = index * length; number < end; number++) add(sums, this.drawNumber(number));
    return sums;
  }

  /** The draw of this number; of several tries, the one that the attacker likes best. */
  drawNumber(number: number): Outcome {
    const { tries, nodes, setters } = this.#order;
    for (let attempt = 0; attempt < tries; attempt++) {
      const lots = this.#lots.seek(number * tries + attempt);
      // With as many draws as nodes, each node is the setter once.
      const setter = setters === nodes && attempt === 0 ? number : lots.below(nodes);
      clear(this.#outcome);
      this.#strategy.draw(this.#ring.margin + setter, lots, this.#outcome);
      if (attempt === 0 || this.#outcome.corrupted > this.#best.corrupted) {
        [this.#best, this.#outcome] = [this.#outcome, this.#best];
      }
    }
    return this.#best;
  }
}
