// What the catalogue says can be named in a question: logical tables, laid over whatever an owner calls hers, and concepts, by
// which people are found. Both only point to attributes: type and unit are the attribute's.
import { z } from "zod";
import {
  askableName,
  askableRange,
  askableValues,
  attributeSchema,
  checkColumns,
  tableRows,
  wordColumnSchema,
} from "../model/index.ts";
import { limits } from "./limits.ts";

const values = askableValues(limits.maxPublicValues);

const askableColumnSchema = wordColumnSchema.extend({
  required: z.boolean().default(false),
  values: values.optional(),
});

export const askableTableSchema = z
  .strictObject({
    name: askableName,
    /** Of having rows in it. */
    attribute: attributeSchema,
    rows: tableRows,
    description: z.string().min(1).max(300),
    columns: z.array(askableColumnSchema).min(1).max(limits.maxAskableColumns),
  })
  .superRefine(checkColumns);
export type AskableTable = z.output<typeof askableTableSchema>;
export type AskableColumn = AskableTable["columns"][number];

export const askableConceptSchema = z.strictObject({
  name: askableName,
  attribute: attributeSchema,
  range: askableRange.optional(),
  values: values.optional(),
  /** What most who publish it say, where others are possible: whoever asks for another is told. */
  usual: values.optional(),
});
export type AskableConcept = z.output<typeof askableConceptSchema>;
