// Which rows a table holds, as a set of 64-bit keys (core/pods/row-key.ts) with one mark each: met in this import. Open
// addressing in typed arrays, so that millions of rows take 11 to 15 bytes each and no object. In parts, each of which grows by a
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
      const slot = part.slotOf(keys[at]!, keys[at + 1]!);
      if (part.isFree(slot)) this.#put(part, slot, keys[at]!, (keys[at + 1]! & ~mark) >>> 0);
    }
  }

  /** True when the row is new; its key, changed when equal rows came before it in this import, is then in `keys`. */
  add(keys: RowKeys): boolean {
    const plainLow = keys.low;
    const plainHigh = keys.high;
    for (let nth = 1; ; nth++) {
      const part = this.#partOf(keys.high);
      const slot = part.slotOf(keys.low, keys.high);
      if (part.isFree(slot)) {
        this.#put(part, slot, keys.low, (keys.high | mark) >>> 0);
        return true;
      }
      if (part.setMark(slot)) return false;
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

  #put(part: Part, slot: number, low: number, high: number): void {
    part.put(slot, low, high);
    this.size++;
  }
}

class Part {
  /** Of each slot a byte of its key, or 0 where it is free. They fit into the processor's cache, where the keys do not: that a row is
   * new is mostly told without a look at one. */
  tags = new Uint8Array(firstSlots);
  /** Of each slot the low half of its key, then the high one. */
  halves = new Uint32Array(firstSlots * 2);
  #size = 0;

  isFree(slot: number): boolean {
    return this.tags[slot] === 0;
  }

  /** The mark of a key that is held: true when it had none. */
  setMark(slot: number): boolean {
    const high = this.halves[slot * 2 + 1]!;
    this.halves[slot * 2 + 1] = high | mark;
    return (high & mark) === 0;
  }

  /** The slot that holds the key, or the free one where it would go. */
  slotOf(low: number, high: number): number {
    const { tags, halves } = this;
    const slots = tags.length;
    const wanted = (high & ~mark) >>> 0;
    const tag = tagOf(high);
    for (let slot = Math.floor((low / 2 ** 32) * slots); ; slot = slot + 1 === slots ? 0 : slot + 1) {
      const found = tags[slot]!;
      if (found === 0) return slot;
      if (found !== tag || halves[slot * 2] !== low) continue;
      if ((halves[slot * 2 + 1]! & ~mark) >>> 0 === wanted) return slot;
    }
  }

  put(slot: number, low: number, high: number): void {
    this.#set(slot, low, high);
    this.#size++;
    if (this.#size * 5 > this.tags.length * 4) this.#grow();
  }

  #set(slot: number, low: number, high: number): void {
    this.tags[slot] = tagOf(high);
    this.halves[slot * 2] = low;
    this.halves[slot * 2 + 1] = high;
  }

  #grow(): void {
    const { tags, halves } = this;
    const slots = Math.ceil(tags.length * 1.25);
    this.tags = new Uint8Array(slots);
    this.halves = new Uint32Array(slots * 2);
    for (let slot = 0; slot < tags.length; slot++) {
      if (tags[slot] === 0) continue;
      const low = halves[slot * 2]!;
      const high = halves[slot * 2 + 1]!;
      this.#set(this.slotOf(low, high), low, high);
    }
  }
}

/** Bits that neither choose a part nor a slot. */
function tagOf(high: number): number {
  return (high >>> 1) & 0xff || 1;
}
