// Values of columns as text and as plain JSON. int64 beyond 2^53 and numbers that JSON lacks are written as text, bytes
// as base64, timestamps as ISO 8601 with microseconds; all of them are read back to what they were.
import type { RowValue } from "../../core/batch/index.ts";
import type { ColumnType } from "../../core/model/index.ts";

export type PlainValue = string | number | boolean | null;

export function plainValue(type: ColumnType, value: RowValue): PlainValue {
  if (value === null) return null;
  if (type === "timestamp") return timestampToText(value as bigint);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}

/** What a JSON value stands for in a column of this type; undefined when it does not fit. */
export function fromPlain(type: ColumnType, value: unknown): RowValue | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return fromText(type, value);
  switch (type) {
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "float64":
      return typeof value === "number" ? value : undefined;
    case "int64":
    case "timestamp":
      return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    case "text":
    case "bytes":
      return undefined;
  }
}

const integerPattern = /^[+-]?\d{1,19}$/;
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const notFinite: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** What a cell of a CSV file stands for; undefined when it does not fit the type. */
export function fromText(type: ColumnType, text: string): RowValue | undefined {
  switch (type) {
    case "text":
      return text;
    case "bool":
      return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : undefined;
    case "float64":
      return numberPattern.test(text) ? Number(text) : notFinite[text];
    case "int64":
      return integerFrom(text);
    case "timestamp":
      return integerFrom(text) ?? timestampFromText(text);
    case "bytes":
      return text.length % 4 === 0 && base64Pattern.test(text)
        ? new Uint8Array(Buffer.from(text, "base64"))
        : undefined;
  }
}

function integerFrom(text: string): bigint | undefined {
  if (!integerPattern.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const isoPattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$/;

/** ISO 8601; without an offset it is UTC. */
export function timestampFromText(text: string): bigint | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [, date, time = "00:00:00", fraction = "", offset = "Z"] = match;
  const whole = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${offset}`);
  if (Number.isNaN(whole)) return undefined;
  return BigInt(whole) * 1000n + BigInt(fraction.slice(1).padEnd(6, "0"));
}

export function timestampToText(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const fraction = (micros - seconds * 1_000_000n).toString().padStart(6, "0");
  const date = new Date(Number(seconds) * 1000);
  // Outside the years that a date can have, the bare number says more.
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0)
    return micros.toString();
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
}
