// The SQL front end: a statement → a question, or all its faults (DESIGN §1). In this order: the syntax; the tables; WHERE, split
// into whom is asked and what each pod checks; what is selected; the groups; the order of the result.
import { didYouMean } from "../base/index.ts";
import { type Question, type QuestionValue, questionSchema, schemaFaults, type ValueType } from "../model/index.ts";
import { type Fault, FaultList, positionsWithoutFile } from "../query/index.ts";
import { type CheckedAggregate, checkAggregate } from "./aggregates.ts";
import type { Expression, Item, Select } from "./ast.ts";
import type { Catalogue } from "./catalogue.ts";
import { aggregateNames, type ExpressionChecker } from "./check-expression.ts";
import { aliasOf, checkerFor, checkTables, nameOf } from "./check-select.ts";
import { wholeIn } from "./constants.ts";
import { Context } from "./context.ts";
import { refuseForeign } from "./foreign.ts";
import { checkSelection, type Selection } from "./groups.ts";
import { limits } from "./limits.ts";
import { checkOptions, type PrivacyOptions, privacyDefaults } from "./options.ts";
import { parseStatement } from "./parse.ts";
import { parserDepthOf, renderSelect } from "./render.ts";
import { checkTarget, splitWhere } from "./target.ts";
import { keyOf, type LocalSelect, type Typed } from "./typed.ts";

export interface QuestionContext {
  readonly catalogue: Catalogue;
  /** Values of `@name`. */
  readonly parameters?: ReadonlyMap<string, QuestionValue>;
  /** Of a statement that has no name among its options. */
  readonly name?: string;
}

export type ParsedQuestion =
  | {
      readonly ok: true;
      readonly question: Question;
      /** What was taken for granted, for the person who asks. */
      readonly notes: readonly string[];
      /** Parameters that were given a value, and stand nowhere in the statement. */
      readonly idle: readonly string[];
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export function parseQuestion(text: string, fileName: string, given: QuestionContext): ParsedQuestion {
  const parsed = parseStatement(text, fileName);
  if (!parsed.ok) return parsed;
  const faults = new FaultList({ ...positionsWithoutFile([]), file: fileName });
  const context = new Context(faults, given.catalogue, given.parameters ?? new Map());
  const { notes } = context;
  const question = checkQuestion(context, parsed.select, given.name ?? "question", notes);
  if (question === null || faults.any) return { ok: false, faults: faults.sorted() };
  const checked = questionSchema.safeParse(question);
  if (checked.success) return { ok: true, question: checked.data, notes, idle: context.idleParameters };
  for (const { code, path, message, remedy } of schemaFaults(questionSchema, question, checked.error)) {
    faults.add(code, path, message, remedy, parsed.select.at);
  }
  return { ok: false, faults: faults.sorted() };
}

interface Output {
  readonly name: string;
  readonly item: Item;
  readonly of: { readonly key: number } | { readonly aggregate: CheckedAggregate };
}

function checkQuestion(context: Context, select: Select, name: string, notes: string[]): Question | null {
  refuseForeign(context, select, "statement");
  if (select.distinct) {
    context.fault(
      "sql-not-offered",
      select.at,
      "SELECT DISTINCT would show single values",
      "Write GROUP BY with COUNT(*).",
    );
  }
  const options = checkOptions(context, select);
  noteDefaults(select, notes);
  const { scope, from, joins } = checkTables(context, select, null);
  const { target: wanted, local } = splitWhere(select.where);
  const target = checkTarget(context, wanted);
  const checker = checkerFor(scope);
  const where = local.map((condition) => checker.condition(condition, "WHERE"));
  const keys = checkKeys(select, checker);
  const outputs = checkOutputs(select, checker, keys, options, notes);
  const order = checkOrder(context, select, outputs);
  const limit = checkLimit(context, select);
  if (from === null || keys.some((key) => key === null) || where.some((condition) => condition === null)) return null;
  const selection = checkSelection(context, keys as Typed[], where as Typed[], options);
  if (outputs.length === 0 || selection === null || context.faults.any) return null;
  const inner = { distinct: false, columns: [], from, joins, where: where as Typed[], groupBy: [] };
  return assemble(context, {
    at: select.at,
    name: options.name ?? name,
    options,
    target,
    inner,
    keys: keys as Typed[],
    selection,
    outputs,
    order,
    limit,
  });
}

function noteDefaults(select: Select, notes: string[]): void {
  for (const name of ["epsilon", "delta"] as const) {
    const written = select.privacy?.options.some((option) => option.name === name) ?? true;
    if (!written) notes.push(`${name} is not given: ${privacyDefaults[name]} is taken.`);
  }
}

function checkKeys(select: Select, checker: ExpressionChecker): (Typed | null)[] {
  const { context, scope } = checker;
  if (select.groupBy.length > limits.maxGroupKeys) {
    const message = `${select.groupBy.length} keys, at most ${limits.maxGroupKeys} are grouped by`;
    context.fault("query-too-large", select.groupBy[limits.maxGroupKeys]!.at, message, "Leave keys out.");
  }
  return select.groupBy.slice(0, limits.maxGroupKeys).map((written) => {
    const key = checker.check(aliasOf(select, scope, written));
    if (key === null || (key.type !== "float64" && key.type !== "null" && key.kind !== "value")) return key;
    const message = key.type === "float64" ? "fractions make no groups" : "every row has the same value here";
    return context.fault(
      "sql-groups",
      key.at,
      message,
      "Group by a text, a whole number, a date or a window: `CAST(x AS INT64)`, `TIMESTAMP_TRUNC(x, DAY)`.",
    );
  });
}

function isAggregate(value: Expression): boolean {
  return value.kind === "call" && aggregateNames.includes(value.name);
}

function checkOutputs(
  select: Select,
  checker: ExpressionChecker,
  keys: readonly (Typed | null)[],
  options: PrivacyOptions,
  notes: string[],
): Output[] {
  const { context } = checker;
  const outputs: Output[] = [];
  if (select.items.length > limits.maxOutputs) {
    const message = `${select.items.length} columns, at most ${limits.maxOutputs} are selected`;
    context.fault("query-too-large", select.items[limits.maxOutputs]!.at, message, "Leave columns out.");
  }
  for (const [index, item] of select.items.slice(0, limits.maxOutputs).entries()) {
    const of = checkItem(item, checker, keys, options, notes);
    const name = (item.alias ?? (item.value === null ? null : nameOf(item.value)) ?? `f${index}_`).toLowerCase();
    if (outputs.some((output) => output.name === name)) {
      context.fault("name-clash", item.at, `two columns are called ${name}`, "Give one another name: `… AS other`.");
    } else if (name.length > 64) {
      context.fault("sql-type", item.at, "the name of this column is too long", "Write at most 64 characters.");
    } else if (of !== null) outputs.push({ name, item, of });
  }
  if (!context.faults.any && !select.items.some((item) => item.value !== null && isAggregate(item.value))) {
    context.fault(
      "sql-not-offered",
      select.at,
      "nothing is aggregated here: rows of single owners never leave their pods",
      "Select COUNT(*), SUM, AVG, APPROX_QUANTILES, HISTOGRAM or TOP_K.",
    );
  }
  return outputs;
}

function checkItem(
  item: Item,
  checker: ExpressionChecker,
  keys: readonly (Typed | null)[],
  options: PrivacyOptions,
  notes: string[],
): Output["of"] | null {
  const { context } = checker;
  const { value } = item;
  if (value === null) {
    return context.fault(
      "sql-not-offered",
      item.at,
      "* would hand out rows of single owners",
      "Select aggregates: `COUNT(*)`, `AVG(x, …)`.",
    );
  }
  if (value.kind === "call" && aggregateNames.includes(value.name)) {
    const aggregate = checkAggregate(value, checker, options, notes);
    return aggregate === null ? null : { aggregate };
  }
  const typed = checker.check(value);
  if (typed === null) return null;
  const key = keys.findIndex((one) => one !== null && keyOf(one) === keyOf(typed));
  if (key >= 0) return { key };
  // A key that has a fault of its own is not said to be missing.
  if (keys.includes(null)) return null;
  const remedy = "Add it to GROUP BY, or aggregate it: a column of single owners never leaves their pods.";
  return context.fault("sql-groups", value.at, "this is neither grouped nor aggregated", remedy);
}

function checkOrder(context: Context, select: Select, outputs: readonly Output[]): Question["order"] {
  const same = (a: Expression, b: Expression | null) => withoutPlaces(a) === withoutPlaces(b);
  return select.orderBy.slice(0, limits.maxOutputs).flatMap(({ by, descending, nulls }) => {
    const number = by.kind === "literal" && by.type === "integer" ? Number(by.value) - 1 : -1;
    const named = by.kind === "name" && by.parts.length === 1 ? by.parts[0]!.toLowerCase() : null;
    const output = outputs.findIndex(
      (one) => select.items[number] === one.item || one.name === named || same(by, one.item.value),
    );
    if (output >= 0)
      return [{ output, descending, nulls: nulls ?? (descending ? ("last" as const) : ("first" as const)) }];
    const names = outputs.map((one) => one.name);
    if (outputs.length === select.items.length) {
      const remedy = `Order by a column of the result: ${names.join(", ")}.${didYouMean(named ?? "", names)}`;
      context.fault("sql-not-offered", by.at, "only the noised result is ordered", remedy);
    }
    return [];
  });
}

function withoutPlaces(value: Expression | null): string {
  return JSON.stringify(value, (name, inner) => (name === "at" ? undefined : inner));
}

function checkLimit(context: Context, { limit, orderBy }: Select): number | null {
  if (limit === null) return null;
  if (orderBy.length === 0) {
    context.fault("sql-not-offered", limit.at, "LIMIT without ORDER BY takes any rows", "Add ORDER BY.");
  }
  const count = wholeIn(context, limit, 1, 10_000);
  return (
    count ?? context.fault("sql-type", limit.at, "LIMIT takes a whole number from 1 to 10000", "Write `LIMIT 10`.")
  );
}

interface Parts {
  readonly at: Select["at"];
  readonly name: string;
  readonly options: PrivacyOptions;
  readonly target: Question["target"];
  readonly inner: LocalSelect;
  readonly keys: readonly Typed[];
  readonly selection: Selection;
  readonly outputs: readonly Output[];
  readonly order: Question["order"];
  readonly limit: number | null;
}

function assemble(context: Context, parts: Parts): Question | null {
  const { options, keys, selection, outputs } = parts;
  const columns: Typed[] = [];
  const places = new Map<string, number>();
  const placeOf = (typed: Typed): number => {
    const known = places.get(keyOf(typed));
    if (known !== undefined) return known;
    places.set(keyOf(typed), columns.length);
    return columns.push(typed) - 1;
  };
  const groupKeys = keys.map((key) => ({ column: placeOf(key), type: key.type as ValueType, unit: key.unit }));
  const listed = selection.at === "public" ? selection.rows.length : Number.POSITIVE_INFINITY;
  const reached = keys.length === 0 ? 1 : Math.min(options.maxGroupsContributed, listed);
  const aggregates: Question["aggregates"] = [];
  const result = outputs.map(({ name, of, item }): Question["outputs"][number] => {
    if ("key" in of) {
      const { type, unit } = keys[of.key]!;
      return { name, of, type: type as ValueType, list: false, unit };
    }
    const { operand, type, list, unit, finish, needsThreshold } = of.aggregate;
    if (needsThreshold && options.delta === "0") {
      context.fault(
        "sql-groups",
        item.at,
        "TOP_K without a public list needs a threshold, and a threshold needs delta",
        "Write `group_keys => ['a', 'b']`, or `delta=1e-6`.",
      );
    }
    aggregates.push(finish(operand === null ? null : placeOf(operand), reached));
    return { name, of: { aggregate: aggregates.length - 1 }, type: type as ValueType, list, unit };
  });
  const { sql, binds } = renderSelect({
    ...parts.inner,
    columns: columns.map((of, index) => ({ name: `c${index}`, of })),
  });
  if (sql.length > limits.maxLocalSqlCharacters || binds.length > limits.maxBinds) {
    const at = { line: 1, column: 1 };
    return context.fault(
      "query-too-large",
      at,
      "what each pod would run is too long",
      "Shorten lists and nested expressions.",
    );
  }
  if (parserDepthOf(sql) > limits.maxParserDepth) {
    const message = "what each pod would run is nested deeper than its store takes";
    return context.fault(
      "query-too-deep",
      parts.at,
      message,
      "Work parts of it out in a sub-select: `FROM (SELECT … AS x FROM …)`.",
    );
  }
  const { epsilon, delta, maxGroupsContributed, maxRowsContributed } = options;
  context.readOwnTables();
  const { words } = context.catalogue;
  return {
    ...{ hedgerow: 1, name: parts.name, purpose: options.purpose, target: parts.target },
    local: {
      sql,
      binds: [...binds],
      columns: columns.map(({ type, nullable }) => ({ type: type === "null" ? "text" : type, nullable })),
      reads: [...context.reads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, read]) => read),
      ...(words === undefined ? {} : { words }),
    },
    privacy: { unit: "owner", epsilon, delta, maxGroupsContributed, maxRowsContributed },
    groups: { keys: groupKeys, selection },
    ...{ aggregates, outputs: result, order: parts.order, limit: parts.limit },
  };
}
