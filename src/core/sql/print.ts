// A syntax tree as text again: one way to lay a statement out. What is printed parses to the same tree.
import type { Argument, Call, Expression, Join, Operation, Order, Select, Source } from "./ast.ts";
import { reservedWords } from "./tokens.ts";

export function printStatement(select: Select): string {
  return `${printSelect(select, "\n")}\n`;
}

/** Parts of which nothing but the first word is kept (`foreign`) are not printed: they are never computed. */
function printSelect(select: Select, gap: string): string {
  const { privacy, distinct, items, from, joins, where, groupBy, orderBy, limit } = select;
  const options = privacy?.options.map(({ name, value }) => `${name} = ${print(value)}`) ?? [];
  const head = ["SELECT"];
  if (privacy !== null) head.push(`WITH DIFFERENTIAL_PRIVACY OPTIONS(${options.join(", ")})`);
  if (distinct) head.push("DISTINCT");
  const columns = items.map(({ value, alias }) => `${value === null ? "*" : print(value)}${printAlias(alias)}`);
  const lines = [`${head.join(" ")} ${columns.join(", ")}`];
  if (from !== null) lines.push(`FROM ${printSource(from)}${joins.map(printJoin).join("")}`);
  if (where !== null) lines.push(`WHERE ${print(where)}`);
  if (groupBy.length > 0) lines.push(`GROUP BY ${groupBy.map(print).join(", ")}`);
  if (orderBy.length > 0) lines.push(`ORDER BY ${orderBy.map(printOrder).join(", ")}`);
  if (limit !== null) lines.push(`LIMIT ${print(limit)}`);
  return lines.join(gap);
}

function printAlias(alias: string | null): string {
  return alias === null ? "" : ` AS ${printName(alias)}`;
}

function printSource({ of, alias }: Source): string {
  const shown = of.kind === "table" ? of.parts.map(printName).join(".") : `(${printSelect(of.select, " ")})`;
  return `${shown}${printAlias(alias)}`;
}

function printJoin({ kind, source, on, using }: Join): string {
  const condition =
    on !== null ? ` ON ${print(on)}` : using.length > 0 ? ` USING (${using.map(printName).join(", ")})` : "";
  return ` ${kind === "inner" ? "" : `${kind.toUpperCase()} `}JOIN ${printSource(source)}${condition}`;
}

function printOrder({ by, descending, nulls }: Order): string {
  return `${print(by)}${descending ? " DESC" : ""}${nulls === null ? "" : ` NULLS ${nulls.toUpperCase()}`}`;
}

export function printName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reservedWords.has(name.toUpperCase()) ? name : `\`${name}\``;
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function printText(text: string): string {
  return `'${text.replace(/[\\'\n\t\r]/g, (sign) => escapes[sign]!)}'`;
}

function print(value: Expression): string {
  switch (value.kind) {
    case "literal":
      if (value.type === "text") return printText(value.value);
      return value.type === "integer" || value.type === "decimal" ? value.value : value.value.toUpperCase();
    case "typed":
      return `${printName(value.word)} ${printText(value.value)}`;
    case "name":
      return value.parts.map(printName).join(".");
    case "parameter":
      return `@${value.name}`;
    case "operation":
      return printOperation(value);
    case "call":
      return printCall(value);
    case "case": {
      const branches = value.branches.map(({ when, result }) => ` WHEN ${print(when)} THEN ${print(result)}`);
      const operand = value.operand === null ? "" : ` ${print(value.operand)}`;
      return `CASE${operand}${branches.join("")}${value.otherwise === null ? "" : ` ELSE ${print(value.otherwise)}`} END`;
    }
    case "cast":
      return `CAST(${print(value.of)} AS ${printName(value.to)})`;
    case "extract":
      return `EXTRACT(${printName(value.part)} FROM ${print(value.from)})`;
    case "interval":
      return `INTERVAL ${print(value.count)} ${printName(value.part)}`;
    case "list":
      return value.bracket === "("
        ? `(${value.items.map(print).join(", ")})`
        : `[${value.items.map(print).join(", ")}]`;
    case "in-select":
      return `(${print(value.value)} IN (${printSelect(value.select, " ")}))`;
    case "exists":
      return `EXISTS (${printSelect(value.select, " ")})`;
    case "scalar":
      return `(${printSelect(value.select, " ")})`;
  }
}

/** With brackets around each: then nothing depends on which operator binds tighter. */
function printOperation({ operator, of }: Operation): string {
  const [first = "", second = "", third = ""] = of.slice(0, 3).map(print);
  switch (operator) {
    case "and":
    case "or":
      return `(${of.map(print).join(` ${operator.toUpperCase()} `)})`;
    case "not":
      return `(NOT ${first})`;
    case "negate":
      return `(-${first})`;
    case "between":
      return `(${first} BETWEEN ${second} AND ${third})`;
    case "in":
      return `(${first} IN (${of.slice(1).map(print).join(", ")}))`;
    case "like":
      return `(${first} LIKE ${second})`;
    case "is null":
    case "is true":
    case "is false":
      return `(${first} ${operator.toUpperCase()})`;
    default:
      return `(${first} ${operator} ${second})`;
  }
}

function printCall({ name, star, distinct, over, arguments: written }: Call): string {
  const listed = written.map(
    ({ name: of, value }: Argument) => `${of === null ? "" : `${printName(of)} => `}${print(value)}`,
  );
  const operands = star ? ["*", ...listed] : listed;
  return `${printName(name)}(${distinct ? "DISTINCT " : ""}${operands.join(", ")})${over ? " OVER ()" : ""}`;
}
