// The tables that a question names, laid over an owner's own: `WITH employment AS (SELECT "krank_tage" AS "sick_leave_days" FROM
// main."personalakte") …`. What belongs together is found by attributes, so nobody has to name her tables as questions do.
//
// INVARIANT 1: nothing but the columns in `reads` can be seen, of tables of any name: a logical table that the question does not
//   read, and one that the owner does not have, is there and empty.
// INVARIANT 2: a column that is required has no NULL, and one with a public list of values none that is not on it: the question was
//   bounded and grouped with that for granted.
import type { Attribute, Question } from "../model/index.ts";
import { askedAttribute } from "./askable.ts";
import type { AskableColumn, AskableTable } from "./askable-entries.ts";
import { type AttributeEntry, type Catalogue, knownAttributes, misfitOf } from "./catalogue.ts";
import type { PodColumn, PodTable } from "./column.ts";
import { plainSql, redactedSql } from "./redaction-sql.ts";

export interface Overlay {
  /** One SELECT over the owner's own tables; its binds are the question's. */
  readonly sql: string;
  /** Each place where the statement reads a logical table, with the owner's tables behind it: what the work is bounded by. */
  readonly places: readonly { readonly table: string; readonly from: readonly string[] }[];
}

export function overlayOf(local: Question["local"], catalogue: Catalogue, own: readonly PodTable[]): Overlay {
  const known = knownAttributes(catalogue);
  const layers = catalogue.tables.map((table) => layerOf(table, local.reads, known, own));
  const withs = layers.map(({ table, sql }) => `${quoted(table)} AS (${sql})`);
  const places = layers.flatMap(({ table, from }) => {
    const times = local.sql.split(`${quoted(table)} AS "`).length - 1;
    return Array.from({ length: times }, () => ({ table, from }));
  });
  return { sql: withs.length === 0 ? local.sql : `WITH ${withs.join(", ")} ${local.sql}`, places };
}

interface Layer {
  readonly table: string;
  readonly sql: string;
  readonly from: readonly string[];
}

function layerOf(
  table: AskableTable,
  reads: Question["local"]["reads"],
  known: ReadonlyMap<Attribute, AttributeEntry>,
  own: readonly PodTable[],
): Layer {
  const names = new Set(reads.filter((read) => read.table === table.name).map((read) => read.column));
  const columns = table.columns.filter((column) => names.has(column.name));
  const empty = { table: table.name, sql: emptyOf(columns), from: [] };
  if (names.size === 0) return empty;
  if (table.rows === "one") return oneRow(table, columns, known, own) ?? empty;
  const needed = table.columns.filter((column) => column.required || names.has(column.name));
  const found = own.filter((candidate) => needed.every((column) => heldIn(candidate, column, known) !== undefined));
  if (found.length === 0) return empty;
  const sql = found.map((from) => rowsOf(from, columns, known)).join(" UNION ALL ");
  return { table: table.name, sql, from: found.map((from) => from.name) };
}

/** A bare SELECT of no column does not exist. */
function emptyOf(columns: readonly AskableColumn[]): string {
  const listed = columns.map((column) => `NULL AS ${quoted(column.name)}`);
  return `SELECT ${listed.length === 0 ? '1 AS "present"' : listed.join(", ")} WHERE 0`;
}

function rowsOf(
  from: PodTable,
  columns: readonly AskableColumn[],
  known: ReadonlyMap<Attribute, AttributeEntry>,
): string {
  const listed = columns.map((column) => `${valueIn(from, column, known)} AS ${quoted(column.name)}`);
  const required = columns.filter((column) => column.required).map((column) => valueIn(from, column, known));
  const where = required.map((value) => `${value} IS NOT NULL`).join(" AND ");
  const select = `SELECT ${listed.length === 0 ? '1 AS "present"' : listed.join(", ")} FROM main.${quoted(from.name)}`;
  return where === "" ? select : `${select} WHERE ${where}`;
}

/**
 * Of a table of one row, columns may lie in several tables of the owner's. Each is taken from where most of this logical table
 * lies, of several rows the one that came last. null: she has not all of it.
 */
function oneRow(
  table: AskableTable,
  columns: readonly AskableColumn[],
  known: ReadonlyMap<Attribute, AttributeEntry>,
  own: readonly PodTable[],
): Layer | null {
  const held = (candidate: PodTable) =>
    table.columns.filter((column) => heldIn(candidate, column, known) !== undefined).length;
  const ranked = own
    .map((candidate) => ({ candidate, count: held(candidate) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.candidate.name < b.candidate.name ? -1 : 1))
    .map(({ candidate }) => candidate);
  // Not `rowid`, as a file's column may be called.
  const last = (from: PodTable, value: string) =>
    `(SELECT ${value} FROM main.${quoted(from.name)} ORDER BY _rowid_ DESC LIMIT 1)`;
  const sources = columns.map((column) => ranked.find((candidate) => heldIn(candidate, column, known) !== undefined));
  const first = ranked[0];
  if (first === undefined || sources.includes(undefined)) return null;
  const listed = columns.map((column, at) => {
    const from = sources[at]!;
    return `${last(from, valueIn(from, column, known))} AS ${quoted(column.name)}`;
  });
  const behind = columns.length === 0 ? [first] : (sources as PodTable[]);
  const there = [...new Set(behind)].map((from) => `EXISTS (SELECT 1 FROM main.${quoted(from.name)})`);
  const select = listed.length === 0 ? '1 AS "present"' : listed.join(", ");
  const row = `SELECT ${select} WHERE ${there.join(" AND ")}`;
  const required = columns.flatMap((column) => (column.required ? [`${quoted(column.name)} IS NOT NULL`] : []));
  const sql = required.length === 0 ? row : `SELECT * FROM (${row}) WHERE ${required.join(" AND ")}`;
  return { table: table.name, sql, from: [] };
}

/** Of what a question reads, what no column of hers stands for: the tables that it belongs to are empty to the question. */
export function lackingIn(
  attributes: readonly Attribute[],
  catalogue: Catalogue,
  own: readonly PodTable[],
): readonly Attribute[] {
  const known = knownAttributes(catalogue);
  const isHeld = (attribute: Attribute) => own.some((table) => heldIn(table, { attribute }, known) !== undefined);
  return [...new Set(attributes)].filter((attribute) => !isHeld(attribute));
}

/** The first column of the owner's table that stands for what is asked, of its type and unit. */
function heldIn(
  candidate: PodTable,
  { attribute }: Pick<AskableColumn, "attribute">,
  known: ReadonlyMap<Attribute, AttributeEntry>,
): PodColumn | undefined {
  const entry = known.get(attribute);
  if (entry === undefined) return undefined;
  return candidate.columns.find((column) => column.attribute === entry.name && misfitOf(entry, column) === null);
}

function valueIn(from: PodTable, asked: AskableColumn, known: ReadonlyMap<Attribute, AttributeEntry>): string {
  const column = heldIn(from, asked, known)!;
  const { entry, redaction } = askedAttribute(known, asked.attribute)!;
  const name = quoted(column.name);
  const value = redaction === null ? plainSql(name, column, entry.type) : redactedSql(name, redaction);
  if (asked.values === undefined) return value;
  return `CASE WHEN ${value} IN (${asked.values.map(literal).join(", ")}) THEN ${value} END`;
}

/** What an owner publishes of a concept: SQL that gives one value, or null where she has none. */
export function conceptSql(
  name: string,
  catalogue: Catalogue,
  own: readonly PodTable[],
): { readonly sql: string; readonly attribute: Attribute } | null {
  const concept = catalogue.concepts.find((one) => one.name === name);
  if (concept === undefined) return null;
  const known = knownAttributes(catalogue);
  const column = { ...concept, required: false };
  // Of tables of one row, as `people` has them: a city in a bank's list is not where she lives.
  const single = catalogue.tables.filter((table) => table.rows === "one");
  const home = single.find((table) => table.columns.some((one) => one.attribute === concept.attribute));
  const layer = oneRow({ ...(home ?? single[0]!), columns: [column, ...(home?.columns ?? [])] }, [column], known, own);
  return layer === null ? null : { sql: layer.sql, attribute: concept.attribute };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
