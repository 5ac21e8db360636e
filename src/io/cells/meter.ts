// What a cell has done so far, in numbers.
import type { CellStatistics } from "./contract.ts";

export class CellMeter {
  batchesIn = 0;
  recordsIn = 0;
  batchesOut = 0;
  recordsOut = 0;
  bytesOut = 0;
  repeats = 0;
  refused = 0;
  #asked = { atMs: performance.now(), recordsIn: 0, recordsOut: 0 };

  /** Rates are since it was last asked. */
  read(): Omit<CellStatistics, "vertex" | "incarnation" | "state" | "bytesIn" | "unacknowledged" | "inProgress"> {
    const { batchesIn, recordsIn, batchesOut, recordsOut, bytesOut, repeats, refused } = this;
    const atMs = performance.now();
    const seconds = Math.max(atMs - this.#asked.atMs, 1) / 1000;
    const recordsInPerSecond = (recordsIn - this.#asked.recordsIn) / seconds;
    const recordsOutPerSecond = (recordsOut - this.#asked.recordsOut) / seconds;
    this.#asked = { atMs, recordsIn, recordsOut };
    const counts = { batchesIn, recordsIn, batchesOut, recordsOut, bytesOut, repeats, refused };
    return { ...counts, recordsInPerSecond, recordsOutPerSecond };
  }
}
