// The redaction ladder: how an exact value becomes a coarser one. Each rung is computed from the exact value, so that a
// ladder can be entered anywhere.
import { z } from "zod";
import { unreachable } from "../base/index.ts";
import { attributeSchema, type ValueType } from "../model/index.ts";

export const redactionSchema = z.discriminatedUnion("by", [
  /** 37 → 30–39 */
  z.strictObject({ by: z.literal("band"), width: z.number().positive() }),
  /** 37.26 → 37.5 */
  z.strictObject({ by: z.literal("round"), to: z.number().positive() }),
  /** 2024-03-07T… → 2024-03-07, 2024-03, 2024; hour keeps the hour */
  z.strictObject({ by: z.literal("time"), to: z.enum(["hour", "day", "month", "year"]) }),
  /** A latitude or longitude on a grid of so many degrees. */
  z.strictObject({ by: z.literal("grid"), degrees: z.number().positive().max(90) }),
  /** The last part of "Rue de la Paix 2, Paris, France" and the like: how many parts are kept, from the end. */
  z.strictObject({ by: z.literal("place"), keep: z.number().int().min(1).max(4) }),
  /** The first characters of a code: 38100 → 38 */
  z.strictObject({ by: z.literal("prefix"), characters: z.number().int().min(1).max(20) }),
]);
export type Redaction = z.output<typeof redactionSchema>;

export const ladderRungSchema = z.strictObject({ attribute: attributeSchema, redaction: redactionSchema });
export type LadderRung = z.output<typeof ladderRungSchema>;

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
