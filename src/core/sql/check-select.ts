// A SELECT that runs inside a pod: its tables and joins, for the statement itself and for the sub-selects in it.
import { didYouMean } from "../base/index.ts";
import type { Position } from "../query/index.ts";
import type { Call, Expression, Join, Select, Source } from "./ast.ts";
import { type Column, peopleTable } from "./catalogue.ts";
import { checkCall } from "./check-call.ts";
import { ExpressionChecker } from "./check-expression.ts";
import type { Context } from "./context.ts";
import { refuseForeign } from "./foreign.ts";
import type { FunctionRule } from "./functions.ts";
import { limits } from "./limits.ts";
import { partOfPeople } from "./render.ts";
import { Scope, type VisibleSource } from "./scope.ts";
import { keyOf, type LocalJoin, type LocalSelect, type LocalSource, type Typed } from "./typed.ts";

export interface Tables {
  readonly scope: Scope;
  readonly from: LocalSource | null;
  readonly joins: readonly LocalJoin[];
}

export function checkerFor(scope: Scope, aggregates = false): ExpressionChecker {
  return new ExpressionChecker(scope, checkInner, aggregates ? localAggregate : null);
}

/** FROM and JOIN. Faults are told; what could be resolved is in the scope. */
export function checkTables(context: Context, select: Select, outer: Scope | null): Tables {
  const scope = new Scope(context, outer);
  if (select.from === null) {
    context.fault(
      "sql-syntax",
      select.at,
      "this SELECT has no FROM",
      "Write which table it reads: `FROM people`, or a table's name.",
    );
    scope.incomplete = true;
    return { scope, from: null, joins: [] };
  }
  if (select.joins.length > limits.maxJoins) {
    const message = `${select.joins.length} joins, at most ${limits.maxJoins} are computed`;
    context.fault("query-too-large", select.joins[limits.maxJoins]!.at, message, "Leave tables out.");
  }
  const from = addSource(scope, select.from, false);
  const joins: LocalJoin[] = [];
  for (const join of select.joins.slice(0, limits.maxJoins)) {
    const checked = checkJoin(scope, join);
    if (checked !== null) joins.push(checked);
  }
  return { scope, from, joins };
}

function checkJoin(scope: Scope, join: Join): LocalJoin | null {
  const { context } = scope;
  if (join.kind === "right" || join.kind === "full") {
    const remedy = join.kind === "right" ? "Swap the tables and write LEFT JOIN." : "Write LEFT JOIN, or JOIN.";
    context.fault("sql-not-offered", join.at, `${join.kind.toUpperCase()} JOIN is not computed here`, remedy);
  }
  const before = [...scope.sources];
  const source = addSource(scope, join.source, join.kind === "left");
  if (source === null) return null;
  const kind = join.kind === "left" || join.kind === "cross" ? join.kind : "inner";
  const has = join.on !== null || join.using.length > 0;
  if (kind === "cross" && has) {
    context.fault("sql-syntax", join.at, "a CROSS JOIN takes no ON", "Write JOIN … ON ….");
    return null;
  }
  if (kind !== "cross" && !has) {
    context.fault(
      "sql-syntax",
      join.at,
      "a JOIN says with ON what belongs together",
      "Write `JOIN other ON other.key = this.key`.",
    );
    return null;
  }
  const on = join.on === null ? null : checkerFor(scope).condition(join.on, "ON");
  if (on !== null) return { kind, source, on: [on] };
  const joined = scope.sources.at(-1)!;
  const equal = join.using.map((name) => usingOf(scope, before, joined, name.toLowerCase(), join.at));
  return equal.length === 0 || equal.some((one) => one === null) ? null : { kind, source, on: equal as Typed[] };
}

function usingOf(
  scope: Scope,
  before: readonly VisibleSource[],
  joined: VisibleSource,
  name: string,
  at: Position,
): Typed | null {
  const left = before.find((source) => source.columns.some((column) => column.name === name));
  if (left === undefined || !joined.columns.some((column) => column.name === name)) {
    const message = `USING (${name}) wants the column ${name} on both sides`;
    return scope.context.fault("sql-unknown-name", at, message, "Write ON with both names.");
  }
  const side = (source: VisibleSource) => scope.resolve({ kind: "name", parts: [source.name, name], at });
  const [a, b] = [side(left), side(joined)];
  if (a === null || b === null) return null;
  scope.merged.add(name);
  const equals: FunctionRule = {
    parameters: ["same", "same"],
    result: "bool",
    unit: "kept",
    render: ([x, y]) => `(${x} = ${y})`,
  };
  return checkCall(scope.context, "=", equals, [a, b], at);
}

function addSource(scope: Scope, source: Source, nullable: boolean): LocalSource | null {
  const added = resolveSource(scope, source, nullable);
  if (added === null) scope.incomplete = true;
  return added;
}

function resolveSource(scope: Scope, source: Source, nullable: boolean): LocalSource | null {
  const { context } = scope;
  const id = context.nextSource();
  if (source.of.kind === "select") {
    const select = checkInner(source.of.select, null, context);
    if (source.alias === null) {
      context.fault("sql-syntax", source.at, "a SELECT in FROM needs a name", "Write `(SELECT …) AS name`.");
    }
    if (select === null) return null;
    const columns = select.columns.map(({ name, of }) => ({
      ...{
        name,
        type: of.type,
        nullable: nullable || of.nullable,
        unit: of.unit,
        column: null,
        table: null,
        source: id,
      },
    }));
    scope.add({ name: source.alias?.toLowerCase() ?? id, columns }, source.at);
    return { kind: "select", id, select };
  }
  const { parts } = source.of;
  const name = parts.at(-1)!.toLowerCase();
  const shown = source.alias?.toLowerCase() ?? name;
  if (name === peopleTable && parts.length === 1) return addPeople(scope, shown, id, source.at);
  const table = parts.length === 1 ? context.catalogue.tables.get(name) : undefined;
  if (table === undefined) return unknownTable(context, parts.join("."), source.at);
  context.readRows(table);
  const columns = table.columns.map((column) => visible(column, table.name, id, nullable));
  scope.add({ name: shown, columns }, source.at);
  return { kind: "table", id, table: table.name };
}

function addPeople(scope: Scope, name: string, id: string, at: Position): LocalSource {
  const single = [...scope.context.catalogue.tables.values()].filter((table) => table.perOwner === "one");
  const columns = single.flatMap((table) =>
    table.columns.map((column) => visible(column, table.name, partOfPeople(id, table.name), true)),
  );
  const tables = new Set<string>();
  scope.add({ name, columns, used: (column) => tables.add(column.table!) }, at);
  return { kind: "people", id, tables };
}

function visible(column: Column, table: string, source: string, nullable: boolean) {
  const { name, type, unit } = column;
  return { name, type, nullable: nullable || column.nullable, unit, column, table, source };
}

function unknownTable(context: Context, name: string, at: Position): null {
  const known = [peopleTable, ...context.catalogue.tables.keys()];
  // Either a name that was mistyped, or one that an analyst wanted to bring.
  const guess = didYouMean(name, known) || " A table of your own comes with --catalogue FILE.";
  const remedy = `Tables: ${known.join(", ")}.${guess}`;
  return context.fault("sql-unknown-name", at, `there is no table ${name}`, remedy);
}

/** A SELECT inside another: it may aggregate its owner's rows as it likes, without noise, as nothing leaves the pod. */
function checkInner(select: Select, outer: Scope | null, given?: Context): LocalSelect | null {
  const context = outer?.context ?? given!;
  refuseForeign(context, select, "sub-select");
  if (select.privacy !== null) {
    const remedy = "Write WITH DIFFERENTIAL_PRIVACY once, in the first SELECT.";
    context.fault("sql-not-offered", select.privacy.at, "a sub-select runs inside one pod and takes no noise", remedy);
  }
  if (select.limit !== null || select.orderBy.length > 0) {
    const at = select.orderBy[0]?.at ?? select.limit!.at;
    context.fault(
      "sql-not-offered",
      at,
      "ORDER BY and LIMIT order the noised result only",
      "Leave them out of the sub-select.",
    );
  }
  const { scope, from, joins } = checkTables(context, select, outer);
  const plain = checkerFor(scope);
  const where = select.where === null ? [] : [plain.condition(select.where, "WHERE")];
  const groupBy = select.groupBy.map((key) => plain.check(aliasOf(select, scope, key)));
  const columns = select.items.map((item, index) => {
    if (item.value === null) {
      context.fault("sql-not-offered", item.at, "* does not say what is read", "Name the columns.");
      return null;
    }
    const of = checkerFor(scope, true).check(item.value);
    const name = (item.alias ?? nameOf(item.value) ?? `f${index}_`).toLowerCase();
    return of === null ? null : { name, of };
  });
  const parts = [...where, ...groupBy, ...columns];
  if (from === null || parts.some((part) => part === null)) return null;
  if (!checkGrouped(context, columns as LocalSelect["columns"], groupBy as Typed[])) return null;
  if ((columns as LocalSelect["columns"]).some(({ of }) => aggregated(of)))
    noteAlone(context, [from, ...joins.map(({ source }) => source)]);
  return {
    ...{ distinct: select.distinct, from, joins, columns: columns as LocalSelect["columns"] },
    ...{ where: where as Typed[], groupBy: groupBy as Typed[] },
  };
}

/** Whoever knows databases takes an average in a sub-select for that of all people. */
function noteAlone(context: Context, sources: readonly LocalSource[]): void {
  const hasOneRow = (source: LocalSource) =>
    source.kind === "people" ||
    (source.kind === "table" && context.catalogue.tables.get(source.table)!.perOwner === "one");
  const alone = "Aggregates in a sub-select are worked out in each pod by itself, over the rows of its owner alone";
  const note = sources.every(hasOneRow)
    ? `${alone}. Of these tables she has one row, so what comes out is that row's own value, not one over all people.`
    : `${alone}, and not over all people.`;
  if (!context.notes.includes(note)) context.notes.push(note);
}

const aggregated = (typed: Typed): boolean =>
  typed.kind === "call" && (isPlainAggregate(typed.name) || typed.of.some((operand) => aggregated(operand)));

/** SQLite would take a value of any row for a column that is neither grouped nor aggregated. */
function checkGrouped(context: Context, columns: LocalSelect["columns"], groupBy: readonly Typed[]): boolean {
  if (groupBy.length === 0 && !columns.some(({ of }) => aggregated(of))) return true;
  const keys = new Set(groupBy.map(keyOf));
  const loose = (typed: Typed): Typed | null => {
    if (keys.has(keyOf(typed)) || typed.kind === "value") return null;
    if (typed.kind !== "call") return typed;
    if (isPlainAggregate(typed.name)) return null;
    return typed.of.map(loose).find((one) => one !== null) ?? null;
  };
  const found = columns.map(({ of }) => loose(of)).find((one) => one !== null);
  if (found == null) return true;
  const remedy = "Add it to GROUP BY of the sub-select, or aggregate it.";
  context.fault("sql-groups", found.at, "this is neither grouped nor aggregated", remedy);
  return false;
}

/** GROUP BY takes the name that SELECT gives, and the number of a column, too. */
export function aliasOf(select: Select, scope: Scope, key: Expression): Expression {
  if (key.kind === "literal" && key.type === "integer") return select.items[Number(key.value) - 1]?.value ?? key;
  if (key.kind !== "name" || key.parts.length !== 1) return key;
  const name = key.parts[0]!.toLowerCase();
  if (scope.sources.some((source) => source.columns.some((column) => column.name === name))) return key;
  return select.items.find((item) => item.alias?.toLowerCase() === name)?.value ?? key;
}

export function nameOf(value: Expression): string | null {
  return value.kind === "name" ? value.parts.at(-1)! : null;
}

const plainAggregates: Readonly<Record<string, FunctionRule>> = {
  sum: { parameters: ["number"], result: "number", unit: "kept", nulls: "always", render: ([a]) => `sum(${a})` },
  avg: { parameters: ["number"], result: "float64", unit: "kept", nulls: "always", render: ([a]) => `avg(${a})` },
  count: { parameters: ["any"], result: "int64", unit: "none", nulls: "never", render: ([a]) => `count(${a})` },
  countif: {
    parameters: ["bool"],
    result: "int64",
    unit: "none",
    nulls: "never",
    render: ([a]) => `count(CASE WHEN ${a} THEN 1 END)`,
  },
  min: { parameters: ["same"], result: "same", unit: "kept", nulls: "always", render: ([a]) => `min(${a})` },
  max: { parameters: ["same"], result: "same", unit: "kept", nulls: "always", render: ([a]) => `max(${a})` },
};

/** Their calls are told from functions of the same name by a mark. */
function isPlainAggregate(name: string): boolean {
  return name.startsWith("all:");
}

function localAggregate(call: Call, checker: ExpressionChecker): Typed | null {
  const { context } = checker;
  const rule = Object.hasOwn(plainAggregates, call.name) ? plainAggregates[call.name]! : null;
  const namedArgument = call.arguments.find((argument) => argument.name !== null);
  if (rule === null || namedArgument !== undefined) {
    const message =
      rule === null
        ? `${call.name.toUpperCase()} is computed over all owners only`
        : "a sub-select takes no contribution bounds";
    return context.fault(
      "sql-not-offered",
      namedArgument?.at ?? call.at,
      message,
      "In a sub-select use SUM, AVG, COUNT, COUNTIF, MIN, MAX, without bounds.",
    );
  }
  const { scope } = checker;
  if (call.name === "count" && call.star) {
    return {
      kind: "call",
      name: "all:count(*)",
      of: [],
      render: () => "count(*)",
      type: "int64",
      nullable: false,
      unit: null,
      at: call.at,
    };
  }
  const of = call.arguments.map((argument) => checkerFor(scope).check(argument.value));
  if (of.some((one) => one === null)) return null;
  const distinct = call.distinct && call.name !== "countif";
  const render = distinct ? (texts: readonly string[]) => `${call.name}(DISTINCT ${texts.join(", ")})` : rule.render;
  const checked = checkCall(context, call.name, { ...rule, render }, of as Typed[], call.at);
  return checked?.kind === "call" ? { ...checked, name: `all:${call.name}${distinct ? ":distinct" : ""}` } : null;
}
