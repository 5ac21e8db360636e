// What a pod's table is made of. A column knows its type and unit, how its cells are written in the file they come from, and
// the attribute that questions know it by. A column without an attribute is private: nobody can ask for it.
import { z } from "zod";
import { attributeSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

/** A timestamp is kept as ISO 8601 text in UTC (without a zone: as written), a date as YYYY-MM-DD. */
export const podTypes = ["text", "int64", "float64", "bool", "date", "timestamp"] as const;
export type PodType = (typeof podTypes)[number];

/** How numbers and dates are written: decimal comma; day, month and year in this order. */
export const writtenForms = ["plain", "decimal-comma", "dmy", "mdy"] as const;
export type WrittenForm = (typeof writtenForms)[number];

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z_][a-z0-9_]*$/, "a name is lower-case letters, digits and _");

export const podColumnSchema = z.strictObject({
  name,
  /** Its name in the file. */
  label: z.string().max(200),
  type: z.enum(podTypes),
  form: z.enum(writtenForms).default("plain"),
  unit: z.string().min(1).max(40).nullable().default(null),
  attribute: attributeSchema.nullable().default(null),
});
export type PodColumn = z.output<typeof podColumnSchema>;

export const podTableSchema = z.strictObject({
  name,
  columns: z.array(podColumnSchema).min(1).max(limits.maxColumns),
});
export type PodTable = z.output<typeof podTableSchema>;

const reserved = /^(pod_|sqlite_|libsql_)/;

/** A name for SQL from whatever a file calls it; `taken` ones get a number. */
export function sqlName(label: string, taken: ReadonlySet<string> = new Set(), fallback = "column"): string {
  const plain = label
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9]{2})([A-Z][a-z]{2})/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 56);
  let base = plain === "" ? fallback : plain;
  if (/^[0-9]/.test(base) || reserved.test(base)) base = `_${base}`;
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Short-hand for the tables that a format fixes: `name:type`, `name:type:unit`, with attributes from the catalogue. */
export function fixedTable(table: string, columns: readonly string[]): PodTable {
  return podTableSchema.parse({
    name: table,
    columns: columns.map((text) => {
      const [column = "", type = "text", ...unit] = text.split(":");
      return { name: column, label: column, type, unit: unit.length === 0 ? null : unit.join(":") };
    }),
  });
}
