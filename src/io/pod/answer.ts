// A pod answers a question: the statement that the question was compiled to, over the owner's own tables. Whatever goes wrong is told
// to the owner alone; to everybody else a pod that fails looks like one that has no rows, since that it failed would tell
// something about them.
import { type Refusal, refuse } from "../../core/base/index.ts";
import { type Attribute, boundValue, type Question, type QuestionValue } from "../../core/model/index.ts";
import { type Catalogue, conceptSql, lackingIn, overlayOf, type PodTable } from "../../core/pods/index.ts";
import type { LocalRow } from "../../core/terms/index.ts";
import { type PodDatabase, pragma, quoted, rowNumber, rowsOf } from "./database.ts";
import { limits } from "./limits.ts";
import { tablesOf } from "./tables.ts";

export interface PodAnswer {
  /** None where anything went wrong. */
  readonly rows: readonly LocalRow[];
  /** For the owner, and nobody else. */
  readonly trouble: Refusal | null;
}

/** What a pod gives to a question, and what of it is for its owner's history alone. */
export interface PodRows {
  readonly rows: readonly LocalRow[];
  /** Where there are none: attributes that the question reads, and no column of the pod stands for. */
  readonly lacks: readonly Attribute[];
}

/** `tables`: the pod's. */
export function podRows(
  rows: readonly LocalRow[],
  { reads }: Question["local"],
  catalogue: Catalogue,
  tables: readonly PodTable[],
): PodRows {
  const read = reads.flatMap(({ column, attribute }) => (column === null ? [] : [attribute]));
  return { rows, lacks: rows.length > 0 ? [] : lackingIn(read, catalogue, tables) };
}

/** A question's statement over one pod. */
export interface Prepared {
  readonly sql: string;
  readonly binds: ReturnType<typeof boundValue>[];
  /** Combinations of rows that it looks at, at most. */
  readonly work: number;
}

export const failed = (detail: string): PodAnswer => ({ rows: [], trouble: refuse("pod-answer", { detail }) });
export const tooSlow = (withinMs: number): PodAnswer => failed(`it takes longer than ${withinMs / 1_000} seconds`);
export const tooManyRows = (): PodAnswer => failed(`it gives more than ${limits.maxAnswerRows} rows`);

/** What went wrong, told as an answer is. */
export function failedBy(cause: unknown): PodAnswer {
  if (!(cause instanceof Error)) throw cause;
  return failed(cause.message);
}

/** `catalogue`: the one that the question was compiled with; of its own words what the owner describes alike. */
export function prepareAnswer(
  database: PodDatabase,
  local: Question["local"],
  catalogue: Catalogue,
  tables: readonly PodTable[],
): Prepared | PodAnswer {
  try {
    pragma(database, "query_only=ON");
    const { sql, places } = overlayOf(local, catalogue, tables);
    const work = places.reduce((product, { from }) => product * Math.max(1, rowsIn(database, from)), 1);
    if (work > limits.maxQuestionWork) {
      return failed(`it would look at up to ${work} combinations of rows, at most ${limits.maxQuestionWork} are`);
    }
    return { sql, binds: local.binds.map(boundValue), work };
  } catch (cause) {
    return failedBy(cause);
  }
}

/** Nothing else happens meanwhile. `nowMs` is looked at between rows. */
export function answerAtOnce(database: PodDatabase, { sql, binds }: Prepared, nowMs: () => number): PodAnswer {
  try {
    const untilMs = nowMs() + limits.answerWithinMs;
    const statement = database.prepare(sql).raw();
    statement.safeIntegers(true);
    const rows: LocalRow[] = [];
    for (const row of statement.iterate(binds) as Iterable<LocalRow>) {
      if (rows.length >= limits.maxAnswerRows) return tooManyRows();
      if (nowMs() > untilMs) return tooSlow(limits.answerWithinMs);
      rows.push(row);
    }
    return { rows, trouble: null };
  } catch (cause) {
    return failedBy(cause);
  }
}

export function answerFrom(
  database: PodDatabase,
  local: Question["local"],
  catalogue: Catalogue,
  nowMs: () => number,
  tables: readonly PodTable[] = tablesOf(database),
): PodAnswer {
  const prepared = prepareAnswer(database, local, catalogue, tables);
  return "trouble" in prepared ? prepared : answerAtOnce(database, prepared, nowMs);
}

/** At most so many: rows are numbered from 1, and those that were forgotten count until the table is made anew. */
function rowsIn(database: PodDatabase, tables: readonly string[]): number {
  return tables.reduce((sum, name) => {
    const [[last] = []] = rowsOf(database, `select max(${rowNumber}) from ${quoted(name)}`);
    return sum + Number(last ?? 0);
  }, 0);
}

export interface PublishedConcept {
  readonly concept: string;
  readonly value: QuestionValue;
}

/** Values of the concepts that the owner chose to be found by; one of which she has no value is left out. */
export function conceptsFrom(
  database: PodDatabase,
  chosen: readonly string[],
  catalogue: Catalogue,
  tables: readonly PodTable[] = tablesOf(database),
): PublishedConcept[] {
  pragma(database, "query_only=ON");
  return [...new Set(chosen)].flatMap((concept) => {
    const found = conceptSql(concept, catalogue, tables);
    if (found === null) return [];
    const [[value] = []] = rowsOf(database, found.sql);
    if (value === null || value === undefined || value === "" || value instanceof Uint8Array) return [];
    const type = catalogue.attributes.find((entry) => entry.name === found.attribute)?.type ?? "text";
    const text = type === "bool" ? String(Number(value) === 1) : String(value);
    // An index has no key for a longer one.
    return text.length > 200 ? [] : [{ concept, value: { type, value: text } }];
  });
}
