// Which rows a table holds, as a set of 64-bit keys (core/pods/row-key.ts) with one mark each: met in this import. Open
// addressing in typed arrays, so that millions of rows take 10 to 13 bytes each and no object. In parts, each of which grows by a
// quarter when it is full: a table that doubles as a whole needs three times the memory of its rows while it does.
import type { RowKeys } from "../../core/pods/index.ts";

/** The lowest bit of the high half is the mark, so that keys have 63 bits. */
const mark = 1;
const manyEqual = 4;
const partBits = 6;
const firstSlots = 64;

export class KnownRows {
  readonly #parts = Array.from({ length: 1 << partBits }, () => new Part());
  size = 0;
  /** Of contents met often in this import: how often. Else a million equal rows would take a trillion steps. */
  readonly #often = new Map<string, number>();

  /** From an earlier import: the low halves at even places, the high ones at odd. */
  load(keys: Uint32Array): void {
    for (let at = 0; at < keys.length; at += 2) {
      const part = this.#partOf(keys[at + 1]!);
      const place = part.placeOf(keys[at]!, keys[at + 1]!);
      if (part.isFree(place)) this.#put(part, place, keys[at]!, (keys[at + 1]! & ~mark) >>> 0);
    }
  }

  /** True when the row is new; its key, changed when equal rows came before it in this import, is then in `keys`. */
  add(keys: RowKeys): boolean {
    const plainLow = keys.low;
    const plainHigh = keys.high;
    for (let nth = 1; ; nth++) {
      const part = this.#partOf(keys.high);
      const place = part.placeOf(keys.low, keys.high);
      if (part.isFree(place)) {
        this.#put(part, place, keys.low, (keys.high | mark) >>> 0);
        return true;
      }
      if ((part.high[place]! & mark) === 0) {
        part.high[place]! |= mark;
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

  #partOf(high: number): Part {
    return this.#parts[high >>> (32 - partBits)]!;
  }

  #put(part: Part, place: number, low: number, high: number): void {
    part.put(place, low, high);
    this.size++;
  }
}

class Part {
  low = new Uint32Array(firstSlots);
  high = new Uint32Array(firstSlots);
  #size = 0;

  isFree(place: number): boolean {
    return this.low[place] === 0 && this.high[place] === 0;
  }

  placeOf(low: number, high: number): number {
    const slots = this.low.length;
    const wanted = (high & ~mark) >>> 0;
    for (let place = Math.floor((low / 2 ** 32) * slots); ; place = place + 1 === slots ? 0 : place + 1) {
      const [foundLow, foundHigh] = [this.low[place]!, this.high[place]!];
      if (foundLow === 0 && foundHigh === 0) return place;
      if (foundLow === low && (foundHigh & ~mark) >>> 0 === wanted) return place;
    }
  }

  put(place: number, low: number, high: number): void {
    this.low[place] = low;
    this.high[place] = high;
    this.#size++;
    if (this.#size * 5 > this.low.length * 4) this.#grow();
  }

  #grow(): void {
    const [oldLow, oldHigh] = [this.low, this.high];
    const slots = Math.ceil(oldLow.length * 1.25);
    this.low = new Uint32Array(slots);
    this.high = new Uint32Array(slots);
    for (let at = 0; at < oldLow.length; at++) {
      if (oldLow[at] === 0 && oldHigh[at] === 0) continue;
      const place = this.placeOf(oldLow[at]!, oldHigh[at]!);
      this.low[place] = oldLow[at]!;
      this.high[place] = oldHigh[at]!;
    }
  }
}
