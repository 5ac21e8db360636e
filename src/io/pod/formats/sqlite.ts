// Any SQLite file: what many apps keep and back up. Opened read-only, without trust in what its schema may call.
import Database from "libsql";
import { inferColumns, type PodTable, podLimits, sqlName } from "../../../core/pods/index.ts";
import { pragma, quoted, rowsOf, type SqlValue } from "../database.ts";
import type { SourceFile } from "../file.ts";
import { ImportRefused } from "../refused.ts";
import type { Format } from "./format.ts";

const settleRows = 1_000;

function openFile(source: SourceFile): Database.Database {
  if (source.packed !== "no") throw malformed(source, "it is packed; unpack it first");
  return guarded(source, () => {
    const path = encodeURI(source.path).replaceAll("?", "%3f").replaceAll("#", "%23");
    const database = new Database(`file:${path}?mode=ro`);
    pragma(database, "trusted_schema=OFF");
    pragma(database, "query_only=ON");
    return database;
  });
}

/** What the database says of a file that is damaged. */
function guarded<T>(source: SourceFile, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw malformed(source, (cause as Error).message);
  }
}

function malformed(source: SourceFile, detail: string): ImportRefused {
  return new ImportRefused("pod-file-malformed", { blame: source.name, detail });
}

/** Tables only: a view may compute without end. */
function tablesIn(database: Database.Database): string[] {
  return rowsOf(
    database,
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and sql not like 'create virtual%' order by name",
  ).map(([name]) => String(name));
}

const textOf = (value: SqlValue | undefined): string =>
  value === null || value === undefined
    ? ""
    : value instanceof Uint8Array
      ? Buffer.from(value).toString("base64")
      : String(value);

export const sqlite: Format = {
  name: "sqlite",
  title: "SQLite database",
  from: "backups of apps; every table becomes one of the pod",

  recognises: (_, source) => source.head.toString("latin1", 0, 15) === "SQLite format 3",

  async plan(source, order) {
    const database = openFile(source);
    try {
      return guarded(source, () => planned(database, order.table)).map((table) => {
        if (table.columns.length <= podLimits.maxColumns) return table;
        throw malformed(source, `${table.name} has ${table.columns.length} columns`);
      });
    } finally {
      database.close();
    }
  },

  async read(source, tables, sink) {
    const database = openFile(source);
    try {
      const names = guarded(source, () => filledTables(database));
      let done = 0;
      for (const [index, name] of names.slice(0, tables.length).entries()) {
        const rows = guarded(source, () => exactRows(database, `select * from ${quoted(name)}`));
        for (;;) {
          const next = guarded(source, () => rows.next());
          if (next.done === true) break;
          sink.row(index, next.value.map(textOf), ++done);
          if (done % settleRows === 0) await sink.settle(Math.round((source.bytes * (index + 0.5)) / names.length));
        }
      }
      await sink.settle(source.bytes);
    } finally {
      database.close();
    }
  },
};

/** Large whole numbers come whole. */
function exactRows(database: Database.Database, sql: string): Iterator<SqlValue[]> {
  return database.prepare(sql).raw().safeIntegers(true).iterate([]) as Iterator<SqlValue[]>;
}

function filledTables(database: Database.Database): string[] {
  return tablesIn(database)
    .filter((name) => rowsOf(database, `select 1 from ${quoted(name)} limit 1`).length > 0)
    .slice(0, podLimits.maxTables);
}

function planned(database: Database.Database, prefix: string | undefined): PodTable[] {
  const taken = new Set<string>();
  return filledTables(database).map((name) => {
    const labels = database
      .prepare(`select * from ${quoted(name)}`)
      .columns()
      .map((column) => column.name);
    const sample: string[][] = [];
    const rows = exactRows(database, `select * from ${quoted(name)} limit ${podLimits.sampleRows}`);
    for (let next = rows.next(); next.done !== true; next = rows.next()) sample.push(next.value.map(textOf));
    const table = sqlName(prefix === undefined ? name : `${prefix}_${name}`, taken, "rows");
    taken.add(table);
    return { name: table, columns: inferColumns(labels, sample) };
  });
}
