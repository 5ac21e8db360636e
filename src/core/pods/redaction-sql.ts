// Values of a pod's columns as a question takes them, in SQLite's own words: dates and times as whole numbers, and what a redaction
// makes of a value. `redact` (ladder.ts) says the same in TypeScript, and a property holds the two together.
import { unreachable } from "../base/index.ts";
import type { PodColumn } from "./column.ts";
import { largestRedacted, type Redaction } from "./ladder.ts";

/** `value` is SQL for the column; the result has the type of the attribute. */
export function plainSql(value: string, { type }: Pick<PodColumn, "type">, wanted: PodColumn["type"]): string {
  switch (type) {
    case "date":
      // Midnight of a day is a whole number of days, before 1970 too.
      return `(unixepoch(${value}) / 86400)`;
    case "timestamp":
      return `(unixepoch(substr(${value}, 1, 19)) * 1000000 + ${microseconds(value)})`;
    case "int64":
      return wanted === "float64" ? `CAST(${value} AS REAL)` : value;
    case "float64":
    case "bool":
    case "text":
      return value;
  }
}

/** What stands behind the seconds: `.25Z`, `Z`, or nothing. */
function microseconds(value: string): string {
  const digits = `substr(replace(substr(${value}, 21), 'Z', '') || '000000', 1, 6)`;
  return `CASE WHEN substr(${value}, 20, 1) = '.' THEN CAST(${digits} AS INTEGER) ELSE 0 END`;
}

export function redactedSql(value: string, redaction: Redaction): string {
  const number = `typeof(${value}) IN ('integer', 'real')`;
  switch (redaction.by) {
    case "band": {
      const { width } = redaction;
      const whole = Number.isInteger(width);
      const from = `(floor(${value} / ${real(width)}) * ${real(width)})`;
      const to = whole ? `(${from} + ${real(width - 1)})` : `(${from} + ${real(width)})`;
      return `CASE WHEN ${number} AND abs(${value}) < ${real(largestRedacted)} THEN ${shown(from)} || '–' || ${shown(to)} END`;
    }
    case "round": {
      const step = real(redaction.to);
      const rounded = `(floor(${value} / ${step} + 0.5) * ${step})`;
      return `CASE WHEN ${number} AND abs(${value}) < ${real(largestRedacted)} THEN ${tidy(rounded)} END`;
    }
    case "grid": {
      const step = real(redaction.degrees);
      return `CASE WHEN ${number} AND abs(${value}) <= 180.0 THEN ${tidy(`(floor(${value} / ${step}) * ${step})`)} END`;
    }
    case "time": {
      const characters = { hour: 13, day: 10, month: 7, year: 4 }[redaction.to];
      const day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*";
      return `CASE WHEN ${value} GLOB '${day}' THEN substr(${value}, 1, ${characters}) END`;
    }
    case "place": {
      // As a JSON list: a comma is escaped by nothing there, so each one in the text parts two entries.
      const parts = `('[' || replace(json_quote(${value}), ',', '","') || ']')`;
      const part = (fromEnd: number) => `trim(json_extract(${parts}, '$[#-${fromEnd}]'))`;
      const kept = Array.from({ length: redaction.keep }, (_, at) => part(redaction.keep - at));
      const enough = `json_array_length(${parts}) > ${redaction.keep}`;
      return `CASE WHEN typeof(${value}) = 'text' AND ${enough} THEN ${kept.join(" || ', ' || ")} END`;
    }
    case "prefix": {
      const text = `CAST(${value} AS TEXT)`;
      const { characters } = redaction;
      return `CASE WHEN length(${text}) > ${characters} THEN substr(${text}, 1, ${characters}) END`;
    }
    default:
      return unreachable(redaction);
  }
}

/** Twelve significant digits hide what binary fractions add; `+ 0.0` takes the sign off a zero. */
const tidy = (value: string): string => `(CAST(printf('%.12g', ${value}) AS REAL) + 0.0)`;
const shown = (value: string): string => `printf('%.12g', ${value} + 0.0)`;

/** A number as SQLite reads a fraction: whole ones would divide as whole numbers do. */
function real(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
