// A pod as its owner uses it: what is in it, questions in SQL, taking it out, and forgetting it. Others' questions: asking/.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { lockFolder } from "../storage/index.ts";
import {
  inTransaction,
  openDatabase,
  type PodDatabase,
  podExists,
  podFile,
  pragma,
  quoted,
  rowNumber,
  rowsOf,
  type SqlValue,
} from "./database.ts";
import { forgetKept } from "./kept.ts";
import { isOneStatement } from "./one-statement.ts";
import { destroyPodKey, podKey } from "./pod-key.ts";
import { rejectsFolder } from "./rejects.ts";
import { type StoredTable, tablesOf } from "./tables.ts";

export interface SourceView {
  readonly id: number;
  readonly source: string;
  readonly format: string;
  readonly fileBytes: number;
  readonly startedMs: number;
  /** null: it did not come to its end; importing the file again goes on. */
  readonly endedMs: number | null;
  readonly added: number;
  readonly known: number;
  readonly rejected: number;
  readonly rejectsFile: string | null;
  readonly tables: readonly string[];
}

export interface SqlAnswer {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly SqlValue[]>;
}

export interface Forgotten {
  readonly rows: number;
  readonly tables: readonly string[];
  readonly whole: boolean;
}

export interface ColumnMapping {
  readonly table: string;
  readonly column: string;
  /** null: private again. */
  readonly attribute: string | null;
}

export interface Pod {
  tables(): readonly (StoredTable & { readonly rows: number })[];
  sources(): readonly SourceView[];
  sql(text: string): Result<SqlAnswer>;
  /** All rows of a table. */
  rows(table: string): Result<SqlAnswer>;
  /** All of them, or none where one names no column of the pod. */
  map(columns: readonly ColumnMapping[]): Result<true>;
  forgetTable(name: string): Result<Forgotten>;
  forgetSource(name: string): Result<Forgotten>;
  close(): void;
}

export async function openPod(folder: string): Promise<Result<Pod>> {
  if (!podExists(folder)) return refuse("pod-missing", { blame: folder });
  const key = await podKey(folder, false);
  if (!key.ok) return key;
  const opened = openDatabase(folder, key.value);
  if (!opened.ok) return opened;
  return accept(podOver(folder, opened.value));
}

function podOver(folder: string, database: PodDatabase): Pod {
  const stored = (name: string) => tablesOf(database).find((table) => table.name === name);

  function writing<T>(act: () => Result<T>): Result<T> {
    pragma(database, "query_only=OFF");
    const lock = lockFolder(folder);
    if (!lock.ok)
      return refuse("pod-busy", { blame: folder, ...(lock.detail === undefined ? {} : { detail: lock.detail }) });
    try {
      return act();
    } finally {
      lock.value.release();
    }
  }

  /** Deleted rows were overwritten (secure_delete); their pages are given back, and the journal's copies cut off. */
  function sweep(): void {
    pragma(database, "incremental_vacuum");
    pragma(database, "wal_checkpoint(TRUNCATE)");
  }

  function asked(text: string): Result<SqlAnswer> {
    try {
      pragma(database, "query_only=ON");
      const statement = database.prepare(text).raw();
      const columns = statement.columns().map((column) => column.name);
      statement.safeIntegers(true);
      return accept({ columns, rows: plainIntegers(statement.iterate([]) as Iterable<SqlValue[]>) });
    } catch (cause) {
      return refuse("pod-sql", { detail: (cause as Error).message });
    }
  }

  return {
    tables: () =>
      tablesOf(database).map((table) => {
        const [[rows] = []] = rowsOf(database, `select count(*) from ${quoted(table.name)}`);
        return { ...table, rows: Number(rows) };
      }),

    sources: () =>
      rowsOf(
        database,
        `select i.id, source, format, file_bytes, started_ms, ended_ms, added, known, rejected, rejects_file,
           (select group_concat(distinct t.name) from pod_keys k join pod_tables t on t.id = k.table_id where k.import_id = i.id)
         from pod_imports i order by i.id`,
      ).map(([id, source, format, fileBytes, startedMs, endedMs, added, known, rejected, rejectsFile, tables]) => ({
        id: Number(id),
        source: String(source),
        format: String(format),
        fileBytes: Number(fileBytes),
        startedMs: Number(startedMs),
        endedMs: endedMs === null ? null : Number(endedMs),
        added: Number(added),
        known: Number(known),
        rejected: Number(rejected),
        rejectsFile: rejectsFile === null ? null : String(rejectsFile),
        tables: typeof tables === "string" ? tables.split(",") : [],
      })),

    sql(text) {
      if (!/^\s*(--[^\n]*\n\s*)*(select|with|values|explain)\b/i.test(text)) return refuse("pod-sql-writes");
      return isOneStatement(text) ? asked(text) : refuse("pod-sql-several");
    },

    rows(table) {
      if (stored(table) === undefined) return refuse("pod-unknown-table", { blame: table });
      return asked(`select * from ${quoted(table)}`);
    },

    map(columns) {
      return writing(() =>
        inTransaction(database, () => {
          const tables = new Map(tablesOf(database).map((table) => [table.name, table]));
          const strange = columns.find(
            ({ table, column }) => !tables.get(table)?.columns.some(({ name }) => name === column),
          );
          if (strange !== undefined)
            return refuse("pod-unknown-table", { blame: `${strange.table}.${strange.column}` });
          const put = database.prepare("update pod_columns set attribute = ? where table_id = ? and name = ?");
          for (const { table, column, attribute } of columns) put.run([attribute, tables.get(table)!.id, column]);
          return accept(true as const);
        }),
      );
    },

    forgetTable(name) {
      const table = stored(name);
      if (table === undefined) return refuse("pod-unknown-table", { blame: name });
      return writing(() => {
        const [[rows] = []] = rowsOf(database, `select count(*) from ${quoted(name)}`);
        inTransaction(database, () => {
          database.exec(`drop table ${quoted(name)}`);
          for (const about of ["pod_columns where table_id", "pod_keys where table_id", "pod_tables where id"]) {
            database.prepare(`delete from ${about} = ?`).run([table.id]);
          }
        });
        sweep();
        return accept({ rows: Number(rows), tables: [name], whole: false });
      });
    },

    forgetSource(name) {
      const imports = rowsOf(database, "select id, rejects_file from pod_imports where source = ? or id = ?", [
        name,
        /^\d+$/.test(name) ? Number(name) : -1,
      ]);
      if (imports.length === 0) return refuse("pod-unknown-source", { blame: name });
      return writing(() => {
        let rows = 0;
        const touched = new Set<string>();
        inTransaction(database, () => {
          for (const [id, rejectsFile] of imports) {
            const ranges = rowsOf(
              database,
              "select t.name, k.first_row, k.rows from pod_keys k join pod_tables t on t.id = k.table_id where k.import_id = ?",
              [id!],
            );
            for (const [table, first, count] of ranges) {
              touched.add(String(table));
              rows += Number(count);
              database
                .prepare(`delete from ${quoted(String(table))} where ${rowNumber} between ? and ?`)
                .run([Number(first), Number(first) + Number(count) - 1]);
            }
            database.prepare("delete from pod_keys where import_id = ?").run([id!]);
            database.prepare("delete from pod_imports where id = ?").run([id!]);
            if (typeof rejectsFile === "string") rmSync(rejectsFile, { force: true });
          }
        });
        sweep();
        return accept({ rows, tables: [...touched], whole: false });
      });
    },

    close: () => database.close(),
  };
}

/** Whole numbers that JavaScript holds exactly are numbers; larger ones stay big, and nothing is rounded. */
function* plainIntegers(rows: Iterable<SqlValue[]>): Generator<SqlValue[]> {
  for (const row of rows) {
    yield row.map((value) =>
      typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value,
    );
  }
}

/** The key goes first: from then on, whatever is left of the file anywhere is noise. */
export async function forgetPod(folder: string): Promise<Result<Forgotten>> {
  if (!existsSync(folder)) return refuse("pod-missing", { blame: folder });
  const lock = lockFolder(folder);
  if (!lock.ok) return refuse("pod-busy", { blame: folder });
  try {
    await destroyPodKey(folder);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, `${podFile}${suffix}`), { force: true });
    rmSync(join(folder, rejectsFolder), { recursive: true, force: true });
    forgetKept(folder);
    return accept({ rows: 0, tables: [], whole: true });
  } finally {
    lock.value.release();
  }
}
