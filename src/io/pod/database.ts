// The pod's database: one libsql file in the pod's folder, in WAL mode so that the daemon may read while a command writes.
// Every page, also in the WAL, is encrypted with AES-256-CBC. Known hole: libsql's cipher has no MAC. Who can write to the
// file cannot read it, but can spoil pages or put back older ones, and the pod may not notice. It uses 128 bits of the key.
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

export type SqlValue = string | number | bigint | null | Uint8Array;
export type PodDatabase = Database.Database;

/** SQLite's own number of a row. `rowid` is the column of that name where a file has one; no column is called so (`sqlName`). */
export const rowNumber = "_rowid_";

export const podFile = "pod.db";
const schemaVersion = 1;

const schema = `
create table if not exists pod_meta(key text primary key, value text not null) strict;
create table if not exists pod_tables(id integer primary key, name text not null unique) strict;
create table if not exists pod_columns(
  table_id integer not null, position integer not null, name text not null, label text not null, type text not null,
  form text not null, unit text, attribute text, primary key(table_id, position)) strict, without rowid;
create table if not exists pod_imports(
  id integer primary key, source text not null, format text not null, file_bytes integer not null,
  started_ms integer not null, ended_ms integer, added integer not null default 0, known integer not null default 0,
  rejected integer not null default 0, rejects_file text) strict;
create table if not exists pod_keys(
  id integer primary key, table_id integer not null, import_id integer not null, first_row integer not null,
  rows integer not null, keys blob not null) strict;
create index if not exists pod_keys_of on pod_keys(table_id, import_id);
`;

export function podExists(folder: string): boolean {
  return existsSync(join(folder, podFile));
}

/** What a connection is told before it reads anything. At once: each statement of its own crosses the native boundary several times. */
export const settingsSql = `pragma journal_mode=WAL; pragma synchronous=NORMAL; pragma cache_size=-${limits.cacheKiB};
  pragma secure_delete=ON; pragma temp_store=MEMORY; pragma trusted_schema=OFF`;

export function openDatabase(
  folder: string,
  key: Uint8Array,
  salt?: () => string,
  busyTimeoutMs: number = limits.busyTimeoutMs,
): Result<PodDatabase> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, podFile);
  let database: PodDatabase | undefined;
  try {
    database = new Database(path, {
      encryptionKey: encryptionKeyOf(key),
      timeout: busyTimeoutMs,
    } as Database.Options);
    // Rows keep their numbers when space is given back, which pod_keys relies on and VACUUM does not promise.
    if (salt !== undefined) pragma(database, "auto_vacuum=INCREMENTAL");
    chmodSync(path, 0o600);
    database.exec(settingsSql);
    if (salt !== undefined) {
      database.exec(schema);
      const put = database.prepare("insert or ignore into pod_meta values (?, ?)");
      put.run(["version", String(schemaVersion)]);
      put.run(["salt", salt()]);
    }
    const version = metaOf(database, "version");
    if (Number(version) > schemaVersion) {
      database.close();
      return refuse("pod-other-version", { blame: path });
    }
    return accept(database);
  } catch (cause) {
    database?.close();
    if (!(cause instanceof Error)) throw cause;
    if (isBusy(cause)) return refuse("pod-busy", { blame: path });
    return refuse("pod-damaged", { blame: path, detail: cause.message });
  }
}

/** As libsql takes it: text, of which its cipher looks at the first 32 characters (docs/decisions/0025-a-thread-for-pods.md). */
export function encryptionKeyOf(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}

export function pragma(database: PodDatabase, text: string): void {
  database.prepare(`pragma ${text}`).all();
}

export function metaOf(database: PodDatabase, key: string): string | undefined {
  const row = database.prepare("select value from pod_meta where key = ?").get([key]) as { value: string } | undefined;
  return row?.value;
}

/** libsql adds figures of its own to what it hands out as objects; lists are plain. */
export function rowsOf(database: PodDatabase, sql: string, params: readonly SqlValue[] = []): SqlValue[][] {
  return [
    ...(database
      .prepare(sql)
      .raw()
      .iterate([...params]) as Iterable<SqlValue[]>),
  ];
}

/** All or nothing. */
export function inTransaction<T>(database: PodDatabase, act: () => T): T {
  database.exec("begin immediate");
  try {
    const result = act();
    database.exec("commit");
    return result;
  } catch (cause) {
    if (database.inTransaction) database.exec("rollback");
    throw cause;
  }
}

export function isBusy(error: Error): boolean {
  return /SQLITE_BUSY|database is locked/.test(`${(error as { code?: string }).code ?? ""} ${error.message}`);
}

/** A name as SQL takes it, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
