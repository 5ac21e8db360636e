// Names, types and units of an expression that runs inside a pod.
import { didYouMean, unreachable } from "../base/index.ts";
import type { QuestionValue, ValueType } from "../model/index.ts";
import type { Argument, Call, Case, Expression, Operation, Select, TypedLiteral } from "./ast.ts";
import { alignSame, checkCall, commonUnit, momentLiteral, typeWords } from "./check-call.ts";
import { castTo } from "./check-cast.ts";
import { checkDateFunction, checkExtract, dateFunctions, intervalOf, moved } from "./check-dates.ts";
import type { Context } from "./context.ts";
import { absentFunctions, functions, operators } from "./functions.ts";
import { limits } from "./limits.ts";
import { exactDecimal } from "./literals.ts";
import type { Scope } from "./scope.ts";
import type { LocalSelect, Typed } from "./typed.ts";

/** Checks a SELECT inside an expression; set by check-select.ts, which needs this file. */
export type CheckInner = (select: Select, outer: Scope) => LocalSelect | null;

export const aggregateNames: readonly string[] = [
  ...["count", "countif", "sum", "avg", "approx_quantiles", "percentile_cont", "histogram", "top_k"],
];

export class ExpressionChecker {
  readonly scope: Scope;
  readonly context: Context;
  #depth = 0;
  readonly #inner: CheckInner;
  /** Of calls that this place allows besides functions: a sub-select's own aggregates. */
  readonly #aggregate: ((call: Call, checker: ExpressionChecker) => Typed | null) | null;

  constructor(
    scope: Scope,
    inner: CheckInner,
    aggregate: ((call: Call, checker: ExpressionChecker) => Typed | null) | null = null,
  ) {
    this.scope = scope;
    this.context = scope.context;
    this.#inner = inner;
    this.#aggregate = aggregate;
  }

  /** True or false, for WHERE and ON. */
  condition(written: Expression, where: string): Typed | null {
    const typed = this.check(written);
    if (typed === null || typed.type === "bool" || typed.type === "null") return typed;
    const message = `${where} wants true or false, not ${typeWords[typed.type]}`;
    return this.context.fault("sql-type", typed.at, message, "Compare it with something.");
  }

  check(written: Expression): Typed | null {
    if (this.#depth >= limits.maxExpressionDepth) {
      const message = `this expression is deeper than ${limits.maxExpressionDepth} operators`;
      return this.context.fault(
        "query-too-deep",
        written.at,
        message,
        "Split it over columns of a sub-select, or write IN.",
      );
    }
    this.#depth++;
    const typed = this.#checkOne(written);
    this.#depth--;
    return typed;
  }

  #checkOne(written: Expression): Typed | null {
    switch (written.kind) {
      case "literal":
        return this.#literal(written.type, written.value, written);
      case "typed":
        return this.#typedLiteral(written);
      case "name":
        return this.scope.resolve(written);
      case "parameter":
        return this.#parameter(written.name, written);
      case "operation":
        return this.#operation(written);
      case "call":
        return this.#call(written);
      case "case":
        return this.#case(written);
      case "cast": {
        const of = this.check(written.of);
        return of === null ? null : castTo(this.context, of, written.to, written.at);
      }
      case "extract": {
        const from = this.check(written.from);
        return from === null ? null : checkExtract(this.context, written, from);
      }
      case "interval":
        return this.#refuse(written, "an interval stands alone here", "Add it to a date: `x + INTERVAL 7 DAY`.");
      case "list":
        return this.#refuse(
          written,
          "a list stands here where one value is wanted",
          "Write `x IN (a, b)`, or one value.",
        );
      case "scalar":
        return this.#refuse(
          written,
          "a SELECT stands here where one value is wanted",
          "Write it in FROM and join it, or as `x IN (SELECT …)` or `EXISTS (SELECT …)`.",
        );
      case "in-select":
        return this.#inSelect(written.value, written.select, written);
      case "exists": {
        const select = this.#inner(written.select, this.scope);
        const { at } = written;
        return select === null ? null : { kind: "exists", select, type: "bool", nullable: false, unit: null, at };
      }
      default:
        return unreachable(written);
    }
  }

  #refuse({ at }: Pick<Expression, "at">, message: string, remedy: string): null {
    return this.context.fault("sql-not-offered", at, message, remedy);
  }

  #literal(type: string, value: string, { at }: Pick<Expression, "at">): Typed | null {
    if (type === "null") {
      return { kind: "value", value: { type: "text", value: null }, type: "null", nullable: true, unit: null, at };
    }
    if (type === "integer") {
      const number = BigInt(value);
      if (number >= 2n ** 63n) return this.#tooLarge(at);
      return valueAt({ type: "int64", value: number.toString() }, at);
    }
    if (type === "decimal") {
      const number = exactDecimal(value);
      return number === null ? this.#tooLarge(at) : valueAt({ type: "float64", value: number }, at);
    }
    return valueAt({ type: type as ValueType, value }, at);
  }

  #tooLarge(at: Expression["at"]): null {
    return this.context.fault("sql-type", at, "this number is out of range", "Write one of at most 18 digits.");
  }

  #typedLiteral({ word, value, at }: TypedLiteral): Typed | null {
    if (word === "date" || word === "timestamp") return momentLiteral(this.context, value, word, at);
    const known = ["date", "timestamp", "numeric"];
    if (!["numeric", "decimal", "bignumeric"].includes(word)) {
      const message = `there are no literals of the type ${word.toUpperCase()} here`;
      const remedy = `Allowed: ${known.join(", ").toUpperCase()}.${didYouMean(word, known)}`;
      return this.context.fault("sql-not-offered", at, message, remedy);
    }
    const number = exactDecimal(value.trim());
    if (number === null)
      return this.context.fault(
        "sql-type",
        at,
        `${JSON.stringify(value)} is no number`,
        "Write digits: `NUMERIC '1.50'`.",
      );
    return valueAt({ type: "float64", value: number }, at);
  }

  #parameter(name: string, { at }: Pick<Expression, "at">): Typed | null {
    const value = this.context.parameter(name, at);
    return value === null ? null : { ...valueAt(value, at), nullable: value.value === null };
  }

  #operation(written: Operation): Typed | null {
    const { operator, of, at } = written;
    if (of.length > limits.maxListItems) {
      return this.context.fault(
        "query-too-large",
        at,
        `this list has ${of.length} items`,
        `Write at most ${limits.maxListItems}.`,
      );
    }
    if ((operator === "+" || operator === "-") && of[1]?.kind === "interval") {
      const value = this.check(of[0]!);
      const interval = intervalOf(this.context, of[1]);
      if (value === null || interval === null) return null;
      return moved(this.context, value, operator === "+" ? interval : -interval, written);
    }
    const operands = of.map((operand) => this.check(operand));
    if (operands.some((operand) => operand === null)) return null;
    const checked = operands as Typed[];
    if (operator === "like") return this.#like(checked[0]!, checked[1]!, written);
    return checkCall(this.context, operator, operators[operator]!, checked, at);
  }

  /** SQLite's LIKE takes upper and lower case for the same, GoogleSQL's does not; GLOB does as GoogleSQL's. */
  #like(value: Typed, pattern: Typed, { at }: Operation): Typed | null {
    if (pattern.kind !== "value" || pattern.type !== "text") {
      return this.context.fault(
        "sql-not-offered",
        pattern.at,
        "the pattern of LIKE is no text",
        "Write it out: `LIKE 'Par%'`.",
      );
    }
    if (value.type !== "text") {
      return this.context.fault(
        "sql-type",
        value.at,
        `LIKE takes a text, not ${typeWords[value.type]}`,
        "Use = or IN.",
      );
    }
    const glob = (pattern.value.value ?? "").replace(/\\(.)|[%_*?[]/gs, (found, escaped: string | undefined) => {
      const sign = escaped ?? found;
      if (escaped === undefined && sign === "%") return "*";
      if (escaped === undefined && sign === "_") return "?";
      return sign === "*" || sign === "?" || sign === "[" ? `[${sign}]` : sign;
    });
    const matched = valueAt({ type: "text", value: glob }, pattern.at);
    const render = ([a, b]: readonly string[]) => `(${a} GLOB ${b})`;
    return {
      kind: "call",
      name: "like",
      of: [value, matched],
      render,
      type: "bool",
      nullable: value.nullable,
      unit: null,
      at,
    };
  }

  #inSelect(value: Expression, select: Select, { at }: Pick<Expression, "at">): Typed | null {
    const left = this.check(value);
    const inner = this.#inner(select, this.scope);
    if (left === null || inner === null) return null;
    if (inner.columns.length !== 1) {
      const message = `the SELECT after IN gives ${inner.columns.length} columns`;
      return this.context.fault("sql-type", at, message, "Select one.");
    }
    const column = inner.columns[0]!.of;
    if (alignSame(this.context, [left, column]) === null || commonUnit(this.context, [left, column], "IN") === false)
      return null;
    return { kind: "in-select", value: left, select: inner, type: "bool", nullable: true, unit: null, at };
  }

  #call(call: Call): Typed | null {
    const { name, at } = call;
    if (call.over) {
      const remedy = "Group the rows in a sub-select: `FROM (SELECT …, COUNT(*) AS n FROM … GROUP BY …)`.";
      return this.context.fault("sql-not-offered", at, "window functions (OVER) are not computed here", remedy);
    }
    if (name === "profile") {
      const remedy = "Write it in WHERE, joined with AND: `WHERE profile('city') = 'Paris' AND …`.";
      return this.context.fault(
        "sql-target",
        at,
        "profile(…) finds people, and is no value that a pod works with",
        remedy,
      );
    }
    if (this.#aggregate !== null && (aggregateNames.includes(name) || name === "min" || name === "max"))
      return this.#aggregate(call, this);
    if (aggregateNames.includes(name)) {
      const remedy = "Select it as a column of its own, and work further with the result.";
      return this.context.fault(
        "sql-not-offered",
        at,
        `${name.toUpperCase()} cannot stand inside another expression`,
        remedy,
      );
    }
    if (dateFunctions.includes(name)) return checkDateFunction(this.context, call, (inner) => this.check(inner));
    const isSubstring = name === "substr" || name === "substring";
    const rule = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (rule === undefined && !isSubstring) return this.#unknownFunction(call);
    const operands = this.#operands(call);
    if (operands === null) return null;
    return rule === undefined ? this.#substring(operands, call) : checkCall(this.context, name, rule, operands, at);
  }

  #operands({ arguments: written, star, distinct, at, name }: Call): Typed[] | null {
    const namedArgument = written.find((argument: Argument) => argument.name !== null);
    if (star || distinct || namedArgument !== undefined) {
      const what = star ? "*" : distinct ? "DISTINCT" : `${namedArgument!.name} =>`;
      return this.context.fault(
        "sql-not-offered",
        namedArgument?.at ?? at,
        `${name.toUpperCase()} takes no ${what}`,
        "Leave it out.",
      );
    }
    const operands = written.map((argument) => this.check(argument.value));
    return operands.some((operand) => operand === null) ? null : (operands as Typed[]);
  }

  /** From a literal place: SQLite and GoogleSQL count differently from places below 1. */
  #substring(operands: readonly Typed[], call: Call): Typed | null {
    const fixed = operands
      .slice(1)
      .every((one) => one.kind === "value" && one.type === "int64" && BigInt(one.value.value ?? 0) >= 0n);
    if (operands.length < 2 || operands.length > 3 || operands[0]!.type !== "text" || !fixed) {
      return this.context.fault(
        "sql-type",
        call.at,
        "SUBSTR takes a text, a place from 1, and a length",
        "Write `SUBSTR(x, 1, 3)`.",
      );
    }
    const start =
      (operands[1] as Extract<Typed, { kind: "value" }>).value.value === "0"
        ? valueAt({ type: "int64", value: "1" }, call.at)
        : operands[1]!;
    const of = [operands[0]!, start, ...operands.slice(2)];
    const render = (texts: readonly string[]) => `substr(${texts.join(", ")})`;
    return {
      kind: "call",
      name: "substr",
      of,
      render,
      type: "text",
      nullable: of[0]!.nullable,
      unit: null,
      at: call.at,
    };
  }

  #unknownFunction({ name, at }: Call): null {
    if (Object.hasOwn(absentFunctions, name)) {
      return this.context.fault(
        "sql-not-offered",
        at,
        `${name.toUpperCase()} is not computed here`,
        absentFunctions[name]!,
      );
    }
    const known = [...Object.keys(functions), ...dateFunctions, ...aggregateNames, "substr", "profile"];
    const remedy = `Functions: ${[...Object.keys(functions), "substr", ...dateFunctions].join(", ")}.${didYouMean(name, known)}`;
    return this.context.fault("sql-unknown-name", at, `there is no function ${name}`, remedy);
  }

  #case(written: Case): Typed | null {
    const { operand, branches, otherwise, at } = written;
    const tests = branches.map(({ when }) =>
      operand === null
        ? this.condition(when, "WHEN")
        : this.check({ kind: "operation", operator: "=", of: [operand, when], at: when.at }),
    );
    const results = [...branches.map(({ result }) => result), ...(otherwise === null ? [] : [otherwise])].map((one) =>
      this.check(one),
    );
    if ([...tests, ...results].some((one) => one === null)) return null;
    const aligned = alignSame(this.context, results as Typed[]);
    const unit = aligned === null ? false : commonUnit(this.context, aligned.operands, "CASE");
    if (aligned === null || unit === false) return null;
    const of = [...tests, ...aligned.operands] as Typed[];
    const count = branches.length;
    const render = (texts: readonly string[]) => {
      const whens = Array.from({ length: count }, (_, i) => `WHEN ${texts[i]} THEN ${texts[count + i]}`);
      return `(CASE ${whens.join(" ")}${otherwise === null ? "" : ` ELSE ${texts[2 * count]}`} END)`;
    };
    const nullable = otherwise === null || aligned.operands.some((one) => one.nullable);
    return {
      kind: "call",
      name: `case:${count}:${otherwise !== null}`,
      of,
      render,
      type: aligned.type,
      nullable,
      unit,
      at,
    };
  }
}

export function valueAt(value: QuestionValue, at: Expression["at"]): Extract<Typed, { kind: "value" }> {
  return { kind: "value", value, type: value.type, nullable: value.value === null, unit: null, at };
}
