// From the attribute catalogue to what the SQL front end may name: types and units come from the attributes, and a rung of a
// ladder has the type of what its redaction gives.
import { accept, didYouMean, type Result, refuse } from "../base/index.ts";
import type { Attribute, ValueType } from "../model/index.ts";
import { type Column, type Concept, catalogueOf, peopleTable, type Catalogue as SqlCatalogue } from "../sql/index.ts";
import type { AskableColumn, AskableConcept } from "./askable-entries.ts";
import { type AttributeEntry, type Catalogue, knownAttributes } from "./catalogue.ts";
import { redactedType } from "./ladder.ts";

/** An attribute as it is asked for: what the column of a pod holds, and what is made of it. */
export interface AskedAttribute {
  readonly entry: AttributeEntry;
  /** Of the rung; null: as it is. */
  readonly redaction: AttributeEntry["ladder"][number]["redaction"] | null;
  readonly type: ValueType;
  readonly unit: string | null;
}

export function askedAttribute(
  known: ReadonlyMap<Attribute, AttributeEntry>,
  attribute: Attribute,
): AskedAttribute | undefined {
  const entry = known.get(attribute);
  if (entry === undefined) return undefined;
  const rung = entry.ladder.find((one) => one.attribute === attribute);
  if (rung === undefined) return { entry, redaction: null, type: entry.type, unit: entry.unit };
  const type = redactedType(rung.redaction);
  return { entry, redaction: rung.redaction, type, unit: type === "text" ? null : entry.unit };
}

const conceptTypes: readonly ValueType[] = ["text", "int64", "bool"];

/** A fault of the file; null: what it says can be asked can be. */
export function checkAskable(catalogue: Catalogue): Result<void> {
  const known = knownAttributes(catalogue);
  const fault = (detail: string) => refuse("catalogue-invalid", { detail });
  const unknown = (where: string, attribute: string) =>
    fault(`${where} stands for ${attribute}, which no line describes.${didYouMean(attribute, [...known.keys()])}`);
  const tables = new Set([peopleTable]);
  const ofPeople = new Set<string>();
  for (const { name, columns, rows } of catalogue.tables) {
    if (tables.has(name)) return fault(`the table "${name}" is there twice, or its name is taken`);
    tables.add(name);
    for (const column of columns) {
      if (!known.has(column.attribute)) return unknown(`column "${name}.${column.name}"`, column.attribute);
      if (rows !== "one") continue;
      if (ofPeople.has(column.name)) {
        return fault(`"${column.name}" is a column of two tables of one row, and ${peopleTable} would have it twice`);
      }
      ofPeople.add(column.name);
    }
  }
  const concepts = new Set<string>();
  for (const { name, attribute } of catalogue.concepts) {
    if (concepts.has(name)) return fault(`the concept "${name}" is there twice`);
    concepts.add(name);
    const asked = askedAttribute(known, attribute);
    if (asked === undefined) return unknown(`concept "${name}"`, attribute);
    if (!conceptTypes.includes(asked.type)) {
      return fault(`concept "${name}" is ${asked.type}; people are found by ${conceptTypes.join(", ")}`);
    }
  }
  return accept(undefined);
}

/** What a question may name. Of a catalogue that `checkAskable` has nothing against. */
export function askableOf(catalogue: Catalogue): SqlCatalogue {
  const known = knownAttributes(catalogue);
  return catalogueOf(
    catalogue.tables.map(({ name, attribute, rows, columns }) => ({
      name,
      attribute,
      perOwner: rows,
      columns: columns.map((column) => columnOf(column, known)),
    })),
    catalogue.concepts.map((concept) => conceptOf(concept, known)),
  );
}

function columnOf(column: AskableColumn, known: ReadonlyMap<Attribute, AttributeEntry>): Column {
  const { type, unit } = askedAttribute(known, column.attribute)!;
  return { name: column.name, attribute: column.attribute, type, nullable: !column.required, unit, ...bounds(column) };
}

function conceptOf(concept: AskableConcept, known: ReadonlyMap<Attribute, AttributeEntry>): Concept {
  const { type } = askedAttribute(known, concept.attribute)!;
  return {
    name: concept.name,
    attribute: concept.attribute,
    type: type as Concept["type"],
    ...bounds(concept),
    ...(concept.usual === undefined ? {} : { usual: concept.usual }),
  };
}

function bounds({ range, values }: Pick<AskableColumn, "range" | "values">): Pick<Column, "range" | "values"> {
  return {
    ...(range === undefined ? {} : { range: { min: String(range.min), max: String(range.max) } }),
    ...(values === undefined ? {} : { values }),
  };
}
