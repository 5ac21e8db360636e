// Canonical bytes: deterministic CBOR (RFC 8949 §4.2). Everything that is hashed or signed goes through here, and what
// is decoded must be exactly what would have been encoded, so one value has one encoding and one digest.
import { decode, encode } from "cborg";
import { readCanonical, unread } from "./canonical-read.ts";
import { writeCanonical } from "./canonical-write.ts";
import { limits } from "./limits.ts";
import { accept, type Result, refuse } from "./result.ts";

const encodeOptions = { float64: true } as const;
const decodeOptions = { strict: true, allowUndefined: false, allowBigInt: true, rejectDuplicateMapKeys: true } as const;

/** CBOR has no "absent": optional fields that are undefined are left out, at every level. */
export function toCanonical(value: unknown): Uint8Array {
  return writeCanonical(value);
}

/** Decodes canonical bytes from a peer. Bounded in size and depth, whatever they claim of themselves. */
export function fromCanonical(bytes: Uint8Array, maxBytes: number = limits.maxCanonicalBytes): Result<unknown> {
  if (bytes.length > maxBytes) return refuse("too-large", { detail: `${bytes.length} bytes, at most ${maxBytes}` });
  const value = readCanonical(bytes, limits.maxDepth);
  return value === unread ? fromCanonicalPlainly(bytes) : accept(value);
}

/** One check after the other: slower, and it says what is wrong. */
export function fromCanonicalPlainly(bytes: Uint8Array): Result<unknown> {
  const depth = nestingOf(bytes, limits.maxDepth);
  if (depth === "too-deep") return refuse("too-deep", { detail: `more than ${limits.maxDepth} levels` });
  if (depth === "malformed") return refuse("malformed", { detail: "not CBOR" });
  let value: unknown;
  try {
    value = decode(bytes, decodeOptions);
  } catch (cause) {
    return refuse("malformed", { detail: cause instanceof Error ? cause.message : "not CBOR" });
  }
  if (!sameBytes(encode(value, encodeOptions), bytes))
    return refuse("malformed", { detail: "not the canonical encoding" });
  return accept(value);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const words = a.length >= 256 && a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0 ? a.length >> 2 : 0;
  if (words > 0) {
    const [x, y] = [new Int32Array(a.buffer, a.byteOffset, words), new Int32Array(b.buffer, b.byteOffset, words)];
    for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  }
  for (let i = 4 * words; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const hexCodes = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const hexPiece = 256;

/** In pieces, not digit by digit: a text that is added up stays a rope wherever it is kept, of ten times its size. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += hexPiece) text += hexOf(bytes, from);
  return text;
}

function hexOf(bytes: Uint8Array, from: number): string {
  const count = Math.min(hexPiece, bytes.length - from);
  const codes = new Array<number>(2 * count);
  for (let i = 0; i < count; i++) {
    const byte = bytes[from + i]!;
    codes[2 * i] = hexCodes[byte >> 4]!;
    codes[2 * i + 1] = hexCodes[byte & 15]!;
  }
  return String.fromCharCode.apply(null, codes);
}

export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * Walks the CBOR heads without building anything: a few bytes of nested arrays must not cost a deep stack, and a key
 * `__proto__` must not become the prototype of what is built.
 */
function nestingOf(bytes: Uint8Array, maxDepth: number): "fine" | "too-deep" | "malformed" {
  const remaining: number[] = [];
  const inMap: boolean[] = [];
  let at = 0;
  do {
    while (remaining.length > 0 && remaining[remaining.length - 1] === 0) {
      remaining.pop();
      inMap.pop();
    }
    if (at >= bytes.length) break;
    const isKey = inMap[inMap.length - 1] === true && remaining[remaining.length - 1]! % 2 === 0;
    if (remaining.length > 0) remaining[remaining.length - 1]!--;
    const head = bytes[at++]!;
    const major = head >> 5;
    const info = head & 31;
    let argument = info;
    if (info >= 24) {
      if (info > 27) return "malformed"; // indefinite lengths are never canonical
      const width = 1 << (info - 24);
      if (at + width > bytes.length) return "malformed";
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + bytes[at++]!;
    }
    if (major === 2 || major === 3) {
      at += argument;
      if (at > bytes.length) return "malformed";
      if (isKey && argument === forbiddenKey.length && endsWith(bytes, at, forbiddenKey)) return "malformed";
    } else if (major === 4 || major === 5) {
      const items = major === 4 ? argument : argument * 2;
      if (items > bytes.length - at) return "malformed";
      if (items > 0) {
        remaining.push(items);
        inMap.push(major === 5);
        if (remaining.length > maxDepth) return "too-deep";
      }
    } else if (major === 6) {
      return "malformed"; // no tags in our messages
    } else if (head === 0xfb && !isOneNumber(bytes, at - 8)) {
      return "malformed";
    }
  } while (at < bytes.length);
  while (remaining.length > 0 && remaining[remaining.length - 1] === 0) remaining.pop();
  return remaining.length === 0 && at === bytes.length ? "fine" : "malformed";
}

/** Of the many encodings of NaN one is canonical; engines differ in whether they keep the others. */
function isOneNumber(bytes: Uint8Array, at: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return !Number.isNaN(view.getFloat64(0)) || (view.getUint32(0) === 0x7ff80000 && view.getUint32(4) === 0);
}

const forbiddenKey = Uint8Array.from("__proto__", (letter) => letter.charCodeAt(0));

function endsWith(bytes: Uint8Array, end: number, tail: Uint8Array): boolean {
  for (let i = 0; i < tail.length; i++) if (bytes[end - tail.length + i] !== tail[i]) return false;
  return true;
}
