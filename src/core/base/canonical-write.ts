// Writes canonical CBOR (canonical.ts) straight into bytes. Most of what nodes say to each other passes here, and a general
// encoder makes a token of every value first. Same bytes as cborg's, which is the plain twin in canonical.test.ts.
import { encode } from "cborg";

/** What the scratch bytes are at first, and what is kept of them at most. */
const firstBytes = 4_096;
const keptBytes = 1024 * 1024;
const longestHead = 9;
const notANumber = Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0);

let spare: Writer | null = null;

export function writeCanonical(value: unknown): Uint8Array {
  const writer = spare ?? new Writer();
  spare = null; // a getter of the value may come back here
  writer.write(value);
  const bytes = writer.taken();
  if (writer.capacity <= keptBytes) spare = writer;
  return bytes;
}

class Writer {
  #bytes = new Uint8Array(firstBytes);
  #at = 0;

  get capacity(): number {
    return this.#bytes.length;
  }

  /** What was written, as bytes of its own; the writer begins anew. */
  taken(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return taken;
  }

  write(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#head(7, value ? 21 : 20);
      case "undefined":
        return this.#head(7, 23); // only in a list or alone; it can be hashed, and decodes nowhere
      case "object":
        if (value === null) return this.#head(7, 22);
        if (value instanceof Uint8Array) return this.#whole(value);
        if (Array.isArray(value)) return this.#list(value);
        return this.#map(value as Record<string, unknown>);
      default:
        return this.#append(encode(value)); // a bigint; for whatever else it throws
    }
  }

  #list(list: readonly unknown[]): void {
    this.#head(4, list.length);
    for (let i = 0; i < list.length; i++) this.write(list[i]);
  }

  /** Fields that are undefined are left out: CBOR has no "absent". A key __proto__ is none. */
  #map(map: Record<string, unknown>): void {
    const all = Object.keys(map);
    const keys = all.filter((key) => map[key] !== undefined && key !== "__proto__");
    sortKeys(keys);
    this.#head(5, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.write(map[key]);
    }
  }

  #whole(bytes: Uint8Array): void {
    this.#head(2, bytes.length);
    this.#append(bytes);
  }

  #text(text: string): void {
    const { length } = text;
    this.#reserve(length + longestHead);
    const from = this.#at;
    this.#head(3, length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const letter = text.charCodeAt(i);
      if (letter >= 0x80) {
        this.#at = from;
        return this.#append(encode(text));
      }
      bytes[at++] = letter;
    }
    this.#at = at;
  }

  #number(number: number): void {
    if (!Number.isSafeInteger(number)) {
      this.#reserve(longestHead);
      this.#bytes[this.#at] = 0xfb;
      // One NaN, whatever bits the engine keeps in this one.
      if (Number.isNaN(number)) this.#bytes.set(notANumber, this.#at + 1);
      else new DataView(this.#bytes.buffer).setFloat64(this.#at + 1, number);
      this.#at += longestHead;
    } else if (number >= 0) this.#head(0, number);
    else this.#head(1, -1 - number);
  }

  /** Major type and argument, as short as it can be. */
  #head(major: number, argument: number): void {
    this.#reserve(longestHead);
    const bytes = this.#bytes;
    const type = major << 5;
    if (argument < 24) {
      bytes[this.#at++] = type | argument;
    } else if (argument < 0x100) {
      bytes[this.#at++] = type | 24;
      bytes[this.#at++] = argument;
    } else if (argument < 0x10000) {
      bytes[this.#at++] = type | 25;
      this.#big(argument, 2);
    } else if (argument < 0x1_0000_0000) {
      bytes[this.#at++] = type | 26;
      this.#big(argument, 4);
    } else {
      bytes[this.#at++] = type | 27;
      this.#big(Math.floor(argument / 0x1_0000_0000), 4);
      this.#big(argument % 0x1_0000_0000, 4);
    }
  }

  #big(number: number, width: number): void {
    for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) this.#bytes[this.#at++] = number >>> shift;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** The shorter first, then by bytes (RFC 8949 §4.2.3). By insertion: a record has a few keys. */
function sortKeys(keys: string[]): void {
  for (const key of keys) if (!isPlain(key)) return void keys.sort(compareEncoded);
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i;
    while (at > 0 && isBefore(key, keys[at - 1]!)) {
      keys[at] = keys[at - 1]!;
      at--;
    }
    keys[at] = key;
  }
}

function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

function isPlain(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) >= 0x80) return false;
  return true;
}

function compareEncoded(a: string, b: string): number {
  const [x, y] = [encode(a), encode(b)]; // a longer text has a head that is larger, or longer
  if (x.length !== y.length) return x.length - y.length;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return 0;
}
