// The typed tree as SQLite text. Every word of it is ours: names come from the catalogue and are quoted, values are bound.
import type { QuestionValue } from "../model/index.ts";
import type { LocalSelect, LocalSource, Typed } from "./typed.ts";

export interface Rendered {
  readonly sql: string;
  /** `?1` is the first. */
  readonly binds: readonly QuestionValue[];
}

export function renderSelect(select: LocalSelect): Rendered {
  const renderer = new Renderer();
  const sql = renderer.select(select);
  return { sql, binds: renderer.binds };
}

class Renderer {
  readonly binds: QuestionValue[] = [];
  readonly #known = new Map<string, string>();

  select({ distinct, columns, from, joins, where, groupBy }: LocalSelect): string {
    const listed = columns.map(({ name, of }) => `${this.expression(of)} AS ${quoted(name)}`);
    const parts = [`SELECT ${distinct ? "DISTINCT " : ""}${listed.length === 0 ? "1" : listed.join(", ")}`];
    if (from !== null) parts.push(`FROM ${this.source(from)}`);
    for (const { kind, source, on } of joins) {
      const word = kind === "cross" ? "CROSS JOIN" : kind === "left" ? "LEFT JOIN" : "JOIN";
      const condition = kind === "cross" ? "" : ` ON ${this.all(on)}`;
      parts.push(`${word} ${this.source(source)}${condition}`);
    }
    if (where.length > 0) parts.push(`WHERE ${this.all(where)}`);
    if (groupBy.length > 0) parts.push(`GROUP BY ${groupBy.map((key) => this.groupKey(key)).join(", ")}`);
    return parts.join(" ");
  }

  /** A bare bound value in GROUP BY would be taken for the number of a column by some versions. */
  groupKey(key: Typed): string {
    return key.kind === "value" ? `(${this.expression(key)} || '')` : this.expression(key);
  }

  all(conditions: readonly Typed[]): string {
    return conditions.length === 0 ? "1" : conditions.map((condition) => this.expression(condition)).join(" AND ");
  }

  source(source: LocalSource): string {
    switch (source.kind) {
      case "table":
        return `${quoted(source.table)} AS ${quoted(source.id)}`;
      case "select":
        return `(${this.select(source.select)}) AS ${quoted(source.id)}`;
      case "people": {
        const joined = [...source.tables]
          .sort()
          .map((table) => ` LEFT JOIN ${quoted(table)} AS ${quoted(partOfPeople(source.id, table))} ON 1`);
        const one = `(SELECT 1) AS ${quoted(source.id)}`;
        return joined.length === 0 ? one : `(${one}${joined.join("")})`;
      }
    }
  }

  expression(typed: Typed): string {
    switch (typed.kind) {
      case "value":
        return this.bind(typed.value);
      case "column":
        return `${quoted(typed.source)}.${quoted(typed.name)}`;
      case "call":
        return typed.render(typed.of.map((operand) => this.expression(operand)));
      case "in-select":
        return `(${this.expression(typed.value)} IN (${this.select(typed.select)}))`;
      case "exists":
        return `EXISTS (${this.select(typed.select)})`;
    }
  }

  bind(value: QuestionValue): string {
    if (value.value === null) return "NULL";
    const key = `${value.type} ${value.value}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.binds.push(value);
    const place = `?${this.binds.length}`;
    this.#known.set(key, place);
    return place;
  }
}

/**
 * At most how many entries SQLite's parser stacks for this text. It gives up at 100, so that a statement may be right and still
 * not be taken; what a bracket, a call, a CASE and a sub-select stack was counted from its grammar.
 */
export function parserDepthOf(sql: string): number {
  const open: number[] = [];
  let depth = 0;
  let deepest = 0;
  for (const found of sql.matchAll(/"[^"]*"|'[^']*'|\(SELECT\b|[A-Za-z]+\(|\(|\)|\b(?:CASE|END|BETWEEN)\b/g)) {
    const [sign] = found;
    if (sign.startsWith('"') || sign.startsWith("'")) continue;
    if (sign === "BETWEEN") {
      open.push((open.pop() ?? 0) + 2);
      depth += 2;
    } else if (sign === ")" || sign === "END") depth -= open.pop() ?? 0;
    else {
      const weight = sign === "(SELECT" ? 14 : sign === "CASE" ? 6 : sign === "(" ? 3 : 5;
      open.push(weight);
      depth += weight;
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest;
}

/** The name of a table of one row that `people` joins. */
export function partOfPeople(id: string, table: string): string {
  return `${id}_${table}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
