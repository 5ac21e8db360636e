// One cell: is what the file says a value of its column's type, and how is it kept? Called for every cell of every import,
// so it looks at characters and allocates nothing in the common case.
import { isoOfMs } from "../base/index.ts";
import type { PodType, WrittenForm } from "./column.ts";

/** Why a cell is not taken; undefined where it was. */
export type Misfit = string;
export type CellReader = (text: string) => string | null | undefined;

const [zero, nine, minus, plus, point, comma] = [48, 57, 45, 43, 46, 44];

/** Reads cells of one column: the text as it is kept, or undefined when it does not fit. */
export function cellReader(type: PodType, form: WrittenForm = "plain"): CellReader {
  switch (type) {
    case "text":
      return readText;
    case "int64":
      return (text) => (isInteger(text) ? text : undefined);
    case "float64":
      return form === "decimal-comma" ? readDecimalComma : (text) => (isNumber(text) ? text : readGrouped(text));
    case "bool":
      return readBool;
    case "date":
      return form === "dmy" || form === "mdy" ? (text) => readOrderedDate(text, form) : readDate;
    case "timestamp":
      return form === "dmy" || form === "mdy" ? (text) => readOrderedTime(text, form) : readTimestamp;
  }
}

/** Of text everything fits but NUL, at which SQL tools cut. */
function readText(text: string): string | undefined {
  return text.includes("\u0000") ? undefined : text;
}

export function isInteger(text: string): boolean {
  const { length } = text;
  let at = text.charCodeAt(0) === minus ? 1 : 0;
  // 18 digits always fit into 64 bits; longer strings of digits are names, not numbers. So are those with leading zeros.
  if (length === at || length - at > 18 || (length - at > 1 && text.charCodeAt(at) === zero)) return false;
  for (; at < length; at++) {
    const c = text.charCodeAt(at);
    if (c < zero || c > nine) return false;
  }
  return true;
}

/** Digits with at most one point and an exponent; no NaN, no infinity, no leading zeros as in `007`. */
export function isNumber(text: string): boolean {
  const { length } = text;
  const first = text.charCodeAt(0);
  let at = first === minus || first === plus ? 1 : 0;
  if (text.charCodeAt(at) === zero && at + 1 < length) {
    const next = text.charCodeAt(at + 1);
    if (next >= zero && next <= nine) return false;
  }
  let digits = 0;
  let points = 0;
  for (; at < length; at++) {
    const c = text.charCodeAt(at);
    if (c >= zero && c <= nine) digits++;
    else if (c === point) {
      if (++points > 1) return false;
    } else if ((c | 32) === 101 && digits > 0)
      return /^[eE][+-]?\d{1,3}$/.test(text.slice(at)) && Number.isFinite(+text);
    else return false;
  }
  return digits > 0 && digits <= 300;
}

const powersOfTen = Array.from({ length: 15 }, (_, exponent) => 10 ** exponent);

/** What `Number` makes of a text that is a number. Up to 15 digits are a whole number that is held exactly, as is the power of ten that
 * it is divided by, so that the quotient is the nearest number there is. `Number` takes several times as long for the same. */
export function numberOf(text: string): number {
  const { length } = text;
  if (length > 15) return Number(text);
  const first = text.charCodeAt(0);
  let digits = 0;
  let pointAt = -1;
  for (let at = first === minus || first === plus ? 1 : 0; at < length; at++) {
    const c = text.charCodeAt(at);
    if (c >= zero && c <= nine) digits = digits * 10 + (c - zero);
    else if (c === point && pointAt < 0) pointAt = at;
    else return Number(text);
  }
  const size = pointAt < 0 ? digits : digits / powersOfTen[length - 1 - pointAt]!;
  return first === minus ? -size : size;
}

/** 1,234,567.89 */
function readGrouped(text: string): string | undefined {
  return /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : undefined;
}

/** 1.234.567,89 and 12,5 */
function readDecimalComma(text: string): string | undefined {
  let plain = text;
  if (text.indexOf(".") >= 0) {
    if (!/^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/.test(text)) return undefined;
    plain = text.replaceAll(".", "");
  }
  for (let at = 0; at < plain.length; at++) {
    if (plain.charCodeAt(at) === comma) {
      plain = `${plain.slice(0, at)}.${plain.slice(at + 1)}`;
      break;
    }
  }
  return isNumber(plain) ? plain : undefined;
}

const bools: ReadonlyMap<string, string> = new Map([
  ...["true", "yes", "y", "t", "on", "1"].map((word) => [word, "1"] as const),
  ...["false", "no", "n", "f", "off", "0"].map((word) => [word, "0"] as const),
]);

function readBool(text: string): string | undefined {
  return bools.get(text) ?? bools.get(text.toLowerCase());
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero;
  const ones = text.charCodeAt(at + 1) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** YYYY-MM-DD at the beginning. */
function startsWithDate(text: string): boolean {
  if (text.charCodeAt(4) !== minus || text.charCodeAt(7) !== minus) return false;
  const century = twoDigits(text, 0);
  const year = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (century < 10 || year < 0 || month < 1 || month > 12 || day < 1) return false;
  return day <= monthDays[month - 1]!;
}

function readDate(text: string): string | undefined {
  if (text.length === 10 && startsWithDate(text)) return text;
  return /^\d{8}$/.test(text) ? readDate(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`) : undefined;
}

const zoned = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;

/** ISO 8601 in its everyday forms. With a zone it is kept in UTC, without one as it is written. */
export function readTimestamp(text: string): string | undefined {
  if (!startsWithDate(text)) return undefined;
  if (text.length === 20 && text.charCodeAt(19) === 90 && text.charCodeAt(10) === 84) {
    const colons = text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58;
    const [hours, minutes, seconds] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
    const inDay = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && seconds >= 0 && seconds < 61;
    return colons && inDay ? text : undefined;
  }
  if (text.length === 10) return `${text}T00:00:00`;
  const parts = zoned.exec(text);
  if (parts === null) return undefined;
  const [, date, time = "", fraction = "", zone] = parts;
  const clock = time.length === 5 ? `${time}:00` : time;
  if (twoDigits(clock, 0) > 23 || twoDigits(clock, 3) > 59 || twoDigits(clock, 6) > 60) return undefined;
  const local = `${date}T${clock}${fraction}`;
  if (zone === undefined) return local;
  const offset = offsetMinutes(zone);
  if (offset === 0) return `${local}Z`;
  const atMs = Date.parse(`${date}T${clock}Z`);
  if (!Number.isFinite(atMs)) return undefined;
  return `${isoOfMs(atMs - offset * 60_000).slice(0, 19)}${fraction}Z`;
}

function offsetMinutes(zone: string): number {
  if (zone === "Z" || zone === "UTC" || zone === "GMT") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  return sign * (Number(zone.slice(1, 3)) * 60 + minutes);
}

const ordered = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2}:\d\d(?::\d\d)?))?$/;

function isoDateOf(text: string, form: "dmy" | "mdy"): readonly [string, string | undefined] | undefined {
  const parts = ordered.exec(text);
  if (parts === null) return undefined;
  const [, first = "", second = "", year = "", time] = parts;
  const [day, month] = form === "dmy" ? [first, second] : [second, first];
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return startsWithDate(date) ? [date, time] : undefined;
}

function readOrderedDate(text: string, form: "dmy" | "mdy"): string | undefined {
  const parts = isoDateOf(text, form);
  return parts === undefined || parts[1] !== undefined ? undefined : parts[0];
}

function readOrderedTime(text: string, form: "dmy" | "mdy"): string | undefined {
  const parts = isoDateOf(text, form);
  if (parts === undefined) return undefined;
  return readTimestamp(
    parts[1] === undefined
      ? parts[0]
      : `${parts[0]}T${parts[1].padStart(parts[1].length === 4 || parts[1].length === 7 ? parts[1].length + 1 : parts[1].length, "0")}`,
  );
}
