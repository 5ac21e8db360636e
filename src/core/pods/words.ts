// An analyst's own words beside the standard catalogue (core/model/words.ts): what is wrong with them, what a question may name with them,
// and what of them an owner's pod is laid under. Everybody who reads a statement reads it through here.
//
// INVARIANT 1: words add. A name that the standard catalogue has keeps the meaning that it has for everybody, or whoever is asked would
//   allow one thing and give another.
// INVARIANT 2: an attribute of the words stands for columns of an owner only where her own catalogue describes it with the same type, unit
//   and ladder: a ladder made up for a question would turn the band that she allowed into her exact value.
// INVARIANT 3: of the standard attributes a table of the words names what a standard table gives, or what is coarser: who allowed what no
//   rule speaks of did not allow her name. All rows only where that table gives all, and a rung of its own is named below its attribute,
//   since a deny of the rung denies by name what it is made of.
// INVARIANT 4: a statement brings what it names and nothing else, so that one statement has one digest.
import { accept, didYouMean, type Result, refuse, sameBytes, toCanonical } from "../base/index.ts";
import {
  type Attribute,
  covers,
  decimalSchema,
  type Question,
  type WordAttribute,
  type Words,
  type WordTable,
} from "../model/index.ts";
import { peopleTable, type Catalogue as SqlCatalogue } from "../sql/index.ts";
import { askableOf, askedAttribute } from "./askable.ts";
import { type AttributeEntry, type Catalogue, knownAttributes } from "./catalogue.ts";

export interface WordFault {
  /** As in a file: `tables[0].columns[1].attribute`. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/** The standard catalogue and the words. Of words that `wordFaults` has nothing against. */
export function withWords(standard: Catalogue, { attributes, tables }: Words): Catalogue {
  const description = "in an analyst's words";
  return {
    ...standard,
    attributes: [...standard.attributes, ...attributes.map((entry) => ({ ...entry, description }))],
    tables: [...standard.tables, ...tables.map((table) => ({ ...table, description }))],
  };
}

/** What one owner's pod is laid under: `own` is her catalogue, and what she describes otherwise or not at all she lacks. */
export function wordsOver(standard: Catalogue, words: Words, own: Catalogue): Catalogue {
  const described = new Map(own.attributes.map((entry) => [entry.name, entry]));
  const meaning = ({ type, unit, ladder }: Omit<WordAttribute, "name">) => toCanonical([type, unit, ladder]);
  const attributes = words.attributes.filter((entry) => {
    const hers = described.get(entry.name);
    return hers !== undefined && sameBytes(meaning(hers), meaning(entry));
  });
  return withWords(standard, { attributes, tables: words.tables });
}

/** What a statement may name that came with these words. */
export function askableWith(standard: Catalogue, words: Words): Result<SqlCatalogue> {
  const [fault] = wordFaults(standard, words);
  if (fault !== undefined) return refuse("ask-words", { detail: `${fault.path}: ${fault.message}` });
  const named = new Set(words.tables.flatMap(({ columns }) => columns.map(({ attribute }) => attribute)));
  const idle = words.attributes.find((entry) => !namesOf(entry).some((name) => named.has(name)));
  if (idle !== undefined) return refuse("ask-words", { detail: `no column stands for ${idle.name}` });
  return accept({ ...askableOf(withWords(standard, words)), words });
}

/** What of the words a question that reads this needs, in order; null: nothing. */
export function wordsUsed(words: Words, reads: Question["local"]["reads"]): Words | null {
  const tables = words.tables.flatMap((table): WordTable[] => {
    const read = reads.filter((one) => one.table === table.name);
    if (read.length === 0) return [];
    const columns = table.columns.filter(
      ({ name, required }) => required || read.some(({ column }) => column === name),
    );
    return [{ ...table, columns: columns.length === 0 ? table.columns : columns }];
  });
  if (tables.length === 0) return null;
  const named = new Set(tables.flatMap(({ columns }) => columns.map(({ attribute }) => attribute)));
  const attributes = words.attributes.filter((entry) => namesOf(entry).some((name) => named.has(name)));
  return { attributes: attributes.toSorted(byName), tables: tables.toSorted(byName) };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

const namesOf = ({ name, ladder }: WordAttribute) => [name, ...ladder.map((rung) => rung.attribute)];

/** Of words of any order, as a file has them. */
export function wordFaults(standard: Catalogue, words: Words): WordFault[] {
  const faults = [...attributeFaults(standard, words)];
  return [...faults, ...tableFaults(standard, words)];
}

function* attributeFaults(standard: Catalogue, { attributes }: Words): Generator<WordFault> {
  const taken = new Set<string>([
    ...knownAttributes(standard).keys(),
    ...standard.tables.map((table) => table.attribute),
  ]);
  const seen = new Set<string>();
  for (const [at, entry] of attributes.entries()) {
    for (const [step, name] of namesOf(entry).entries()) {
      const path = step === 0 ? `attributes[${at}].name` : `attributes[${at}].ladder[${step - 1}].attribute`;
      if (taken.has(name)) {
        const message = `${name} is of the standard catalogue, and means the same to everybody`;
        yield { path, message, remedy: "Use it as it is, or give yours another name." };
      } else if (seen.has(name)) {
        yield { path, message: `${name} is there twice`, remedy: "Give one of them another name." };
      } else if (step > 0 && !covers(entry.name, name)) {
        const message = `${name} is made of ${entry.name}, and is not named below it`;
        const remedy = `Call it ${entry.name}.…: who denies a rung denies by name what it is made of.`;
        yield { path, message, remedy };
      }
      seen.add(name);
    }
  }
}

/** An own one, one that a standard table gives, or a later rung of its ladder: all of somebody's rows only where that table gives them all. */
function isOpen(
  standard: Catalogue,
  words: Words,
  rows: WordTable["rows"],
  name: Attribute,
  entry: AttributeEntry,
): boolean {
  if (words.attributes.some((own) => own.name === entry.name)) return true;
  const giving = standard.tables.filter((table) => rows === "one" || table.rows === "many");
  const given = new Set(giving.flatMap(({ columns }) => columns.map(({ attribute }) => attribute)));
  const steps = [entry.name, ...entry.ladder.map((rung) => rung.attribute)];
  return steps.slice(0, steps.indexOf(name) + 1).some((step) => given.has(step));
}

const reserved = /^(sqlite|libsql|pod|pragma)_/;

function* tableFaults(standard: Catalogue, words: Words): Generator<WordFault> {
  const everything = [...knownAttributes(withWords(standard, words))];
  const openIn = (rows: WordTable["rows"]) =>
    new Map(everything.filter(([name, entry]) => isOpen(standard, words, rows, name, entry)));
  const known = { one: openIn("one"), many: openIn("many") };
  const standardTables = new Set([peopleTable, ...standard.tables.map(({ name }) => name)]);
  const ofPeople = new Set(
    standard.tables.flatMap(({ rows, columns }) => (rows === "one" ? columns.map(({ name }) => name) : [])),
  );
  const seen = new Set<string>();
  for (const [at, table] of words.tables.entries()) {
    const path = `tables[${at}]`;
    const rename = "Give yours another name.";
    if (standardTables.has(table.name)) {
      const message = `${table.name} is a table of the standard catalogue, and means the same to everybody`;
      yield { path: `${path}.name`, message, remedy: `Use it as it is, or give yours another name.` };
    } else if (seen.has(table.name) || reserved.test(table.name)) {
      const message = seen.has(table.name)
        ? `the table ${table.name} is there twice`
        : `${table.name} is a name of stores`;
      yield { path: `${path}.name`, message, remedy: rename };
    }
    seen.add(table.name);
    for (const [place, column] of table.columns.entries()) {
      const fault = columnFault(column, known[table.rows]);
      if (fault !== null) yield { ...fault, path: `${path}.columns[${place}].${fault.path}` };
      if (table.rows !== "one") continue;
      if (ofPeople.has(column.name)) {
        const message = `${peopleTable} has a column ${column.name}, and gets the columns of tables of one row`;
        yield { path: `${path}.columns[${place}].name`, message, remedy: rename };
      }
      ofPeople.add(column.name);
    }
  }
}

function columnFault(
  { attribute, range, values }: WordTable["columns"][number],
  known: ReturnType<typeof knownAttributes>,
): WordFault | null {
  const asked = askedAttribute(known, attribute);
  if (asked === undefined) {
    const message = `no line describes ${attribute}, and no standard table gives it`;
    const remedy = `Describe it under attributes, or name one that can be asked for.${didYouMean(attribute, [...known.keys()])}`;
    return { path: "attribute", message, remedy };
  }
  const { type } = asked;
  if (values !== undefined && type !== "text")
    return {
      path: "values",
      message: `${attribute} is ${type}, and lists are of texts`,
      remedy: "Leave the list out.",
    };
  if (range === undefined) return null;
  if (type !== "int64" && type !== "float64")
    return {
      path: "range",
      message: `${attribute} is ${type}, and ranges are of numbers`,
      remedy: "Leave the range out.",
    };
  const ends = [range.min, range.max];
  const isWritable = ends.every((end) => decimalSchema.safeParse(String(end)).success);
  if (isWritable && (type === "float64" || ends.every(Number.isSafeInteger))) return null;
  const message = `${range.min} to ${range.max} is no range of ${type}`;
  return { path: "range", message, remedy: "Write numbers without exponents, for int64 whole ones." };
}
