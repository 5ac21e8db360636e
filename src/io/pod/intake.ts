// What an importer hands rows to: checks each cell against its column, knows which rows the pod has, rejects what does not
// fit, and sends the rest on in batches.
import { assert, type Refusal, refuse } from "../../core/base/index.ts";
import { type CellReader, cellReader, isAbsent, podLimits, RowKeys } from "../../core/pods/index.ts";
import type { PodDatabase } from "./database.ts";
import { rowsOf } from "./database.ts";
import { KnownRows } from "./known-rows.ts";
import { limits } from "./limits.ts";
import type { Outlet } from "./outlet.ts";
import { ImportRefused } from "./refused.ts";
import type { Rejects } from "./rejects.ts";
import type { StoredTable } from "./tables.ts";

export type Cell = string | number | boolean | null | undefined;

/** What an importer sees of all this. */
export interface Sink {
  /** `at` says where in the file, for the side file: a line, a byte, an element. */
  row(table: number, cells: readonly Cell[], at: number): void;
  reject(at: number, reason: string, row: string): void;
  /** To be awaited after each chunk: gives way to the writer, tells how far it is, and hears Ctrl-C. */
  settle(bytes: number): Promise<void>;
}

class Table {
  readonly stored: StoredTable;
  readonly readers: readonly CellReader[];
  readonly keys: RowKeys;
  readonly known = new KnownRows();
  /** Columns of numbers: the database takes numbers faster than their text. */
  readonly numbers: readonly number[];
  cells: (string | number | null)[] = [];
  keyHalves = new Uint32Array(limits.batchRows * 2);
  rows = 0;
  chars = 0;

  constructor(stored: StoredTable, database: PodDatabase, salt: readonly [number, number]) {
    this.stored = stored;
    this.readers = stored.columns.map((column) => cellReader(column.type, column.form));
    this.keys = new RowKeys(
      stored.columns.map((column) => column.name),
      salt,
    );
    this.numbers = stored.columns.flatMap(({ type }, at) => (type === "int64" || type === "float64" ? [at] : []));
    const blobs = rowsOf(database, "select id from pod_keys where table_id = ?", [stored.id]);
    for (const [id = null] of blobs) {
      const [[blob] = []] = rowsOf(database, "select keys from pod_keys where id = ?", [id]);
      const { buffer, byteOffset, byteLength } = blob as Uint8Array;
      this.known.load(new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength)));
    }
  }
}

export class Intake implements Sink {
  readonly #outlet: Outlet;
  readonly #rejects: Rejects;
  readonly #tables: Table[];
  readonly #onSettled: (bytes: number) => void;
  added = 0;
  known = 0;

  constructor(about: {
    readonly tables: readonly StoredTable[];
    readonly database: PodDatabase;
    readonly salt: readonly [number, number];
    readonly outlet: Outlet;
    readonly rejects: Rejects;
    readonly onSettled: (bytes: number) => void;
  }) {
    this.#outlet = about.outlet;
    this.#rejects = about.rejects;
    this.#onSettled = about.onSettled;
    this.#tables = about.tables.map((table) => new Table(table, about.database, about.salt));
  }

  row(index: number, cells: readonly Cell[], at: number): void {
    const table = this.#tables[index];
    assert(table !== undefined, "an importer names tables of its plan");
    const { columns } = table.stored;
    const from = table.cells.length;
    let chars = 0;
    for (let column = 0; column < columns.length; column++) {
      const cell = cells[column];
      const text = typeof cell === "string" ? trimmed(cell) : textOf(cell);
      if (isAbsent(text, columns[column]!.type)) {
        table.cells.push(null);
        continue;
      }
      const kept = text.length > podLimits.maxCellChars ? undefined : table.readers[column]!(text);
      if (kept === undefined) {
        table.cells.length = from;
        this.#rejects.add(placeText(at), misfit(columns[column]!, text), JSON.stringify(cells).slice(0, 8_192));
        return;
      }
      chars += kept === null ? 0 : kept.length;
      table.cells.push(kept);
    }
    table.keys.of(table.cells as (string | null)[], from);
    if (!table.known.add(table.keys)) {
      table.cells.length = from;
      this.known++;
      return;
    }
    for (const at of table.numbers) {
      const text = table.cells[from + at] as string | null;
      // Whole numbers beyond what JavaScript holds exactly go as text.
      if (text !== null && (text.length < 16 || columns[at]!.type === "float64")) table.cells[from + at] = Number(text);
    }
    table.keyHalves[table.rows * 2] = table.keys.low;
    table.keyHalves[table.rows * 2 + 1] = table.keys.high;
    table.rows++;
    table.chars += chars;
    if (table.rows === limits.batchRows || table.chars > limits.batchChars) this.#send(table);
  }

  reject(at: number, reason: string, row: string): void {
    this.#rejects.add(placeText(at), reason, row);
  }

  async settle(bytes: number): Promise<void> {
    await this.#outlet.ready();
    this.#onSettled(bytes);
  }

  /** Sends what is left, and closes: also after a table was refused. A refusal that only shows now is given back. */
  async finish(): Promise<Refusal | undefined> {
    let refused: Refusal | undefined;
    for (const table of this.#tables) {
      if (this.#isFull(table)) refused ??= refuse("pod-table-full", { blame: table.stored.name });
      else this.#send(table);
    }
    const first = this.#tables.find((table) => !this.#isFull(table));
    // The last counts reach the pod even when no row was new.
    if (first !== undefined) this.#send(first, true);
    await this.#outlet.close();
    return refused;
  }

  #isFull(table: Table): boolean {
    return table.known.size > podLimits.maxRowsPerTable;
  }

  #send(table: Table, empty = false): void {
    if (table.rows === 0 && !empty) return;
    if (this.#isFull(table)) {
      throw new ImportRefused("pod-table-full", { blame: table.stored.name });
    }
    this.added += table.rows;
    const { stored, rows, cells } = table;
    this.#outlet.write({
      table: stored.name,
      tableId: stored.id,
      columns: stored.columns.length,
      rows,
      cells,
      keys: table.keyHalves.slice(0, rows * 2),
      known: this.known,
      rejected: this.#rejects.count,
    });
    table.cells = [];
    table.rows = 0;
    table.chars = 0;
  }
}

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "number" ? String(cell) : cell === true ? "1" : cell === false ? "0" : (cell as string);
}

/** Most cells need no trimming, and most calls to it would be for nothing. */
function trimmed(text: string): string {
  const { length } = text;
  if (length === 0) return text;
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(length - 1)];
  return first > 32 && last > 32 && first < 160 && last < 160 ? text : text.trim();
}

function placeText(at: number): string {
  return `record ${at}`;
}

const wanted = {
  text: "text without NUL characters",
  int64: "a whole number",
  float64: "a number",
  bool: "yes or no",
  date: "a date",
  timestamp: "a time",
} as const;

function misfit(column: StoredTable["columns"][number], text: string): string {
  if (text.length > podLimits.maxCellChars) return `${column.name}: longer than a cell may be`;
  return `${column.name}: ${JSON.stringify(text.slice(0, 80))} is not ${wanted[column.type]}`;
}
