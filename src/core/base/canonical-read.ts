// Reads canonical CBOR (canonical.ts) in one pass, and looks as it goes whether each value is encoded as we would encode it.
// It only ever says yes: what it does not take is judged by the plain way, which says why. They agree on everything that
// is accepted; canonical.test.ts holds them together.
import { decode, encode } from "cborg";

/** Nothing was read: it is not canonical, or not for this reader. */
export const unread = Symbol("unread");

/** Texts up to here are put together letter by letter; for longer ones a call into the platform is worth it. */
const shortText = 128;

export function readCanonical(bytes: Uint8Array, maxDepth: number): unknown {
  const reader = new Reader(bytes, maxDepth);
  const value = reader.read(0);
  return reader.sound && reader.at === bytes.length ? value : unread;
}

class Reader {
  at = 0;
  /** False from the first fault on. */
  sound = true;
  readonly #bytes: Uint8Array;
  readonly #maxDepth: number;

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
  }

  /** `depth`: how many lists and maps are round this value. */
  read(depth: number): unknown {
    const head = this.#bytes[this.at]!;
    switch (head >> 5) {
      case 0:
        return this.#whole(head);
      case 1:
        return this.#negative(head);
      case 2:
        return this.#byteString(head);
      case 3:
        return this.#text(head);
      case 4:
        return this.#list(head, depth);
      case 5:
        return this.#map(head, depth);
      case 7:
        return this.#simple(head);
      default:
        return this.#fail(); // a tag, or the end of the bytes
    }
  }

  #list(head: number, depth: number): unknown {
    const count = this.#length(head, 1);
    if (count > 0 && depth >= this.#maxDepth) return this.#fail();
    const list: unknown[] = [];
    for (let i = 0; i < count && this.sound; i++) list.push(this.read(depth + 1));
    return list;
  }

  #map(head: number, depth: number): unknown {
    const count = this.#length(head, 2);
    if (count > 0 && depth >= this.#maxDepth) return this.#fail();
    const map: Record<string, unknown> = {};
    let beforeFrom = 0;
    let beforeLength = -1;
    for (let i = 0; i < count && this.sound; i++) {
      const keyHead = this.#bytes[this.at]!;
      if (keyHead >> 5 !== 3) return this.#fail();
      const start = this.at;
      const length = this.#length(keyHead, 1);
      const from = this.at;
      if (!this.sound || !this.#isBefore(beforeFrom, beforeLength, from, length)) return this.#fail();
      const key = this.#key(start, from, length);
      // It would become the prototype of what is decoded.
      if (key === "__proto__") return this.#fail();
      map[key] = this.read(depth + 1);
      beforeFrom = from;
      beforeLength = length;
    }
    return map;
  }

  /** Keys ascend, the shorter first: so none is there twice. */
  #isBefore(a: number, aLength: number, b: number, bLength: number): boolean {
    if (aLength !== bLength) return aLength < bLength;
    const bytes = this.#bytes;
    for (let i = 0; i < aLength; i++) if (bytes[a + i] !== bytes[b + i]) return bytes[a + i]! < bytes[b + i]!;
    return false;
  }

  /** The names of fields come again and again: those of last time are found by a few of their letters. */
  #key(start: number, from: number, length: number): string {
    if (length === 0 || length > longestKnownKey) return this.#letters(start, from, length);
    const bytes = this.#bytes;
    const slot = (bytes[from]! + 7 * bytes[from + length - 1]! + 31 * bytes[from + (length >> 1)]! + 57 * length) & 511;
    const known = knownKeys[slot];
    if (known !== undefined && known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[from + i]) i++;
      if (i === length) {
        this.at = from + length;
        return known;
      }
    }
    const key = this.#letters(start, from, length);
    if (this.sound && key.length === length) knownKeys[slot] = key; // as many letters as bytes: ASCII
    return key;
  }

  #text(head: number): string {
    const start = this.at;
    const length = this.#length(head, 1);
    return this.sound ? this.#letters(start, this.at, length) : "";
  }

  #letters(start: number, from: number, length: number): string {
    const bytes = this.#bytes;
    const end = from + length;
    this.at = end;
    if (length <= shortText) {
      let text = "";
      let at = from;
      for (; at < end; at++) {
        const byte = bytes[at]!;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (at === end) return text;
    }
    // Whatever is no UTF-8 comes out as other letters, and these as other bytes.
    const text = decode(bytes.subarray(start, end)) as string;
    const again = encode(text);
    if (again.length !== end - start) this.#fail();
    for (let i = 0; i < again.length; i++) if (again[i] !== bytes[start + i]) this.#fail();
    return text;
  }

  #byteString(head: number): unknown {
    const length = this.#length(head, 1);
    const from = this.at;
    this.at += length;
    return new Uint8Array(this.#bytes.subarray(from, from + length)); // bytes of its own
  }

  #whole(head: number): number | bigint {
    const value = this.#argument(head);
    return value <= Number.MAX_SAFE_INTEGER ? value : this.#large();
  }

  #negative(head: number): number | bigint {
    const value = this.#argument(head);
    return value < Number.MAX_SAFE_INTEGER ? -1 - value : -1n - this.#large();
  }

  /** The argument just read, which a number does not hold. */
  #large(): bigint {
    if (!this.sound) return 0n;
    let value = 0n;
    for (let at = this.at - 8; at < this.at; at++) value = (value << 8n) | BigInt(this.#bytes[at]!);
    return value;
  }

  #simple(head: number): unknown {
    this.at++;
    if (head === 0xf4) return false;
    if (head === 0xf5) return true;
    if (head === 0xf6) return null;
    const from = this.at;
    if (head !== 0xfb || from + 8 > this.#bytes.length) return this.#fail();
    this.at += 8;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + from, 8);
    const number = view.getFloat64(0);
    if (Number.isSafeInteger(number)) return this.#fail(); // an integer is written as one
    if (Number.isNaN(number) && (view.getUint32(0) !== 0x7ff80000 || view.getUint32(4) !== 0)) return this.#fail();
    return number;
  }

  /** A length or a count, of things of at least so many bytes: never more than there can be. */
  #length(head: number, each: number): number {
    const count = this.#argument(head);
    if (count * each > this.#bytes.length - this.at) this.#fail();
    return this.sound ? count : 0;
  }

  /** As short as it can be, or it is not canonical. */
  #argument(head: number): number {
    const info = head & 31;
    this.at++;
    if (info < 24) return info;
    const bytes = this.#bytes;
    const at = this.at;
    const width = 1 << (info - 24);
    if (info > 27 || at + width > bytes.length) return this.#failed();
    this.at += width;
    if (info === 24) return bytes[at]! >= 24 ? bytes[at]! : this.#failed();
    if (info === 25) {
      const value = bytes[at]! * 256 + bytes[at + 1]!;
      return value >= 0x100 ? value : this.#failed();
    }
    const first = this.#four(at);
    if (info === 26) return first >= 0x10000 ? first : this.#failed();
    return first > 0 ? first * 0x1_0000_0000 + this.#four(at + 4) : this.#failed();
  }

  #four(at: number): number {
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  #failed(): number {
    this.#fail();
    return 0;
  }

  #fail(): undefined {
    this.sound = false;
    return undefined;
  }
}

const longestKnownKey = 32;
/** At most 512 keys of at most 32 letters, whoever sent them. */
const knownKeys: (string | undefined)[] = new Array(512).fill(undefined);
