// Writes batches of rows. A transaction holds some batches whole: rows, their keys and the import's count, so that a crash
// never leaves a row whose key is not known.
import { type PodDatabase, quoted, rowsOf } from "./database.ts";
import { limits } from "./limits.ts";

export interface Batch {
  readonly table: string;
  readonly tableId: number;
  readonly columns: number;
  readonly rows: number;
  /** Row after row. The tables are STRICT, and the cells were checked. */
  readonly cells: readonly (string | number | null)[];
  /** Two halves per row, low first. */
  readonly keys: Uint32Array;
  /** What the import knows so far of rows that were in already, and of rejected ones. */
  readonly known: number;
  readonly rejected: number;
}

/** So many rows go in with one statement: fewer calls, and yet no more parameters than SQLite takes. */
const rowsPerStatement = 50;
const maxParameters = 30_000;

interface Inserts {
  readonly rows: number;
  readonly many: ReturnType<PodDatabase["prepare"]>;
  readonly one: ReturnType<PodDatabase["prepare"]>;
  nextRow: number;
}

export class Writer {
  readonly #database: PodDatabase;
  readonly #importId: number;
  readonly #inserts = new Map<string, Inserts>();
  readonly #putKeys;
  readonly #count;
  #uncommitted = 0;

  constructor(database: PodDatabase, importId: number) {
    this.#database = database;
    this.#importId = importId;
    this.#putKeys = database.prepare(
      "insert into pod_keys(table_id, import_id, first_row, rows, keys) values (?, ?, ?, ?, ?)",
    );
    this.#count = database.prepare("update pod_imports set added = added + ?, known = ?, rejected = ? where id = ?");
  }

  write(batch: Batch): void {
    const inserts = this.#insertsFor(batch);
    if (this.#uncommitted === 0) this.#database.exec("begin immediate");
    try {
      this.#insert(batch, inserts);
      if (++this.#uncommitted === limits.batchesPerTransaction) this.commit();
    } catch (cause) {
      if (this.#database.inTransaction) this.#database.exec("rollback");
      throw cause;
    }
    inserts.nextRow += batch.rows;
  }

  /** After the last batch. */
  commit(): void {
    if (this.#uncommitted > 0) this.#database.exec("commit");
    this.#uncommitted = 0;
  }

  #insert(batch: Batch, inserts: Inserts): void {
    const { columns, rows, cells } = batch;
    let row = 0;
    for (; row + inserts.rows <= rows; row += inserts.rows) {
      inserts.many.run(cells.slice(row * columns, (row + inserts.rows) * columns));
    }
    for (; row < rows; row++) inserts.one.run(cells.slice(row * columns, (row + 1) * columns));
    if (rows > 0) {
      const { buffer, byteOffset, byteLength } = batch.keys;
      const keys = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
      this.#putKeys.run([batch.tableId, this.#importId, inserts.nextRow, rows, keys]);
    }
    this.#count.run([rows, batch.known, batch.rejected, this.#importId]);
  }

  #insertsFor(batch: Batch): Inserts {
    const known = this.#inserts.get(batch.table);
    if (known !== undefined) return known;
    const rows = Math.max(1, Math.min(rowsPerStatement, Math.floor(maxParameters / batch.columns)));
    const one = `(${Array(batch.columns).fill("?").join(",")})`;
    const into = `insert into ${quoted(batch.table)} values `;
    // INVARIANT 1: with one writer, SQLite numbers new rows upwards from the highest; pod_keys relies on it.
    const [[last] = []] = rowsOf(this.#database, `select max(rowid) from ${quoted(batch.table)}`);
    const inserts = {
      rows,
      many: this.#database.prepare(into + Array(rows).fill(one).join(",")),
      one: this.#database.prepare(into + one),
      nextRow: Number(last ?? 0) + 1,
    };
    this.#inserts.set(batch.table, inserts);
    return inserts;
  }
}
