// What a gatherer adds up, and what the parts of all become: people by outcome, and whole numbers for each group. As bytes it is a
// part:
//
//   8 random bytes, 6 participation counts, then the listed groups in their order, or u32 how many and of each its keys and its
//   number of people; of each group its cells, and for each TOP_K without candidates u32 how many, each a key and its people
//
// Numbers are doubles that hold whole numbers. Keys stand in the order of their bytes: who came first is not told.
import { accept, fromHex, type Result, refuse } from "../base/index.ts";
import { outcomes } from "./contract.ts";
import { bytesText, readKey, readKeys } from "./keys.ts";
import type { FoundTopPart, Layout } from "./layout.ts";
import { partNumberBytes } from "./pieces.ts";

/** Outcomes, then those who were silent. */
export const participants = [...outcomes, "silent"] as const;

export interface GroupTotals {
  owners: number;
  readonly cells: Float64Array;
  /** For each TOP_K without candidates, people by key. */
  readonly named: readonly Map<string, number>[];
}

/** A part adds no more to a number, noise included; sixteen such stay exact. */
const mostOfPart = 2 ** 48;

export class Totals {
  readonly participation = new Float64Array(participants.length);
  readonly groups = new Map<number | string, GroupTotals>();
  readonly #layout: Layout;
  readonly #named: readonly FoundTopPart[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#named = layout.aggregates.filter((part) => part.kind === "found-top");
    if (layout.groups.at === "listed") for (const place of layout.groups.rows.keys()) this.group(place);
  }

  group(key: number | string): GroupTotals {
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { owners: 0, cells: new Float64Array(this.#layout.cells), named: this.#named.map(() => new Map()) };
      this.groups.set(key, group);
    }
    return group;
  }

  toPart(number: Uint8Array): Uint8Array {
    const found = this.#layout.groups.at === "found";
    const groups = found ? [...this.groups].sort(([a], [b]) => (a < b ? -1 : 1)) : [...this.groups];
    const named = (group: GroupTotals) =>
      group.named.reduce((sum, map, i) => sum + 4 + map.size * (this.#named[i]!.key.bytes + 8), 0);
    const perGroup = 8 * this.#layout.cells + (found ? this.#layout.keyBytes + 8 : 0);
    const size = groups.reduce((sum, [, group]) => sum + perGroup + named(group), 0);
    const writer = new Writer(partNumberBytes + 8 * participants.length + (found ? 4 : 0) + size);
    writer.bytes(number);
    writer.numbers(this.participation);
    if (found) writer.count(groups.length);
    for (const [key, group] of groups) {
      if (found) {
        writer.bytes(fromHex(key as string));
        writer.numbers([group.owners]);
      }
      writer.numbers(group.cells);
      for (const map of group.named) {
        writer.count(map.size);
        for (const [text, people] of [...map].sort(([a], [b]) => (a < b ? -1 : 1))) {
          writer.bytes(fromHex(text));
          writer.numbers([people]);
        }
      }
    }
    return writer.out;
  }

  /** Adds what another gatherer handed on. After a refusal some of it may have been added: nothing comes out of it then. */
  addPart(part: Uint8Array): Result<void> {
    const reader = new Reader(part, partNumberBytes);
    const { groups, keyBytes, keys } = this.#layout;
    reader.addTo(this.participation);
    const count = groups.at === "found" ? reader.count(keyBytes + 8) : groups.rows.length;
    let before = "";
    for (let place = 0; place < count && reader.ok; place++) {
      let key: number | string = place;
      if (groups.at === "found") {
        const at = reader.past(keyBytes);
        if (!reader.ok || readKeys(part, at, keys) === undefined) return refuse("terms-part");
        key = bytesText(part, at, keyBytes);
        if (key <= before) return refuse("terms-part");
        before = key;
      }
      const group = this.group(key);
      if (groups.at === "found") group.owners += reader.number();
      reader.addTo(group.cells);
      for (const [index, map] of group.named.entries()) this.#addNamed(reader, part, map, this.#named[index]!);
    }
    return reader.ok && reader.ended ? accept(undefined) : refuse("terms-part");
  }

  #addNamed(reader: Reader, part: Uint8Array, map: Map<string, number>, { key }: FoundTopPart): void {
    const count = reader.count(key.bytes + 8);
    for (let i = 0; i < count && reader.ok; i++) {
      const at = reader.past(key.bytes);
      if (!reader.ok || readKey(part, at, key) == null) return reader.fail();
      const text = bytesText(part, at, key.bytes);
      map.set(text, (map.get(text) ?? 0) + reader.number());
    }
  }
}

class Writer {
  readonly out: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.out = new Uint8Array(length);
    this.#view = new DataView(this.out.buffer);
  }

  bytes(bytes: Uint8Array): void {
    this.out.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  count(count: number): void {
    this.#view.setUint32(this.#at, count);
    this.#at += 4;
  }

  numbers(numbers: ArrayLike<number>): void {
    for (let i = 0; i < numbers.length; i++, this.#at += 8) this.#view.setFloat64(this.#at, numbers[i]!);
  }
}

class Reader {
  readonly #view: DataView;
  #at: number;
  ok = true;

  constructor(bytes: Uint8Array, at: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  get ended(): boolean {
    return this.#at === this.#view.byteLength;
  }

  fail(): void {
    this.ok = false;
  }

  /** Where the next so many bytes begin. */
  past(length: number): number {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#view.byteLength) this.fail();
    return from;
  }

  number(): number {
    const at = this.past(8);
    const value = this.ok ? this.#view.getFloat64(at) : 0;
    if (!Number.isInteger(value) || Math.abs(value) > mostOfPart) this.fail();
    return this.ok ? value : 0;
  }

  /** How many of so many bytes follow: never more than there is room for. */
  count(bytesEach: number): number {
    const at = this.past(4);
    const count = this.ok ? this.#view.getUint32(at) : 0;
    if (count * bytesEach > this.#view.byteLength - this.#at) this.fail();
    return this.ok ? count : 0;
  }

  addTo(totals: Float64Array): void {
    for (let i = 0; i < totals.length && this.ok; i++) totals[i]! += this.number();
  }
}
