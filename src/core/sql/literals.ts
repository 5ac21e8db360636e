// What a literal stands for: texts without their quotes, exact decimals, dates and times as whole numbers.
import { limits } from "./limits.ts";

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
};

export function textOf(image: string): string {
  const quote = image[0] ?? "";
  return image.slice(1, -1).replace(/\\(.)|''|""/gs, (found: string, escaped: string | undefined) => {
    if (escaped !== undefined) return escapes[escaped] ?? found;
    return found === quote + quote ? quote : found;
  });
}

/** A number as digits without exponent and without needless zeros: the one way to write it. Null: too many digits. */
export function exactDecimal(image: string): string | null {
  const found = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(image);
  if (found === null || (found[2] === "" && (found[3] ?? "") === "")) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = found;
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > limits.maxDecimalDigits * 2) return null;
  return decimalOf(BigInt(`${sign}${whole}${fraction}` || "0"), -shift);
}

/** `units` times ten to the power of minus `places`. */
export function decimalOf(units: bigint, places: number): string | null {
  let digits = (units < 0n ? -units : units).toString();
  if (places < 0) digits = digits === "0" ? "0" : digits + "0".repeat(-places);
  if (places > 0) digits = digits.padStart(places + 1, "0");
  const whole = places > 0 ? digits.slice(0, -places) : digits;
  const fraction = places > 0 ? digits.slice(-places).replace(/0+$/, "") : "";
  if (whole.length + fraction.length > limits.maxDecimalDigits) return null;
  const text = fraction === "" ? whole : `${whole}.${fraction}`;
  return units < 0n && text !== "0" ? `-${text}` : text;
}

const microsecondsPerDay = 86_400_000_000n;

/** Days since 1970-01-01 of `YYYY-MM-DD`, years 1 to 9999. */
export function daysOf(text: string): bigint | null {
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (found === null) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]!) return null;
  const before = year - 1;
  const ofYears = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const ofMonths = lengths.slice(0, month - 1).reduce((sum, days) => sum + days, 0);
  return BigInt(ofYears + ofMonths + day - 1 - 719_162);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Microseconds since 1970 of a date with or without time and offset; without one it is UTC. */
export function microsecondsOf(text: string): bigint | null {
  const found =
    /^(\d{4}-\d{1,2}-\d{1,2})(?:[ Tt](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?\s*(Z|z|UTC|[+-]\d{1,2}(?::\d{2})?)?$/.exec(
      text,
    );
  const days = daysOf(found?.[1] ?? "");
  if (found === null || days === null) return null;
  const [hour, minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0), Number(found[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offset = /^([+-])(\d{1,2})(?::(\d{2}))?$/.exec(found[6] ?? "");
  const offsetMinutes = offset === null ? 0 : Number(`${offset[1]}${Number(offset[2]) * 60 + Number(offset[3] ?? 0)}`);
  if (Math.abs(offsetMinutes) > 14 * 60) return null;
  const seconds = BigInt((hour * 60 + minute - offsetMinutes) * 60 + second);
  return days * microsecondsPerDay + seconds * 1_000_000n + BigInt((found[5] ?? "").padEnd(6, "0"));
}
