// Which rows a table holds, as a set of 64-bit keys (core/pods/row-key.ts) with one mark each: met in this import. Open
// addressing in two typed arrays, so that millions of rows take 10 to 20 bytes each and no object.
import type { RowKeys } from "../../core/pods/index.ts";

/** The lowest bit of the high half is the mark, so that keys have 63 bits. */
const mark = 1;
const manyEqual = 4;

export class KnownRows {
  #high = new Uint32Array(1 << 12);
  #low = new Uint32Array(1 << 12);
  size = 0;
  /** Of contents met often in this import: how often. Else a million equal rows would take a trillion steps. */
  readonly #often = new Map<string, number>();

  /** From an earlier import: the low halves at even places, the high ones at odd. */
  load(keys: Uint32Array): void {
    for (let at = 0; at < keys.length; at += 2) {
      const place = this.#placeOf(keys[at]!, keys[at + 1]!);
      if (this.#isFree(place)) this.#put(place, keys[at]!, (keys[at + 1]! & ~mark) >>> 0);
    }
  }

  /** True when the row is new; its key, changed when equal rows came before it in this import, is then in `keys`. */
  add(keys: RowKeys): boolean {
    const plainLow = keys.low;
    const plainHigh = keys.high;
    for (let nth = 1; ; nth++) {
      const place = this.#placeOf(keys.low, keys.high);
      if (this.#isFree(place)) {
        this.#put(place, keys.low, (keys.high | mark) >>> 0);
        return true;
      }
      if ((this.#high[place]! & mark) === 0) {
        this.#high[place]! |= mark;
        return false;
      }
      if (nth === manyEqual) {
        const name = `${plainHigh},${plainLow}`;
        const count = Math.max(this.#often.get(name) ?? manyEqual, manyEqual);
        this.#often.set(name, count + 1);
        nth = count;
      }
      keys.low = plainLow;
      keys.high = plainHigh;
      keys.again(nth);
    }
  }

  #isFree(place: number): boolean {
    return this.#low[place] === 0 && this.#high[place] === 0;
  }

  #placeOf(low: number, high: number): number {
    const mask = this.#low.length - 1;
    const wanted = (high & ~mark) >>> 0;
    for (let place = (low ^ (high >>> 5)) & mask; ; place = (place + 1) & mask) {
      const [foundLow, foundHigh] = [this.#low[place]!, this.#high[place]!];
      if (foundLow === 0 && foundHigh === 0) return place;
      if (foundLow === low && (foundHigh & ~mark) >>> 0 === wanted) return place;
    }
  }

  #put(place: number, low: number, high: number): void {
    this.#low[place] = low;
    this.#high[place] = high;
    this.size++;
    if (this.size * 5 > this.#low.length * 4) this.#grow();
  }

  #grow(): void {
    const [oldLow, oldHigh] = [this.#low, this.#high];
    this.#low = new Uint32Array(oldLow.length * 2);
    this.#high = new Uint32Array(oldLow.length * 2);
    for (let at = 0; at < oldLow.length; at++) {
      if (oldLow[at] === 0 && oldHigh[at] === 0) continue;
      const place = this.#placeOf(oldLow[at]!, oldHigh[at]!);
      this.#low[place] = oldLow[at]!;
      this.#high[place] = oldHigh[at]!;
    }
  }
}
