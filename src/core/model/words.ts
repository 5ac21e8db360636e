// Words of an analyst's own, which travel with a statement: attributes that the standard catalogue has not, and tables that a question
// names them by (docs/protocols/asking.md). Whoever reads the statement reads it with the standard catalogue and these.
//
// Descriptions do not travel: nobody decides by one, and it would be the one place of a plan where an analyst could tell owners what
// an attribute of theirs is.
import { z } from "zod";
import { toCanonical } from "../base/index.ts";
import { attributeSchema } from "./attribute.ts";
import { valueTypes } from "./value-type.ts";

/** Each with its reason: what a statement brings is read by everybody who is asked. */
export const wordLimits = {
  /** Beside a statement of 32 KB; the attributes and tables of one question take one or two. */
  maxBytes: 16 * 1024,
  maxAttributes: 48,
  maxTables: 8,
  /** Of all tables together: everything of them is read, and a card lists it. */
  maxColumns: 64,
} as const;

/** What becomes part of SQL and of answers: a terminal and a database can both show it. */
const shownText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "a text without control characters");

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

export const wordAttributeSchema = z.strictObject({
  name: attributeSchema,
  type: z.enum(valueTypes),
  unit: shownText(40).nullable(),
  /** From exact to coarse. A question that asks for a rung gets what the redaction makes of the value above it. */
  ladder: z.array(ladderRungSchema).max(8),
});
export type WordAttribute = z.output<typeof wordAttributeSchema>;

export const askableName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, "a name is lower-case letters, digits and _");

export const askableRange = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min <= max, "min is not above max");

/** Each is a group of its own: one that is there twice would count a person in both. */
export const askableValues = (most: number) =>
  z
    .array(shownText(200))
    .min(1)
    .max(most)
    .refine((values) => new Set(values).size === values.length, "each value stands in the list once");

export const wordColumnSchema = z.strictObject({
  name: askableName,
  /** An attribute or a rung of its ladder. */
  attribute: attributeSchema,
  /** Rows without it are left out of the table. A table is only found where all of these columns are. */
  required: z.boolean(),
  range: askableRange.optional(),
  values: askableValues(wordLimits.maxBytes).optional(),
});

export const tableRows = z.enum(["one", "many"]);

/** What tables of any catalogue are held to. */
export function checkColumns(
  table: {
    readonly rows: z.output<typeof tableRows>;
    readonly columns: readonly { readonly name: string; readonly required: boolean }[];
  },
  context: z.RefinementCtx,
): void {
  const names = table.columns.map((column) => column.name);
  const twice = names.findIndex((one, at) => names.indexOf(one) !== at);
  if (twice >= 0)
    context.addIssue({ code: "custom", path: ["columns", twice, "name"], message: "a column of this name is there" });
  if (table.rows === "many" && !table.columns.some((column) => column.required)) {
    const message = "a table of many rows needs a required column, by which it is found in a pod";
    context.addIssue({ code: "custom", path: ["columns"], message });
  }
}

export const wordTableSchema = z
  .strictObject({
    name: askableName,
    /** Of having rows in it. */
    attribute: attributeSchema,
    rows: tableRows,
    columns: z.array(wordColumnSchema).min(1).max(wordLimits.maxColumns),
  })
  .superRefine(checkColumns);
export type WordTable = z.output<typeof wordTableSchema>;

/** In the order of their names: the same words have one digest. */
const inOrder = (entries: readonly { readonly name: string }[]) =>
  entries.every(({ name }, at) => at === 0 || entries[at - 1]!.name < name);

export const wordsSchema = z
  .strictObject({
    attributes: z
      .array(wordAttributeSchema)
      .max(wordLimits.maxAttributes)
      .refine(inOrder, "attributes stand in the order of their names, each once"),
    tables: z
      .array(wordTableSchema)
      .min(1)
      .max(wordLimits.maxTables)
      .refine(inOrder, "tables stand in the order of their names, each once"),
  })
  .refine(
    ({ tables }) => tables.reduce((sum, { columns }) => sum + columns.length, 0) <= wordLimits.maxColumns,
    `at most ${wordLimits.maxColumns} columns altogether`,
  )
  .refine((words) => toCanonical(words).length <= wordLimits.maxBytes, `at most ${wordLimits.maxBytes} bytes`);
export type Words = z.output<typeof wordsSchema>;
