// What an importer hands rows to: checks each cell against its column, knows which rows the pod has, rejects what does not
// fit, and sends the rest on in batches.
import { assert, type Refusal, refuse } from "../../core/base/index.ts";
import {
  type CellReader,
  cellReader,
  isAbsent,
  numberOf,
  type PodColumn,
  type PodType,
  podLimits,
  RowKeys,
} from "../../core/pods/index.ts";
import type { PodDatabase } from "./database.ts";
import { rowsOf } from "./database.ts";
import { KnownRows } from "./known-rows.ts";
import { limits } from "./limits.ts";
import type { Outlet } from "./outlet.ts";
import { ImportRefused } from "./refused.ts";
import type { Rejects } from "./rejects.ts";
import type { StoredTable } from "./tables.ts";
import type { BatchColumn, Value } from "./writer.ts";

export type Cell = string | number | boolean | null | undefined;

/** What an importer sees of all this. */
export interface Sink {
  /** `at` says where in the file, for the side file: a line, a byte, an element. */
  row(table: number, cells: readonly Cell[], at: number): void;
  reject(at: number, reason: string, row: string): void;
  /** To be awaited after each chunk: gives way to the writer, tells how far it is, and hears Ctrl-C. */
  settle(bytes: number): Promise<void>;
}

/** One column of a batch. As long as all its rows have what the first one has, that is kept once. */
class Column {
  readonly read: CellReader;
  readonly type: PodType;
  #values: Value[] = [];
  isAlike = true;
  first: Value = null;
  firstText = "";
  /** Its part of a row's key. */
  firstHigh = 0;
  firstLow = 0;

  constructor({ type, form }: PodColumn) {
    this.type = type;
    this.read = cellReader(type, form);
  }

  /** The database takes numbers faster than their text. Whole ones beyond what JavaScript holds exactly go as text. */
  valueOf(kept: string | null): Value {
    if (kept === null) return null;
    return this.type === "float64" || (this.type === "int64" && kept.length < 16) ? numberOf(kept) : kept;
  }

  add(kept: string | null, isFirsts: boolean, rows: number): void {
    if (this.isAlike) {
      if (isFirsts) return;
      this.isAlike = false;
      this.#values = [];
      for (let row = 0; row < rows; row++) this.#values[row] = this.first;
    }
    this.#values[rows] = this.valueOf(kept);
  }

  take(): BatchColumn {
    const taken = this.isAlike ? this.first : this.#values;
    this.isAlike = true;
    return taken;
  }
}

class Table {
  readonly stored: StoredTable;
  readonly columns: readonly Column[];
  readonly keys: RowKeys;
  readonly known = new KnownRows();
  /** Of the row that is looked at: its cells as they are kept, and which are those of the batch's first row. */
  readonly kept: (string | null)[];
  readonly isFirsts: boolean[];
  keyHalves = new Uint32Array(limits.batchRows * 2);
  rows = 0;
  chars = 0;

  constructor(stored: StoredTable, database: PodDatabase, salt: readonly [number, number]) {
    this.stored = stored;
    this.columns = stored.columns.map((column) => new Column(column));
    this.kept = stored.columns.map(() => null);
    this.isFirsts = stored.columns.map(() => false);
    this.keys = new RowKeys(
      stored.columns.map((column) => column.name),
      salt,
    );
    const blobs = rowsOf(database, "select id from pod_keys where table_id = ?", [stored.id]);
    for (const [id = null] of blobs) {
      const [[blob] = []] = rowsOf(database, "select keys from pod_keys where id = ?", [id]);
      const { buffer, byteOffset, byteLength } = blob as Uint8Array;
      this.known.load(new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength)));
    }
  }

  /** Looks at a row; the place of a cell that does not fit its column, or -1. The row's key is then in `keys`. */
  look(cells: readonly Cell[]): number {
    const { columns, keys, kept, isFirsts, rows } = this;
    keys.start();
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!;
      const cell = cells[at];
      const text = typeof cell === "string" ? trimmed(cell) : textOf(cell);
      const isFirst = rows > 0 && column.isAlike && text === column.firstText;
      isFirsts[at] = isFirst;
      if (isFirst) {
        keys.part(column.firstHigh, column.firstLow);
        continue;
      }
      if (isAbsent(text, column.type)) {
        kept[at] = null;
        keys.high = 0;
        keys.low = 0;
      } else {
        const read = text.length > podLimits.maxCellChars ? undefined : column.read(text);
        if (read === undefined) return at;
        kept[at] = read;
        if (read !== null) keys.cell(read, at);
      }
      if (rows > 0) continue;
      column.first = column.valueOf(kept[at]!);
      column.firstText = text;
      column.firstHigh = keys.high;
      column.firstLow = keys.low;
    }
    keys.end();
    return -1;
  }

  /** Adds the row that was looked at. */
  add(): void {
    const { columns, keys, kept, isFirsts, rows } = this;
    for (let at = 0; at < columns.length; at++) {
      columns[at]!.add(kept[at]!, rows === 0 || isFirsts[at]!, rows);
      // INVARIANT 1: counted as if each row had its own, which it will once one differs.
      this.chars += isFirsts[at] ? columns[at]!.firstText.length : (kept[at]?.length ?? 0);
    }
    this.keyHalves[rows * 2] = keys.low;
    this.keyHalves[rows * 2 + 1] = keys.high;
    this.rows++;
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
    const misplaced = table.look(cells);
    if (misplaced >= 0) {
      const column = table.stored.columns[misplaced]!;
      this.#rejects.add(placeText(at), misfit(column, cells[misplaced]), JSON.stringify(cells).slice(0, 8_192));
      return;
    }
    if (!table.known.add(table.keys)) {
      this.known++;
      return;
    }
    table.add();
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
    const { stored, rows, chars } = table;
    this.#outlet.write({
      table: stored.name,
      tableId: stored.id,
      columns: table.columns.map((column) => column.take()),
      rows,
      chars,
      keys: table.keyHalves.slice(0, rows * 2),
      known: this.known,
      rejected: this.#rejects.count,
    });
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

function misfit(column: PodColumn, cell: Cell): string {
  const text = typeof cell === "string" ? trimmed(cell) : textOf(cell);
  if (text.length > podLimits.maxCellChars) return `${column.name}: longer than a cell may be`;
  return `${column.name}: ${JSON.stringify(text.slice(0, 80))} is not ${wanted[column.type]}`;
}
