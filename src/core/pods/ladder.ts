// The redaction ladder: how an exact value becomes a coarser one. Each rung is computed from the exact value, so that a
// ladder can be entered anywhere.
import { unreachable } from "../base/index.ts";
import type { Redaction, ValueType } from "../model/index.ts";

export { type LadderRung, ladderRungSchema, type Redaction, redactionSchema } from "../model/index.ts";

/** What a redaction makes of a value. */
export function redactedType({ by }: Redaction): ValueType {
  return by === "round" || by === "grid" ? "float64" : "text";
}

/** Of numbers this large, twelve digits do not tell one band from the next. */
export const largestRedacted = 1e11;

/** null stays null, and what a redaction cannot read becomes null rather than slip through. */
export function redact(redaction: Redaction, value: string | number | null): string | number | null {
  if (value === null) return null;
  switch (redaction.by) {
    case "band": {
      if (typeof value !== "number" || !(Math.abs(value) < largestRedacted)) return null;
      const from = Math.floor(value / redaction.width) * redaction.width;
      return `${tidy(from)}–${tidy(Number.isInteger(redaction.width) ? from + redaction.width - 1 : from + redaction.width)}`;
    }
    case "round":
      return typeof value === "number" && Math.abs(value) < largestRedacted
        ? tidy(Math.floor(value / redaction.to + 0.5) * redaction.to)
        : null;
    case "time": {
      if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d/.test(value)) return null;
      return value.slice(0, { hour: 13, day: 10, month: 7, year: 4 }[redaction.to]);
    }
    case "grid":
      return typeof value === "number" && Math.abs(value) <= 180
        ? tidy(Math.floor(value / redaction.degrees) * redaction.degrees)
        : null;
    case "place": {
      if (typeof value !== "string") return null;
      const parts = value.split(",").map((part) => part.replace(/^ +| +$/g, ""));
      return parts.length <= redaction.keep ? null : parts.slice(-redaction.keep).join(", ");
    }
    case "prefix": {
      const characters = [...String(value)];
      return characters.length <= redaction.characters ? null : characters.slice(0, redaction.characters).join("");
    }
    default:
      return unreachable(redaction);
  }
}

function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}
