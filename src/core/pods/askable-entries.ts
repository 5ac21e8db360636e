// What the catalogue says can be named in a question: logical tables, laid over whatever an owner calls hers, and concepts, by
// which people are found. Both only point to attributes: type and unit are the attribute's.
import { z } from "zod";
import { attributeSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

const name = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, "a name is lower-case letters, digits and _");

const range = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min <= max, "min is not above max");

const values = z.array(z.string().min(1).max(200)).min(1).max(limits.maxPublicValues);

const askableColumnSchema = z.strictObject({
  name,
  /** An attribute or a rung of its ladder. */
  attribute: attributeSchema,
  /** Rows without it are left out of the table. A table is only found where all of these columns are. */
  required: z.boolean().default(false),
  range: range.optional(),
  values: values.optional(),
});

export const askableTableSchema = z
  .strictObject({
    name,
    /** Of having rows in it. */
    attribute: attributeSchema,
    rows: z.enum(["one", "many"]),
    description: z.string().min(1).max(300),
    columns: z.array(askableColumnSchema).min(1).max(limits.maxAskableColumns),
  })
  .superRefine((table, context) => {
    const names = table.columns.map((column) => column.name);
    const twice = names.findIndex((one, at) => names.indexOf(one) !== at);
    if (twice >= 0)
      context.addIssue({ code: "custom", path: ["columns", twice, "name"], message: "a column of this name is there" });
    if (table.rows === "many" && !table.columns.some((column) => column.required)) {
      const message = "a table of many rows needs a required column, by which it is found in a pod";
      context.addIssue({ code: "custom", path: ["columns"], message });
    }
  });
export type AskableTable = z.output<typeof askableTableSchema>;
export type AskableColumn = AskableTable["columns"][number];

export const askableConceptSchema = z.strictObject({
  name,
  attribute: attributeSchema,
  range: range.optional(),
  values: values.optional(),
});
export type AskableConcept = z.output<typeof askableConceptSchema>;
