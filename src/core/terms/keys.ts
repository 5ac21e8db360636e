// The values by which people are grouped or that TOP_K counts: as text to look them up, as bytes of one length to send them.
import { sameBytes, toHex } from "../base/index.ts";
import { decodeText, encodeText } from "../batch/index.ts";
import type { QuestionValue, ValueType } from "../model/index.ts";
import type { KeyColumn } from "./layout.ts";
import { limits } from "./limits.ts";

/** What a store gives, as the value of a key; undefined when it is of another type, and so of no group. */
export type KeyValue = bigint | string | null;

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

export function keyColumn(column: number, type: ValueType): KeyColumn {
  return { column, type, bytes: 1 + (type === "text" ? limits.maxKeyTextBytes : type === "bool" ? 1 : 8) };
}

export function keyValue(type: ValueType, value: bigint | number | string | null | undefined): KeyValue | undefined {
  if (value === null) return null;
  if (type === "text") return typeof value === "string" ? value : undefined;
  const whole = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof whole !== "bigint" || whole < int64.least || whole > int64.most) return undefined;
  return type === "bool" && whole !== 0n && whole !== 1n ? undefined : whole;
}

export function listedValue({ type, value }: QuestionValue): KeyValue {
  if (value === null || type === "text") return value;
  return type === "bool" ? (value === "true" ? 1n : 0n) : BigInt(value);
}

/** One text for each list of values. */
export function keyText(values: readonly KeyValue[]): string {
  return JSON.stringify(values.map((value) => (typeof value === "bigint" ? [value.toString()] : value)));
}

/** False, with nothing written, for a text that is too long: it cannot be sent, so it is in no group. */
export function writeKey(into: Uint8Array, at: number, { type, bytes }: KeyColumn, value: KeyValue): boolean {
  const place = into.subarray(at, at + bytes);
  place.fill(0);
  if (value === null) return true;
  if (typeof value === "string") {
    const text = encodeText(value);
    // A lone surrogate would come out as another text, the same for all of them.
    if (text.length >= bytes || decodeText(text) !== value) return false;
    place[0] = text.length + 1;
    place.set(text, 1);
  } else {
    place[0] = 1;
    if (type === "bool") place[1] = Number(value);
    else new DataView(place.buffer, place.byteOffset).setBigInt64(1, value);
  }
  return true;
}

/** undefined for bytes that `writeKey` never writes. */
export function readKey(from: Uint8Array, at: number, column: KeyColumn): KeyValue | undefined {
  const place = from.subarray(at, at + column.bytes);
  const flag = place[0]!;
  const used = flag === 0 ? 1 : column.type === "text" ? flag : column.bytes;
  if (used > place.length || place.subarray(used).some((byte) => byte !== 0)) return undefined;
  if (flag === 0) return null;
  if (column.type === "text") {
    const bytes = place.subarray(1, used);
    const text = decodeText(bytes);
    return sameBytes(encodeText(text), bytes) ? text : undefined;
  }
  if (flag !== 1) return undefined;
  if (column.type === "bool") return place[1]! <= 1 ? BigInt(place[1]!) : undefined;
  return new DataView(place.buffer, place.byteOffset).getBigInt64(1);
}

/** All keys of one group; undefined when one of them is none. */
export function readKeys(from: Uint8Array, at: number, columns: readonly KeyColumn[]): KeyValue[] | undefined {
  const values: KeyValue[] = [];
  let next = at;
  for (const column of columns) {
    const value = readKey(from, next, column);
    if (value === undefined) return undefined;
    values.push(value);
    next += column.bytes;
  }
  return values;
}

/** Bytes as the key of a map. */
export function bytesText(from: Uint8Array, at: number, length: number): string {
  return toHex(from.subarray(at, at + length));
}

/** As an answer shows it. */
export function shownKey(type: ValueType, value: KeyValue): number | string | null {
  if (typeof value !== "bigint") return value;
  if (type === "bool") return value === 1n ? "true" : "false";
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** Numbers by size, texts by their characters, nothing before everything. */
export function compareKeys(a: readonly KeyValue[], b: readonly KeyValue[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]!;
    if (left === right) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
