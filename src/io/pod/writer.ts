// Writes batches of rows. A transaction holds some batches whole: rows, their keys and the import's count, so that a crash
// never leaves a row whose key is not known.
import { type PodDatabase, quoted, rowNumber, rowsOf } from "./database.ts";
import { limits } from "./limits.ts";

export type Value = string | number | null;
/** A value for each row, or the one that all rows have. The tables are STRICT, and the cells were checked. */
export type BatchColumn = Value | readonly Value[];

export interface Batch {
  readonly table: string;
  readonly tableId: number;
  readonly columns: readonly BatchColumn[];
  readonly rows: number;
  /** Of all its cells. */
  readonly chars: number;
  /** Two halves per row, low first. */
  readonly keys: Uint32Array;
  /** What the import knows so far of rows that were in already, and of rejected ones. */
  readonly known: number;
  readonly rejected: number;
}

/** So many rows go in with one statement: fewer calls, and yet no more parameters than SQLite takes. */
const rowsPerStatement = 50;
const maxParameters = 30_000;
/** Statements of one table that stay prepared: one for each set of columns of which all rows of a batch have one value. */
const maxShapes = 32;

type Statement = ReturnType<PodDatabase["prepare"]>;

interface Shape {
  readonly many: Statement;
  readonly one: Statement;
}

interface Inserts {
  readonly rows: number;
  readonly shapes: Map<string, Shape>;
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
    const { columns, rows } = batch;
    const { many, one } = this.#shapeFor(batch, inserts);
    // What crosses to the database is most of the work: a value that all rows have crosses once for each statement.
    const alike = columns.filter((column): column is Value => !Array.isArray(column));
    const others = columns.filter((column): column is readonly Value[] => Array.isArray(column));
    let row = 0;
    for (; row + inserts.rows <= rows; row += inserts.rows) {
      many.run(alike.concat(...others.map((values) => values.slice(row, row + inserts.rows))));
    }
    for (; row < rows; row++) one.run(alike.concat(others.map((values) => values[row]!)));
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
    // INVARIANT 1: with one writer, SQLite numbers new rows upwards from the highest; pod_keys relies on it.
    const [[last] = []] = rowsOf(this.#database, `select max(${rowNumber}) from ${quoted(batch.table)}`);
    const inserts: Inserts = {
      rows: Math.max(1, Math.min(rowsPerStatement, Math.floor(maxParameters / batch.columns.length))),
      shapes: new Map(),
      nextRow: Number(last ?? 0) + 1,
    };
    this.#inserts.set(batch.table, inserts);
    return inserts;
  }

  #shapeFor({ table, columns }: Batch, inserts: Inserts): Shape {
    const name = columns.map((column) => (Array.isArray(column) ? "n" : "1")).join("");
    const known = inserts.shapes.get(name);
    if (known !== undefined) return known;
    if (inserts.shapes.size === maxShapes) inserts.shapes.clear();
    const shape = {
      many: this.#database.prepare(insertOf(table, columns, inserts.rows)),
      one: this.#database.prepare(insertOf(table, columns, 1)),
    };
    inserts.shapes.set(name, shape);
    return shape;
  }
}

/** Takes the values that all rows have, then column after column the others. */
function insertOf(table: string, columns: readonly BatchColumn[], rows: number): string {
  const alike = columns.filter((column) => !Array.isArray(column)).length;
  let [nextAlike, nextOther] = [1, alike + 1];
  const places = columns.map((column) => {
    if (!Array.isArray(column)) return { from: nextAlike++, step: 0 };
    const from = nextOther;
    nextOther += rows;
    return { from, step: 1 };
  });
  const tuples = Array.from(
    { length: rows },
    (_, row) => `(${places.map(({ from, step }) => `?${from + step * row}`).join(",")})`,
  );
  return `insert into ${quoted(table)} values ${tuples.join(",")}`;
}
