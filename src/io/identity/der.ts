// The little of DER (X.690) that an Ed25519 certificate and a certificate request need: a writer, and a strict bounded
// reader of requests, at the authority. Certificates have a reader of their own, which knows their form.

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content.length)), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  throw new RangeError("DER values here are below 64 KiB");
}

export const sequence = (...items: readonly Uint8Array[]) => tagged(tags.sequence, ...items);
export const set = (...items: readonly Uint8Array[]) => tagged(tags.set, ...items);
export const octetString = (bytes: Uint8Array) => tagged(tags.octetString, bytes);
export const utf8String = (text: string) => tagged(tags.utf8String, Buffer.from(text, "utf8"));
export const boolean = (value: boolean) => tagged(tags.boolean, Buffer.of(value ? 0xff : 0));
/** Whole bytes only; `unused` counts the unused bits of the last one. */
export const bitString = (bytes: Uint8Array, unused = 0) => tagged(tags.bitString, Buffer.of(unused), bytes);
/** Constructed context-specific tag. */
export const explicit = (number: number, ...items: readonly Uint8Array[]) => tagged(0xa0 | number, ...items);
/** Primitive context-specific tag. */
export const implicit = (number: number, content: Uint8Array) => tagged(0x80 | number, content);

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  return shortest[0]! & 0x80 ? tagged(tags.integer, Buffer.of(0), shortest) : tagged(tags.integer, shortest);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first! * 40 + second!];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(tags.objectIdentifier, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). Whole seconds. */
export function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? tagged(tags.utcTime, Buffer.from(digits.slice(2), "latin1"))
    : tagged(tags.generalizedTime, Buffer.from(digits, "latin1"));
}

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content: what a signature covers. */
  readonly whole: Uint8Array;
}

/** The values that lie in `bytes` one after another; null unless they fill it exactly and every length is shortest. */
export function readDer(bytes: Uint8Array, maxValues = 32): DerValue[] | null {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (values.length === maxValues || at + 2 > bytes.length) return null;
    const start = at;
    const tag = bytes[at++]!;
    if ((tag & 0x1f) === 0x1f) return null; // long tags do not occur here
    let length = bytes[at++]!;
    if (length >= 0x80) {
      const width = length & 0x7f;
      if (width < 1 || width > 2 || at + width > bytes.length) return null;
      length = width === 1 ? bytes[at]! : bytes[at]! * 256 + bytes[at + 1]!;
      if (length < (width === 1 ? 0x80 : 0x100)) return null;
      at += width;
    }
    if (at + length > bytes.length) return null;
    values.push({ tag, content: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) });
    at += length;
  }
  return values;
}

/** Reads PEM with this label; null when it is not exactly that. */
export function fromPem(label: string, text: string): Buffer | null {
  const match = new RegExp(`^\\s*-----BEGIN ${label}-----\\s*([A-Za-z0-9+/=\\s]+)-----END ${label}-----\\s*$`).exec(
    text,
  );
  return match === null ? null : Buffer.from(match[1]!.replace(/\s/g, ""), "base64");
}

export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
