// Rows that invented people would give to a question, without a pod: for looking at what a question does before anybody is asked.
// Everybody here satisfies the question's target, and has all that the catalogue names, whatever the question reads.
import Database from "libsql";
import { isoOfMs } from "../../../core/base/index.ts";
import type { Question, Target } from "../../../core/model/index.ts";
import {
  type Catalogue,
  knownAttributes,
  type PodColumn,
  type PodTable,
  type PodType,
  withAttributes,
} from "../../../core/pods/index.ts";
import { answerFrom, type PodAnswer } from "../answer.ts";
import { type PodDatabase, pragma, quoted } from "../database.ts";
import type { Cell } from "../intake.ts";
import { sqlTypeOf } from "../tables.ts";
import { personRows, synthTables } from "./person.ts";
import { SeededRandom } from "./random.ts";

export interface DryRun {
  readonly question: Question;
  readonly people: number;
  readonly seed: number;
  /** Of a person's number, from 1: who takes no part is not asked for rows. Absent: all take part. */
  readonly takesPart?: (index: number) => boolean;
}

/** One entry for each person, null for who takes no part. What would go wrong in a pod goes wrong here, and is told. */
export function* inventAnswers(
  { question, people, seed, takesPart = () => true }: DryRun,
  catalogue: Catalogue,
): Generator<PodAnswer | null> {
  const { tables, added } = tablesFor(question, catalogue);
  const database = new Database(":memory:");
  try {
    for (const table of tables) {
      const columns = table.columns.map((column) => `${quoted(column.name)} ${sqlTypeOf(column.type)}`);
      database.exec(`create table ${quoted(table.name)}(${columns.join(", ")})`);
    }
    for (let index = 1; index <= people; index++) {
      if (!takesPart(index)) {
        yield null;
        continue;
      }
      fill(database, tables, added, inventedPerson(question, catalogue, tables, seed, index));
      yield answerFrom(database, question.local, catalogue, () => 0, tables);
    }
  } finally {
    database.close();
  }
}

interface Invented {
  readonly rows: readonly (readonly [table: string, cells: readonly Cell[]])[];
  readonly random: SeededRandom;
}

function inventedPerson(
  question: Question,
  catalogue: Catalogue,
  tables: readonly PodTable[],
  seed: number,
  index: number,
): Invented {
  const random = new SeededRandom(seed ^ 0x0d71, index);
  const wanted = question.target === null ? new Map<string, string>() : satisfied(question.target, random);
  const byAttribute = new Map<string, string>();
  for (const [concept, value] of wanted) {
    const attribute = catalogue.concepts.find((one) => one.name === concept)?.attribute;
    if (attribute !== undefined) byAttribute.set(attribute, value);
  }
  const names = new Set(tables.map((table) => table.name));
  const profile = tables.find((table) => table.name === "profile");
  const rows: [string, readonly Cell[]][] = [];
  for (const [at, cells] of personRows(seed, index)) {
    const { name } = synthTables[at]!;
    if (!names.has(name)) continue;
    const forced = cells.map((cell, column) => {
      const attribute = profile?.columns[column]?.attribute;
      return name === "profile" && attribute != null ? (byAttribute.get(attribute) ?? cell) : cell;
    });
    rows.push([name, forced]);
  }
  return { rows, random };
}

/** A value for each concept that makes the target true. */
function satisfied(target: Target, random: SeededRandom): Map<string, string> {
  if ("all" in target) return new Map(target.all.flatMap((part) => [...satisfied(part, random)]));
  if ("any" in target) return satisfied(random.one(target.any), random);
  if ("values" in target) return new Map([[target.concept, random.one(target.values).value ?? ""]]);
  return new Map([[target.concept, String(random.whole(Number(target.from), Number(target.to)))]]);
}

/** Of the invented people's tables those that the question can reach, with what they lack of the catalogue. */
function tablesFor(
  question: Question,
  catalogue: Catalogue,
): { tables: PodTable[]; added: ReadonlyMap<string, number> } {
  const known = knownAttributes(catalogue);
  const read = new Set(question.local.reads.map(({ table }) => table));
  const own = withAttributes(catalogue, synthTables);
  const tables = new Map<string, PodTable>([[own[0]!.name, own[0]!]]);
  const added = new Map<string, number>();
  for (const logical of catalogue.tables.filter((table) => read.has(table.name))) {
    const bases = [...new Set(logical.columns.map((column) => known.get(column.attribute)!.name))];
    const has = (table: PodTable, base: string) => table.columns.some((column) => column.attribute === base);
    const required = logical.columns
      .filter((column) => column.required)
      .map((column) => known.get(column.attribute)!.name);
    const found =
      logical.rows === "one"
        ? own[0]!
        : own.find((table) => required.length > 0 && required.every((base) => has(table, base)));
    const table = tables.get(found?.name ?? "") ?? found ?? { name: `more_${logical.name}`, columns: [] };
    const lacking = bases
      .filter((base) => !has(table, base))
      .map((base, at): PodColumn => {
        const { type, unit } = known.get(base)!;
        return { name: `more_${table.columns.length + at}`, label: base, type, form: "plain", unit, attribute: base };
      });
    tables.set(table.name, { ...table, columns: [...table.columns, ...lacking] });
    added.set(table.name, (added.get(table.name) ?? 0) + lacking.length);
  }
  return { tables: [...tables.values()], added };
}

const rowsOfUnknown = 12;

function fill(
  database: PodDatabase,
  tables: readonly PodTable[],
  added: ReadonlyMap<string, number>,
  { rows, random }: Invented,
): void {
  pragma(database, "query_only=OFF"); // the last answer set it
  for (const table of tables) {
    database.exec(`delete from ${quoted(table.name)}`);
    const put = database.prepare(
      `insert into ${quoted(table.name)} values (${table.columns.map((_, at) => `?${at + 1}`).join(", ")})`,
    );
    const more = table.columns.slice(table.columns.length - (added.get(table.name) ?? 0));
    const own: readonly (readonly Cell[])[] =
      more.length === table.columns.length
        ? Array.from({ length: random.whole(1, rowsOfUnknown) }, () => [])
        : rows.filter(([name]) => name === table.name).map(([, cells]) => cells);
    for (const cells of own) {
      const whole = [...cells, ...more.map((column) => invented(column.type, random))];
      put.run(whole.map((cell, at) => bound(cell, table.columns[at]!.type)));
    }
  }
}

function bound(cell: Cell, type: PodType): string | number | null {
  if (cell === null || cell === undefined || cell === "") return null;
  return type === "text" || type === "date" || type === "timestamp" ? String(cell) : Number(cell);
}

/** 1 March 2024, as the invented people's other records. */
const startMs = 1_709_251_200_000;

function invented(type: PodType, random: SeededRandom): string | number {
  switch (type) {
    case "text":
      return random.one(["one", "two", "three", "four", "five"]);
    case "int64":
      return random.whole(0, 100);
    case "float64":
      return Math.round(random.between(0, 10_000)) / 100;
    case "bool":
      return random.whole(0, 1);
    case "date":
      return isoOfMs(startMs - random.whole(0, 365) * 86_400_000).slice(0, 10);
    case "timestamp":
      return isoOfMs(startMs - random.whole(0, 365 * 24) * 3_600_000);
  }
}
