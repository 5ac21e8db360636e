// The shape of the records on an edge: named, typed columns. A column's name is the attribute it carries.
import { z } from "zod";
import { type Attribute, attributeSchema } from "./attribute.ts";

/** int64 and timestamp (microseconds since 1970, UTC) are 64-bit; text is UTF-8. */
export const columnTypes = ["bool", "int64", "float64", "timestamp", "text", "bytes"] as const;
export type ColumnType = (typeof columnTypes)[number];

export const columnSchema = z.strictObject({
  name: attributeSchema,
  type: z.enum(columnTypes),
  nullable: z.boolean().default(false),
});
export type Column = z.output<typeof columnSchema>;

/** Order matters: it is the order of the columns in a batch. */
export const recordShapeSchema = z
  .array(columnSchema)
  .min(1)
  .max(64)
  .refine(
    (columns) => new Set(columns.map((column) => column.name)).size === columns.length,
    "two columns share a name",
  );
export type RecordShape = readonly Column[];

export function columnOf(shape: RecordShape, name: Attribute): Column | undefined {
  return shape.find((column) => column.name === name);
}

export function describeShape(shape: RecordShape): string {
  return shape.map((column) => `${column.name}: ${column.type}${column.nullable ? "?" : ""}`).join(", ");
}
