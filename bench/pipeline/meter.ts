// Counts what arrives at the sink. The first fifth is warm-up.
import type { Figures, Load } from "./protocol.ts";

export class Meter {
  readonly #load: Load;
  readonly #done: (figures: Figures) => void;
  readonly #latencies: number[] = [];
  #batches = 0;
  #records = 0;
  #startNs = 0n;

  constructor(load: Load, done: (figures: Figures) => void) {
    this.#load = load;
    this.#done = done;
  }

  batch(rows: number, sentNs: bigint): void {
    const nowNs = process.hrtime.bigint();
    this.#batches++;
    const warm = Math.floor(this.#load.batches / 5);
    if (this.#batches === warm) this.#startNs = nowNs;
    if (this.#batches <= warm) return;
    this.#records += rows;
    if (this.#load.perSecond > 0) this.#latencies.push(Number(nowNs - sentNs) / 1000);
    if (this.#batches < this.#load.batches) return;
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    const recordsPerSecond = this.#records / (Number(nowNs - this.#startNs) / 1e9);
    this.#done({ recordsPerSecond, p50Micros: at(0.5), p99Micros: at(0.99) });
  }
}
