// The tables of a pod as the owner knows them: made when first imported into, described in pod_columns.
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { type PodColumn, type PodTable, type PodType, podColumnSchema } from "../../core/pods/index.ts";
import { inTransaction, type PodDatabase, quoted, rowsOf } from "./database.ts";

const sqlTypes: Readonly<Record<PodType, string>> = {
  text: "text",
  int64: "integer",
  float64: "real",
  bool: "integer",
  date: "text",
  timestamp: "text",
};

export const sqlTypeOf = (type: PodType): string => sqlTypes[type];

export interface StoredTable extends PodTable {
  readonly id: number;
}

export function tablesOf(database: PodDatabase): StoredTable[] {
  const columns = rowsOf(
    database,
    `select t.id, t.name, c.name, c.label, c.type, c.form, c.unit, c.attribute
     from pod_tables t join pod_columns c on c.table_id = t.id order by t.name, c.position`,
  );
  const tables = new Map<number, { id: number; name: string; columns: PodColumn[] }>();
  for (const [id, table, name, label, type, form, unit, attribute] of columns) {
    const entry = tables.get(Number(id)) ?? { id: Number(id), name: String(table), columns: [] };
    entry.columns.push(podColumnSchema.parse({ name, label, type, form, unit, attribute }));
    tables.set(entry.id, entry);
  }
  return [...tables.values()];
}

/**
 * The stored table for a planned one. Where there is one of that name, its columns have to be the same; what the owner
 * has said of their attributes stays.
 */
export function ensureTables(database: PodDatabase, planned: readonly PodTable[]): Result<StoredTable[]> {
  const stored = new Map(tablesOf(database).map((table) => [table.name, table]));
  for (const table of planned) {
    const known = stored.get(table.name);
    if (known === undefined) continue;
    const fault = differenceOf(known, table);
    if (fault !== null) return refuse("pod-table-differs", { blame: table.name, detail: fault });
  }
  inTransaction(database, () => {
    for (const table of planned) if (!stored.has(table.name)) createTable(database, table);
  });
  const after = new Map(tablesOf(database).map((table) => [table.name, table]));
  return accept(planned.map((table) => after.get(table.name)!));
}

/** null: rows of the one fit the other. */
export function differenceOf(known: PodTable, planned: PodTable): string | null {
  const shape = (table: PodTable) => table.columns.map((column) => `${column.name} ${column.type}`);
  const [has, wants] = [shape(known), shape(planned)];
  if (has.join() === wants.join()) return null;
  const missing = wants.filter((column) => !has.includes(column));
  const extra = has.filter((column) => !wants.includes(column));
  const parts = [
    missing.length > 0 ? `the pod lacks ${missing.slice(0, 5).join(", ")}` : "",
    extra.length > 0 ? `the file lacks ${extra.slice(0, 5).join(", ")}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "its columns are in another order" : parts.join("; ");
}

function createTable(database: PodDatabase, table: PodTable): void {
  const columns = table.columns.map((column) => `${quoted(column.name)} ${sqlTypes[column.type]}`);
  database.exec(`create table ${quoted(table.name)}(${columns.join(", ")}) strict`);
  database.prepare("insert into pod_tables(name) values (?)").run([table.name]);
  const [[id] = []] = rowsOf(database, "select id from pod_tables where name = ?", [table.name]);
  const put = database.prepare("insert into pod_columns values (?, ?, ?, ?, ?, ?, ?, ?)");
  table.columns.forEach((column, position) => {
    const { name, label, type, form, unit, attribute } = column;
    put.run([id, position, name, label, type, form, unit, attribute]);
  });
}
