// Which names are visible at a place, and what they stand for.
import { didYouMean } from "../base/index.ts";
import type { Position } from "../query/index.ts";
import type { Name } from "./ast.ts";
import type { Column } from "./catalogue.ts";
import type { Context } from "./context.ts";
import type { Typed, TypedType } from "./typed.ts";

const mostSuggested = 20;

export interface VisibleColumn {
  readonly name: string;
  readonly type: TypedType;
  readonly nullable: boolean;
  readonly unit: string | null;
  /** Null for a column that a sub-select works out. */
  readonly column: Column | null;
  /** The table it is stored in; null for a sub-select's. */
  readonly table: string | null;
  /** What precedes it in the rendered text. */
  readonly source: string;
}

export interface VisibleSource {
  readonly name: string;
  readonly columns: readonly VisibleColumn[];
  /** Called when a column is used: `people` joins only what is. */
  readonly used?: (column: VisibleColumn) => void;
}

export class Scope {
  readonly sources: VisibleSource[] = [];
  /** Columns that USING made one: the left one stands for both. */
  readonly merged = new Set<string>();
  /** A table could not be resolved, and that has been said: what it would have had is not said to be missing. */
  incomplete = false;

  readonly context: Context;
  readonly outer: Scope | null;

  constructor(context: Context, outer: Scope | null = null) {
    this.context = context;
    this.outer = outer;
  }

  add(source: VisibleSource, at: Position): void {
    if (this.sources.some(({ name }) => name === source.name)) {
      this.context.fault(
        "name-clash",
        at,
        `two tables are called ${source.name} here`,
        `Give one another name: \`${source.name} AS other\`.`,
      );
    }
    this.sources.push(source);
  }

  resolve(written: Name): Typed | null {
    const [table, name] = written.parts.length === 1 ? [null, written.parts[0]!] : written.parts.slice(-2);
    if (written.parts.length > 2) {
      const message = `${written.parts.join(".")} has too many parts`;
      return this.context.fault("sql-unknown-name", written.at, message, "Write `column` or `table.column`.");
    }
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      const found = scope.find(table?.toLowerCase() ?? null, name!.toLowerCase());
      if (found.length > 1 && !scope.merged.has(name!.toLowerCase())) return this.ambiguous(written, found);
      const first = found[0];
      if (first !== undefined) return this.use(first, written.at);
    }
    return this.unknown(written, table?.toLowerCase() ?? null, name!);
  }

  private find(table: string | null, name: string) {
    return this.sources
      .filter((source) => table === null || source.name === table)
      .flatMap((source) =>
        source.columns.filter((column) => column.name === name).map((column) => ({ source, column })),
      );
  }

  private use({ source, column }: ReturnType<Scope["find"]>[number], at: Position): Typed {
    source.used?.(column);
    if (column.column !== null && column.table !== null) this.context.readColumn(column.table, column.column);
    const { type, nullable, unit, name } = column;
    return { kind: "column", source: column.source, name, column: column.column, type, nullable, unit, at };
  }

  private ambiguous(written: Name, found: ReturnType<Scope["find"]>): null {
    const where = found.map(({ source }) => source.name);
    const name = written.parts.at(-1)!;
    const message = `the column ${name} is in ${where.join(" and in ")}`;
    return this.context.fault("name-clash", written.at, message, `Write which one: \`${where[0]}.${name}\`.`);
  }

  private unknown(written: Name, table: string | null, name: string): null {
    const visible: VisibleSource[] = [];
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      if (scope.incomplete) return null;
      visible.push(...scope.sources);
    }
    const known = visible.find((source) => source.name === table);
    if (table !== null && known === undefined) {
      const names = visible.map((source) => source.name);
      const remedy = `Tables here: ${names.join(", ") || "none"}.${didYouMean(table, names)}`;
      return this.context.fault("sql-unknown-name", written.at, `no table here is called ${table}`, remedy);
    }
    const names = (known === undefined ? visible : [known]).flatMap((source) =>
      source.columns.map((column) => column.name),
    );
    const listed = names.length > 16 ? [...names.slice(0, 16), "…"] : names;
    const profile = this.context.catalogue.concepts.has(name.toLowerCase())
      ? ` Of a profile, write \`profile('${name.toLowerCase()}')\`.`
      : // Whoever is asked reads a stranger's statement: of very many faults it is enough that they are there.
        this.context.faults.size < mostSuggested
        ? didYouMean(name, names)
        : "";
    const remedy = `Columns here: ${listed.join(", ") || "none"}.${profile}`;
    return this.context.fault(
      "sql-unknown-name",
      written.at,
      `there is no column ${written.parts.join(".")} here`,
      remedy,
    );
  }
}
