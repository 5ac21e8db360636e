// Dates and times in SQLite's arithmetic. A date is a number of days, a timestamp one of microseconds, both since 1970, UTC.
// SQLite divides towards zero, so everything is moved to the year 1 first, where no value is below zero.
import type { Render } from "./typed.ts";

const daysBefore1970 = 719_162n;
const microsecondsPerDay = 86_400_000_000n;
const zero = daysBefore1970 * microsecondsPerDay;

export const unitMicroseconds: Readonly<Record<string, bigint>> = {
  microsecond: 1n,
  millisecond: 1_000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: microsecondsPerDay,
  week: 7n * microsecondsPerDay,
};

/** Whole steps of `step` since the year 1, moved by `offset` (which is not above zero). */
function floorTo(value: string, step: bigint, offset = 0n): string {
  const origin = -zero + offset;
  return `((${value} - ${origin}) / ${step} * ${step} + ${origin})`;
}

const secondsOf: Render = ([timestamp]) => `((${timestamp} + ${zero}) / 1000000 - ${zero / 1_000_000n})`;
const secondsOfDay: Render = ([date]) => `(${date} * 86400)`;
export const dateOfTimestamp: Render = ([timestamp]) =>
  `((${timestamp} + ${zero}) / ${microsecondsPerDay} - ${daysBefore1970})`;
export const timestampOfDate: Render = ([date]) => `(${date} * ${microsecondsPerDay})`;
export const textOfDate: Render = ([date]) => `strftime('%Y-%m-%d', ${secondsOfDay([date!])}, 'unixepoch')`;

const formats: Readonly<Record<string, string>> = {
  year: "%Y",
  month: "%m",
  day: "%d",
  hour: "%H",
  minute: "%M",
  second: "%S",
  dayofyear: "%j",
};
export const datePartNames = ["year", "quarter", "month", "day", "dayofweek", "dayofyear"];
export const timePartNames = [...datePartNames, "hour", "minute", "second"];

export function extract(part: string, type: "date" | "timestamp"): Render {
  const seconds = type === "date" ? secondsOfDay : secondsOf;
  const number = (format: string, of: readonly string[]) =>
    `CAST(strftime('${format}', ${seconds(of)}, 'unixepoch') AS INTEGER)`;
  if (part === "quarter") return (of) => `((${number("%m", of)} + 2) / 3)`;
  // GoogleSQL counts from 1 for Sunday, SQLite from 0.
  if (part === "dayofweek") return (of) => `(${number("%w", of)} + 1)`;
  return (of) => number(formats[part]!, of);
}

const calendar: Readonly<Record<string, string>> = { month: "start of month", year: "start of year" };
export const truncationNames = ["second", "minute", "hour", "day", "week", "isoweek", "month", "quarter", "year"];

export function truncate(part: string, type: "date" | "timestamp"): Render {
  const seconds = type === "date" ? secondsOfDay : secondsOf;
  const scale = type === "date" ? "/ 86400" : "* 1000000";
  const day = type === "date" ? 1n : microsecondsPerDay;
  const modified = (of: readonly string[], modifier: string) =>
    `(CAST(strftime('%s', ${seconds(of)}, 'unixepoch', ${modifier}) AS INTEGER) ${scale})`;
  if (calendar[part] !== undefined) return (of) => modified(of, `'${calendar[part]}'`);
  if (part === "quarter") {
    const month: Render = (of) => `CAST(strftime('%m', ${seconds(of)}, 'unixepoch') AS INTEGER)`;
    return (of) => modified(of, `'start of month', '-' || ((${month(of)} - 1) % 3) || ' months'`);
  }
  // 0001-01-01 was a Monday; a WEEK begins on Sunday.
  const floorDays = (step: bigint, offset: bigint): Render => {
    const origin = (-daysBefore1970 + offset) * day;
    return ([value]) => `((${value} - ${origin}) / ${step * day} * ${step * day} + ${origin})`;
  };
  if (part === "week") return floorDays(7n, -1n);
  if (part === "isoweek") return floorDays(7n, 0n);
  if (type === "date") return ([value]) => value!;
  return ([value]) => floorTo(value!, unitMicroseconds[part]!);
}

/** The start of the window of this length that a time is in; windows are laid from 1950-01-01, as GoogleSQL does. */
export function bucket(step: bigint): Render {
  return ([value]) => floorTo(value!, step, bucketOrigin(step) + zero);
}

/** The last start of a window before the year 1. */
function bucketOrigin(step: bigint): bigint {
  const anchor = -7_305n * microsecondsPerDay;
  return anchor - ((anchor + zero + step - 1n) / step) * step;
}

/** Every start of a window that a time in [from, to) may have, or null when there are too many. */
export function windowStarts(step: bigint, anchor: bigint, from: bigint, to: bigint, most: number): bigint[] | null {
  const back = (((from - anchor) % step) + step) % step;
  const starts: bigint[] = [];
  for (let start = from - back; start < to; start += step) {
    if (starts.length >= most) return null;
    starts.push(start);
  }
  return starts;
}
