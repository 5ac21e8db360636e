// An import: told what a file is and what would become of it (plan), and done (run). Doing it again, after a crash, an
// interruption or with a newer export of the same data, adds only what is not there yet: that is how it resumes.
import { randomBytes } from "node:crypto";
import { accept, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import { type PodColumn, type PodTable, type PodType, podTypes } from "../../core/pods/index.ts";
import { lockFolder } from "../storage/index.ts";
import { metaOf, openDatabase, type PodDatabase, podExists, pragma, rowsOf } from "./database.ts";
import { openSource, type SourceFile } from "./file.ts";
import type { ImportOrder } from "./formats/format.ts";
import { formatNamed, formatOf } from "./formats/index.ts";
import { type Cell, Intake, type Sink } from "./intake.ts";
import { limits } from "./limits.ts";
import { directOutlet, threadOutlet } from "./outlet.ts";
import { podKey } from "./pod-key.ts";
import { ImportRefused } from "./refused.ts";
import { openRejects } from "./rejects.ts";
import { ensureTables, type StoredTable, tablesOf } from "./tables.ts";

export interface ImportPlan {
  readonly order: ImportOrder;
  readonly source: SourceFile;
  readonly format: string;
  readonly title: string;
  readonly tables: readonly PodTable[];
  /** All tables are in the pod already, of this shape: the owner has confirmed them before. */
  readonly confirmed: boolean;
}

export interface ImportReport {
  readonly source: string;
  readonly format: string;
  readonly tables: readonly string[];
  readonly added: number;
  readonly known: number;
  readonly rejected: number;
  readonly rejectsFile: string | null;
  /** An earlier import of this file did not come to its end; this one went on where it stopped. */
  readonly resumed: boolean;
}

export interface ImportWatch {
  readonly signal?: AbortSignal;
  readonly nowMs: () => number;
  readonly onProgress?: (state: { readonly bytes: number; readonly added: number; readonly rejected: number }) => void;
}

/** What importers throw for a file becomes a value; all else is thrown on. */
async function refusedAsValue<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof ImportRefused) return cause.refusal;
    throw cause;
  }
}

/** `attributesOf`: what the catalogue and the owner's mapping say of the columns. */
export function planImport(
  podFolder: string,
  order: ImportOrder,
  attributesOf: (tables: readonly PodTable[]) => readonly PodTable[],
): Promise<Result<ImportPlan>> {
  return refusedAsValue(async () => {
    const named = order.format === undefined ? undefined : formatNamed(order.format);
    const source = await openSource(order.file, order.encoding);
    const format = named ?? formatOf(source);
    const planned = await format.plan(source, order);
    const typed = withTypes(planned, order.types ?? {});
    if (!typed.ok) return typed;
    const stored = await storedTables(podFolder);
    if (!stored.ok) return stored;
    // Where a table is in the pod, its types hold: the file's rows are read as the owner confirmed them.
    const tables = typed.value.map((table) => asStored(table, stored.value));
    const unheeded = unheededType(order.types ?? {}, typed.value, tables);
    if (unheeded !== null) return refuse("pod-order", { detail: unheeded });
    const confirmed = tables.every((table) => stored.value.some((known) => known.name === table.name));
    return accept({
      order,
      source,
      format: format.name,
      title: format.title,
      tables: attributesOf(tables),
      confirmed,
    });
  });
}

const storedTables = (podFolder: string) => looked<readonly PodTable[]>(podFolder, [], tablesOf);

/** Rows of the file that an import brought in which did not come to its end; null: there was none. */
export function unfinishedRows(podFolder: string, { source, format }: ImportPlan): Promise<Result<number | null>> {
  const { name, bytes } = source;
  return looked<number | null>(podFolder, null, (database) => {
    const id = unfinishedImport(database, { source: name, format, bytes });
    if (id === null) return null;
    const [[rows] = []] = rowsOf(database, "select sum(rows) from pod_keys where import_id = ?", [id]);
    return Number(rows ?? 0);
  });
}

/** `without`: what there is without a pod. */
async function looked<T>(podFolder: string, without: T, look: (database: PodDatabase) => T): Promise<Result<T>> {
  if (!podExists(podFolder)) return accept(without);
  const key = await podKey(podFolder, false);
  if (!key.ok) return key;
  const opened = openDatabase(podFolder, key.value);
  if (!opened.ok) return opened;
  try {
    return accept(look(opened.value));
  } finally {
    opened.value.close();
  }
}

function asStored(table: PodTable, stored: readonly PodTable[]): PodTable {
  const known = stored.find((candidate) => candidate.name === table.name);
  if (known === undefined) return table;
  const sameNames = known.columns.map((column) => column.name).join() === table.columns.map((c) => c.name).join();
  return sameNames ? known : table;
}

/** A type that was asked for, and that the pod's table does not have. */
function unheededType(
  types: Readonly<Record<string, string>>,
  asked: readonly PodTable[],
  tables: readonly PodTable[],
): string | null {
  for (const [at, { name: table, columns }] of tables.entries()) {
    for (const [place, { name, type, form, unit }] of columns.entries()) {
      const wanted = asked[at]!.columns[place]!;
      const asTyped = types[`${table}.${name}`] ?? types[name];
      if (asTyped === undefined) continue;
      // Without one, the unit may be the attribute's.
      const isSameUnit = wanted.unit === unit || !asTyped.includes(":");
      if (wanted.type === type && wanted.form === form && isSameUnit) continue;
      const has = `${type}${form === "plain" ? "" : `/${form}`}${unit === null ? "" : `:${unit}`}`;
      return (
        `the pod's table ${table} has ${name} as ${has} already, and one column has one type. Forget the table ` +
        `(hedgerow pod forget --table ${table}) and import its files again with the --type, or take another: --table NAME`
      );
    }
  }
  return null;
}

function withTypes(tables: readonly PodTable[], types: Readonly<Record<string, string>>): Result<readonly PodTable[]> {
  const wanted = new Map(Object.entries(types));
  const typed = tables.map((table) => ({
    ...table,
    columns: table.columns.map((column): PodColumn => {
      const key = [`${table.name}.${column.name}`, column.name].find((name) => wanted.has(name));
      if (key === undefined) return column;
      const [type = "", ...unit] = wanted.get(key)!.split(":");
      wanted.delete(key);
      const [plain = "", form = ""] = type.split("/");
      if (!podTypes.includes(plain as PodType)) throw new ImportRefused("pod-order", { detail: typeFault(type) });
      return {
        ...column,
        type: plain as PodType,
        form: form === "dmy" || form === "mdy" || form === "decimal-comma" ? form : "plain",
        ...(unit.length === 0 ? {} : { unit: unit.join(":") }),
      };
    }),
  }));
  const [left] = wanted.keys();
  if (left === undefined) return accept(typed);
  return refuse("pod-order", { detail: `the file has no column "${left}"` });
}

function typeFault(type: string): string {
  return `"${type}" is no type; there are ${podTypes.join(", ")}, and date/dmy, date/mdy, float64/decimal-comma`;
}

export function runImport(podFolder: string, plan: ImportPlan, watch: ImportWatch): Promise<Result<ImportReport>> {
  const { source, format, tables } = plan;
  const large = source.bytes >= limits.threadFromBytes || source.packed !== "no";
  const feed: Feed = {
    source: source.name,
    bytes: source.bytes,
    format,
    tables,
    threaded: large,
    read: (stored, sink) => formatNamed(format).read(source, stored, sink),
  };
  return withPod(podFolder, (database, key) => importInto(database, podFolder, key, feed, watch));
}

/** Rows that come from no file. */
export function fillPod(
  podFolder: string,
  about: {
    readonly source: string;
    readonly format: string;
    readonly tables: readonly PodTable[];
    readonly rows: Iterable<readonly [number, readonly Cell[]]>;
  },
  nowMs: () => number,
): Promise<Result<ImportReport>> {
  const feed: Feed = {
    ...about,
    bytes: 0,
    threaded: false,
    async read(_, sink) {
      let row = 0;
      for (const [table, cells] of about.rows) sink.row(table, cells, ++row);
    },
  };
  return withPod(podFolder, (database, key) => importInto(database, podFolder, key, feed, { nowMs }));
}

/** Where rows come from. */
interface Feed {
  readonly source: string;
  readonly bytes: number;
  readonly format: string;
  readonly tables: readonly PodTable[];
  /** Large enough for a writing thread of its own. */
  readonly threaded: boolean;
  read(tables: readonly StoredTable[], sink: Sink): Promise<void>;
}

/** Makes the pod where there is none, and is its one writer. */
async function withPod<T>(
  podFolder: string,
  act: (database: PodDatabase, key: Uint8Array) => Promise<Result<T>>,
): Promise<Result<T>> {
  const key = await podKey(podFolder, !podExists(podFolder));
  if (!key.ok) return key;
  const lock = lockFolder(podFolder);
  if (!lock.ok) {
    return refuse("pod-busy", { blame: podFolder, ...(lock.detail === undefined ? {} : { detail: lock.detail }) });
  }
  try {
    const opened = openDatabase(podFolder, key.value, () => randomBytes(8).toString("hex"));
    if (!opened.ok) return opened;
    try {
      return await refusedAsValue(() => act(opened.value, key.value));
    } finally {
      opened.value.close();
    }
  } finally {
    lock.value.release();
  }
}

async function importInto(
  database: PodDatabase,
  podFolder: string,
  key: Uint8Array,
  feed: Feed,
  watch: ImportWatch,
): Promise<Result<ImportReport>> {
  const { source, format } = feed;
  const tables = ensureTables(database, feed.tables);
  if (!tables.ok) return tables;
  const unfinished = unfinishedImport(database, feed);
  const importId = unfinished ?? beginImport(database, feed, watch.nowMs());
  const rejects = openRejects(podFolder, `${importId}-${source}`);
  const outlet = feed.threaded
    ? await threadOutlet({ folder: podFolder, key, importId })
    : directOutlet(database, importId);
  let checkpointed = 0;
  const intake = new Intake({
    tables: tables.value,
    database,
    salt: saltOf(database),
    outlet,
    rejects,
    onSettled(done) {
      if (feed.threaded && done - checkpointed > limits.checkpointBytes) {
        checkpointed = done;
        pragma(database, "wal_checkpoint(PASSIVE)");
      }
      watch.signal?.throwIfAborted();
      watch.onProgress?.({ bytes: done, added: intake.added, rejected: rejects.count });
    },
  });
  let refused: Refusal | undefined;
  try {
    await feed.read(tables.value, intake);
  } catch (cause) {
    // What was read until then stays, and is known when the import is run again.
    if (!(cause instanceof ImportRefused)) {
      await outlet.close();
      throw cause;
    }
    refused = { ...cause.refusal, blame: cause.refusal.blame ?? source };
  } finally {
    rejects.close();
  }
  const late = await intake.finish();
  refused ??= late;
  const rejectsFile = rejects.count === 0 ? null : rejects.file;
  database
    .prepare("update pod_imports set ended_ms = ?, rejects_file = ? where id = ?")
    .run([refused === undefined ? watch.nowMs() : null, rejectsFile, importId]);
  if (refused !== undefined) return refused;
  return accept({
    source,
    format,
    tables: tables.value.map((table) => table.name),
    added: intake.added,
    known: intake.known,
    rejected: rejects.count,
    rejectsFile,
    resumed: unfinished !== null,
  });
}

/** Of this very file, one that did not come to its end. */
function unfinishedImport(
  database: PodDatabase,
  { source, format, bytes }: Pick<Feed, "source" | "format" | "bytes">,
): number | null {
  const [[id] = []] = rowsOf(
    database,
    "select id from pod_imports where source = ? and format = ? and file_bytes = ? and ended_ms is null",
    [source, format, bytes],
  );
  return id === undefined ? null : Number(id);
}

function beginImport(database: PodDatabase, feed: Feed, nowMs: number): number {
  database
    .prepare("insert into pod_imports(source, format, file_bytes, started_ms) values (?, ?, ?, ?)")
    .run([feed.source, feed.format, feed.bytes, nowMs]);
  const [[id] = []] = rowsOf(database, "select max(id) from pod_imports");
  return Number(id);
}

function saltOf(database: PodDatabase): readonly [number, number] {
  const salt = Buffer.from(metaOf(database, "salt") ?? "", "hex");
  return [salt.readUInt32LE(0), salt.readUInt32LE(4)];
}
