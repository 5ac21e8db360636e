// The attribute catalogue: what attributes there are, what type and unit they have, how each is made less revealing (its
// ladder), and which tables and columns hold them. The standard one comes with the package; an owner's file is laid
// over it. A column that no line names is private: nobody can ask for it until its owner maps it.
import { parseDocument } from "yaml";
import { z } from "zod";
import { accept, didYouMean, type Result, refuse } from "../base/index.ts";
import { type Attribute, attributeSchema, schemaFaults, wordAttributeSchema } from "../model/index.ts";
import { askableConceptSchema, askableTableSchema } from "./askable-entries.ts";
import { type PodColumn, type PodTable, podTypes } from "./column.ts";

const attributeEntrySchema = wordAttributeSchema.extend({
  type: z.enum(podTypes),
  unit: wordAttributeSchema.shape.unit.default(null),
  description: z.string().min(1).max(300),
  ladder: wordAttributeSchema.shape.ladder.default([]),
});
export type AttributeEntry = z.output<typeof attributeEntrySchema>;

/** Names of tables and columns, in which * stands for anything. */
const pattern = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9_*]+$/, "a pattern is lower-case letters, digits, _ and *");

const columnEntrySchema = z.strictObject({
  table: pattern.default("*"),
  column: pattern,
  attribute: attributeSchema,
});

export const catalogueSchema = z.strictObject({
  hedgerow: z.literal(1),
  attributes: z.array(attributeEntrySchema).max(1_000).default([]),
  columns: z.array(columnEntrySchema).max(5_000).default([]),
  tables: z.array(askableTableSchema).max(200).default([]),
  concepts: z.array(askableConceptSchema).max(200).default([]),
});
export type Catalogue = z.output<typeof catalogueSchema>;

/** An analyst's own words as she writes them; `columns` and `concepts` are refused with a sentence where the file is read. */
export const wordsFileSchema = z.strictObject({
  hedgerow: z.literal(1),
  attributes: catalogueSchema.shape.attributes,
  tables: catalogueSchema.shape.tables,
});

const maxTextChars = 1024 * 1024;

export function parseCatalogue(text: string, file: string): Result<Catalogue> {
  const fault = (detail: string) => refuse("catalogue-invalid", { blame: file, detail });
  if (text.length > maxTextChars) return fault("it is longer than 1 MB");
  let read: unknown;
  try {
    const document = parseDocument(text, { uniqueKeys: true, logLevel: "error" });
    const [error] = document.errors;
    if (error !== undefined) return fault(error.message.split("\n")[0] ?? "no YAML");
    read = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    return fault((cause as Error).message);
  }
  const parsed = catalogueSchema.safeParse(read);
  if (parsed.success) return accept(parsed.data);
  const [first] = schemaFaults(catalogueSchema, read, parsed.error);
  return fault(first === undefined ? "it is no catalogue" : `${first.message}. ${first.remedy}`);
}

/**
 * `own` over `standard`: its attributes replace those of the same name, its columns are looked at first. Tables and concepts are
 * the standard's: whoever is asked reads the same question as whoever asks.
 */
export function mergeCatalogues(standard: Catalogue, own: Catalogue): Result<Catalogue> {
  if (own.tables.length > 0 || own.concepts.length > 0) {
    const detail = "an owner's catalogue has attributes and columns; tables and concepts are the same for everybody";
    return refuse("catalogue-invalid", { detail });
  }
  const attributes = new Map([...standard.attributes, ...own.attributes].map((entry) => [entry.name, entry]));
  const merged: Catalogue = {
    hedgerow: 1,
    attributes: [...attributes.values()],
    columns: [...own.columns, ...standard.columns],
    tables: standard.tables,
    concepts: standard.concepts,
  };
  const known = knownAttributes(merged);
  for (const { column, attribute } of merged.columns) {
    if (known.has(attribute)) continue;
    const detail = `column "${column}" stands for ${attribute}, which no line describes`;
    return refuse("catalogue-invalid", { detail: `${detail}.${didYouMean(attribute, [...known.keys()])}` });
  }
  return accept(merged);
}

/** Attributes and the rungs of their ladders: all that can be asked for. */
export function knownAttributes(catalogue: Catalogue): ReadonlyMap<Attribute, AttributeEntry> {
  return new Map(
    catalogue.attributes.flatMap((entry) => [
      [entry.name, entry] as const,
      ...entry.ladder.map((rung) => [rung.attribute, entry] as const),
    ]),
  );
}

function matches(patternText: string, name: string): boolean {
  if (!patternText.includes("*")) return patternText === name;
  const parts = patternText.split("*");
  let from = parts[0]!.length;
  if (!name.startsWith(parts[0]!)) return false;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  const last = parts.at(-1)!;
  return name.length - last.length >= from && name.endsWith(last);
}

/** Columns get the attribute that the catalogue names, when their type is the attribute's. */
export function withAttributes(catalogue: Catalogue, tables: readonly PodTable[]): PodTable[] {
  const known = new Map(catalogue.attributes.map((entry) => [entry.name, entry]));
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      if (column.attribute !== null) return column;
      const entry = catalogue.columns.find(
        (line) => matches(line.table, table.name) && matches(line.column, column.name),
      );
      const attribute = entry === undefined ? undefined : known.get(entry.attribute);
      if (attribute === undefined || misfitOf(attribute, column) !== null) return column;
      return { ...column, attribute: attribute.name, unit: column.unit ?? attribute.unit };
    }),
  }));
}

/** null: a column of this type and unit can stand for the attribute. */
export function misfitOf(attribute: AttributeEntry, column: PodColumn): string | null {
  const sameType = attribute.type === column.type || (attribute.type === "float64" && column.type === "int64");
  if (!sameType) return `${attribute.name} is ${attribute.type}, and the column is ${column.type}`;
  if (attribute.unit !== null && column.unit !== null && attribute.unit !== column.unit) {
    return `${attribute.name} is in ${attribute.unit}, and the column is in ${column.unit}`;
  }
  return null;
}

/** What an owner asked for with `--map table.column=attribute`. */
export function checkMapping(catalogue: Catalogue, column: PodColumn, attribute: string): Result<Attribute> {
  const entry = catalogue.attributes.find((candidate) => candidate.name === attribute);
  if (entry === undefined) {
    const names = catalogue.attributes.map((candidate) => candidate.name);
    const detail = `the catalogue has no attribute "${attribute}".${didYouMean(attribute, names)}`;
    return refuse("pod-mapping", { detail: `${detail} Describe it in the pod's catalogue.yaml to have one` });
  }
  const misfit = misfitOf(entry, column);
  if (misfit === null) return accept(entry.name);
  const wanted = entry.unit === null ? entry.type : `${entry.type}:${entry.unit}`;
  const mend =
    "Take another attribute (hedgerow pod schema --attributes). If the column was read as what it is not, forget its table " +
    `(hedgerow pod forget --table NAME) and import the file again with --type ${column.name}=${wanted}`;
  return refuse("pod-mapping", { detail: `${misfit}. ${mend}` });
}
