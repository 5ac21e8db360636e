// Reads X.509 certificates of exactly the form that certificate-build.ts writes, and no other (RFC 5280, RFC 8410): DER,
// every field in its place, nothing left over. Each roster brings k of them, and node:crypto's general reader takes
// about as long as the signature behind it. It decides nothing: what was read is worth what its signature is.
import { certificateForm as form, keyIdentifierBytes } from "./certificate-build.ts";
import { tags } from "./der.ts";
import { limits } from "./limits.ts";

export interface ReadCertificate {
  readonly kind: "authority" | "device";
  /** What the signature covers. */
  readonly toBeSigned: Uint8Array;
  readonly signature: Uint8Array;
  /** Hexadecimal, 32 digits. */
  readonly serial: string;
  /** Names with tag and length: compared, never taken apart. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** null: a key of another type. */
  readonly publicKey: Uint8Array | null;
  readonly keyIdentifier: Uint8Array;
  readonly authorityKeyIdentifier: Uint8Array;
  /** The subject alternative names. */
  readonly uris: readonly string[];
}

const serialBytes = 16;
const signatureBytes = 64;
const publicKeyBytes = 32;
const uriTag = 0x86;
const extensionsTag = 0xa3;

/** null: another form, or not a certificate at all. */
export function readCertificate(der: Uint8Array): ReadCertificate | null {
  const cursor = new Cursor(der);
  const certificateEnd = cursor.enter(tags.sequence);
  const signedFrom = cursor.at;
  const signedEnd = cursor.enter(tags.sequence);
  cursor.exactly(form.version);
  const serialFrom = cursor.content(tags.integer, serialBytes);
  // Positive, and as long as it looks: the digits of one serial are the same everywhere.
  if (!(der[serialFrom]! >= 0x40 && der[serialFrom]! <= 0x7f)) return null;
  cursor.exactly(form.algorithm);
  const issuer = cursor.whole(tags.sequence);
  const validityEnd = cursor.enter(tags.sequence);
  const notBeforeMs = readTime(cursor);
  const notAfterMs = readTime(cursor);
  cursor.leave(validityEnd);
  const subject = cursor.whole(tags.sequence);
  const publicKey = readKey(cursor);
  const wrapperEnd = cursor.enter(extensionsTag);
  const extensionsEnd = cursor.enter(tags.sequence);
  const kind = cursor.startsWith(form.device) ? "device" : "authority";
  cursor.exactly(form[kind]);
  cursor.exactly(form.subjectKeyIdentifierHead);
  const keyIdentifier = cursor.take(keyIdentifierBytes);
  cursor.exactly(form.authorityKeyIdentifierHead);
  const authorityKeyIdentifier = cursor.take(keyIdentifierBytes);
  const uris = readUris(cursor);
  cursor.leave(extensionsEnd);
  cursor.leave(wrapperEnd);
  cursor.leave(signedEnd);
  cursor.exactly(form.algorithm);
  const signatureEnd = cursor.enter(tags.bitString);
  cursor.exactly(noUnusedBits);
  const signature = cursor.take(signatureBytes);
  cursor.leave(signatureEnd);
  cursor.leave(certificateEnd);
  if (!cursor.sound || cursor.at !== der.length || uris === null) return null;
  if (!(notBeforeMs > Number.NEGATIVE_INFINITY && notAfterMs > Number.NEGATIVE_INFINITY)) return null;
  return {
    kind,
    toBeSigned: der.subarray(signedFrom, signedEnd),
    signature,
    serial: cursor.buffer.toString("hex", serialFrom, serialFrom + serialBytes),
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    publicKey,
    keyIdentifier,
    authorityKeyIdentifier,
    uris,
  };
}

const noUnusedBits = Uint8Array.of(0);

function readKey(cursor: Cursor): Uint8Array | null {
  const end = cursor.enter(tags.sequence);
  if (cursor.startsWith(form.algorithm)) {
    cursor.exactly(form.algorithm);
    const bitsEnd = cursor.enter(tags.bitString);
    cursor.exactly(noUnusedBits);
    const publicKey = new Uint8Array(cursor.take(publicKeyBytes));
    cursor.leave(bitsEnd);
    cursor.leave(end);
    return publicKey;
  }
  // Another algorithm, or ours with parameters: it is refused as such, but only once the signature holds.
  cursor.whole(tags.sequence);
  cursor.whole(tags.bitString);
  cursor.leave(end);
  return null;
}

function readUris(cursor: Cursor): string[] | null {
  const end = cursor.enter(tags.sequence);
  cursor.exactly(form.subjectAltName);
  const valueEnd = cursor.enter(tags.octetString);
  const namesEnd = cursor.enter(tags.sequence);
  const uris: string[] = [];
  while (cursor.sound && cursor.at < namesEnd) {
    if (uris.length === limits.maxUris) return null;
    const uriEnd = cursor.enter(uriTag);
    uris.push(cursor.buffer.toString("latin1", cursor.at, uriEnd));
    cursor.at = uriEnd;
  }
  cursor.leave(namesEnd);
  cursor.leave(valueEnd);
  cursor.leave(end);
  return uris;
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5), as a day that the calendar has; NaN if it is not that. */
function readTime(cursor: Cursor): number {
  const { buffer } = cursor;
  const general = buffer[cursor.at] === tags.generalizedTime;
  const length = general ? 15 : 13;
  const at = cursor.content(general ? tags.generalizedTime : tags.utcTime, length);
  if (buffer[at + length - 1] !== 0x5a) return Number.NaN; // Z
  const digits = at + length - 11; // those after the year
  const short = twoDigits(buffer, digits - 2);
  const year = general ? twoDigits(buffer, at) * 100 + short : short + (short < 50 ? 2000 : 1900);
  const month = twoDigits(buffer, digits);
  const day = twoDigits(buffer, digits + 2);
  const hour = twoDigits(buffer, digits + 4);
  const minute = twoDigits(buffer, digits + 6);
  const second = twoDigits(buffer, digits + 8);
  if (general && !(year >= 2050)) return Number.NaN;
  if (!(month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(atMs).getUTCDate() === day ? atMs : Number.NaN;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/**
 * A place in the bytes. The first thing that is not as it should be ends it: `sound` is false from then on, and nothing
 * more can be entered. Containers are left at exactly their end, so nothing inside reaches over it.
 */
class Cursor {
  at = 0;
  sound = true;
  readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Goes to the content of the value that stands here, and says where it ends. */
  enter(tag: number): number {
    const { buffer, at } = this;
    let length = buffer[at + 1]!;
    let from = at + 2;
    if (length === 0x81) {
      length = buffer[at + 2]!;
      from = at + 3;
      if (!(length >= 0x80)) return this.#fail(); // a length is written as short as it can be
    } else if (length === 0x82) {
      length = buffer[at + 2]! * 256 + buffer[at + 3]!;
      from = at + 4;
      if (!(length >= 0x100)) return this.#fail();
    } else if (!(length < 0x80)) return this.#fail();
    if (buffer[at] !== tag || from + length > buffer.length) return this.#fail();
    this.at = from;
    return from + length;
  }

  leave(end: number): void {
    if (this.at !== end) this.#fail();
  }

  /** Passes a value with so many bytes of content, and says where they begin. */
  content(tag: number, length: number): number {
    const end = this.enter(tag);
    const from = this.at;
    if (end - from !== length) return this.#fail();
    this.at = end;
    return from;
  }

  /** The value that stands here, with tag and length, whatever it contains. */
  whole(tag: number): Uint8Array {
    const from = this.at;
    this.at = this.enter(tag);
    return this.buffer.subarray(from, this.at);
  }

  take(length: number): Uint8Array {
    const from = this.at;
    if (from + length > this.buffer.length) this.#fail();
    else this.at = from + length;
    return this.buffer.subarray(from, from + length);
  }

  startsWith(bytes: Uint8Array): boolean {
    const { buffer, at } = this;
    for (let i = 0; i < bytes.length; i++) if (buffer[at + i] !== bytes[i]) return false;
    return true;
  }

  exactly(bytes: Uint8Array): void {
    if (this.startsWith(bytes)) this.at += bytes.length;
    else this.#fail();
  }

  #fail(): number {
    this.sound = false;
    this.at = this.buffer.length;
    return this.at;
  }
}
