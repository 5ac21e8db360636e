// A writer of CBOR for liars: what our own encoder would never write. Maps are lists of pairs, so a key can stand twice
// and in any order.

/** A map with its entries in the order in which they are written. */
export class Pairs {
  readonly entries: readonly (readonly [unknown, unknown])[];
  constructor(entries: readonly (readonly [unknown, unknown])[]) {
    this.entries = entries;
  }
}
/** Bytes that are written as they are, where a value should stand. */
export class Raw {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export function writeCbor(value: unknown): Uint8Array {
  const out: number[] = [];
  write(out, value);
  return Uint8Array.from(out);
}

function write(out: number[], value: unknown): void {
  if (value === null || value === undefined) out.push(value === null ? 0xf6 : 0xf7);
  else if (typeof value === "boolean") out.push(value ? 0xf5 : 0xf4);
  else if (typeof value === "bigint") writeInteger(out, value);
  else if (typeof value === "number") writeNumber(out, value);
  else if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    head(out, 3, BigInt(bytes.length));
    append(out, bytes);
  } else if (value instanceof Raw) append(out, value.bytes);
  else if (value instanceof Uint8Array) {
    head(out, 2, BigInt(value.length));
    append(out, value);
  } else if (Array.isArray(value)) {
    head(out, 4, BigInt(value.length));
    for (const item of value) write(out, item);
  } else {
    const entries = value instanceof Pairs ? value.entries : Object.entries(value as object);
    head(out, 5, BigInt(entries.length));
    for (const [key, inner] of entries) {
      write(out, key);
      write(out, inner);
    }
  }
}

function append(out: number[], bytes: Uint8Array): void {
  for (const byte of bytes) out.push(byte);
}

function writeNumber(out: number[], value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return writeInteger(out, BigInt(value));
  out.push(0xfb);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  append(out, bytes);
}

function writeInteger(out: number[], value: bigint): void {
  const clamped = BigInt.asUintN(64, value < 0n ? -1n - value : value);
  head(out, value < 0n ? 1 : 0, clamped);
}

/** `width` forces a longer head than is needed: 0 the shortest, else 1, 2, 4 or 8 bytes. */
export function head(out: number[], major: number, argument: bigint, width = 0): void {
  const shortest =
    argument < 24n ? 0 : argument < 0x100n ? 1 : argument < 0x10000n ? 2 : argument < 0x1_0000_0000n ? 4 : 8;
  const used = Math.max(width, shortest);
  if (used === 0) {
    out.push((major << 5) | Number(argument));
    return;
  }
  out.push((major << 5) | (24 + Math.log2(used)));
  for (let shift = used - 1; shift >= 0; shift--) out.push(Number((argument >> BigInt(8 * shift)) & 0xffn));
}
