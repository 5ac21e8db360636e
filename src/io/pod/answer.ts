// A pod answers a question: the statement that the question was compiled to, over the owner's own tables. Whatever goes wrong is told
// to the owner alone; to everybody else a pod that fails looks like one that has no rows, since that it failed would tell
// something about them.
import { type Refusal, refuse } from "../../core/base/index.ts";
import { boundValue, type Question, type QuestionValue } from "../../core/model/index.ts";
import { type Catalogue, conceptSql, overlayOf, type PodTable } from "../../core/pods/index.ts";
import type { LocalRow } from "../../core/terms/index.ts";
import { type PodDatabase, pragma, quoted, rowsOf } from "./database.ts";
import { limits } from "./limits.ts";
import { tablesOf } from "./tables.ts";

export interface PodAnswer {
  /** None where anything went wrong. */
  readonly rows: readonly LocalRow[];
  /** For the owner, and nobody else. */
  readonly trouble: Refusal | null;
}

/** `catalogue`: the one that the question was compiled with. `nowMs` is looked at between rows. */
export function answerFrom(
  database: PodDatabase,
  local: Question["local"],
  catalogue: Catalogue,
  nowMs: () => number,
  tables: readonly PodTable[] = tablesOf(database),
): PodAnswer {
  const failed = (detail: string): PodAnswer => ({ rows: [], trouble: refuse("pod-answer", { detail }) });
  try {
    pragma(database, "query_only=ON");
    const { sql, places } = overlayOf(local, catalogue, tables);
    const work = places.reduce((product, { from }) => product * Math.max(1, rowsIn(database, from)), 1);
    if (work > limits.maxQuestionWork) {
      return failed(`it would look at up to ${work} combinations of rows, at most ${limits.maxQuestionWork} are`);
    }
    const untilMs = nowMs() + limits.answerWithinMs;
    const statement = database.prepare(sql).raw();
    statement.safeIntegers(true);
    const rows: LocalRow[] = [];
    for (const row of statement.iterate(local.binds.map(boundValue)) as Iterable<LocalRow>) {
      if (rows.length >= limits.maxAnswerRows) return failed(`it gives more than ${limits.maxAnswerRows} rows`);
      if (nowMs() > untilMs) return failed(`it takes longer than ${limits.answerWithinMs / 1_000} seconds`);
      rows.push(row);
    }
    return { rows, trouble: null };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    return failed(cause.message);
  }
}

/** At most so many: rows are numbered from 1, and those that were forgotten count until the table is made anew. */
function rowsIn(database: PodDatabase, tables: readonly string[]): number {
  return tables.reduce((sum, name) => {
    const [[last] = []] = rowsOf(database, `select max(rowid) from ${quoted(name)}`);
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
