// Calls of functions and operators against the rules of functions.ts: numbers of operands, their types, their units.
import type { Position } from "../query/index.ts";
import type { Context } from "./context.ts";
import { acceptsType, type FunctionRule, parameterWords } from "./functions.ts";
import { daysOf, microsecondsOf } from "./literals.ts";
import type { Typed, TypedType } from "./typed.ts";

export const typeWords: Readonly<Record<TypedType, string>> = {
  bool: "BOOL",
  int64: "INT64",
  float64: "FLOAT64",
  date: "DATE",
  timestamp: "TIMESTAMP",
  text: "STRING",
  null: "NULL",
};

export function checkCall(
  context: Context,
  name: string,
  rule: FunctionRule,
  operands: readonly Typed[],
  at: Position,
): Typed | null {
  const shown = /^[a-z_]+$/.test(name) ? name.toUpperCase() : `\`${name}\``;
  const { parameters } = rule;
  const least = parameters.length - (rule.optional ?? 0);
  if (operands.length < least || (operands.length > parameters.length && rule.repeats !== true)) {
    const wanted =
      rule.repeats === true
        ? `at least ${least}`
        : least === parameters.length
          ? `${least}`
          : `${least} or ${parameters.length}`;
    return context.fault(
      "sql-type",
      at,
      `${shown} takes ${wanted} operands, here stand ${operands.length}`,
      "Mend the call.",
    );
  }
  const ruleOf = (index: number) => parameters[Math.min(index, parameters.length - 1)]!;
  const same = alignSame(
    context,
    operands.filter((_, index) => ruleOf(index) === "same"),
  );
  if (same === null) return null;
  const aligned = operands.map((operand, index) => (ruleOf(index) === "same" ? same.operands.shift()! : operand));
  for (const [index, operand] of aligned.entries()) {
    const parameter = ruleOf(index);
    if (acceptsType(parameter, operand.type)) continue;
    const message = `${shown} takes ${parameterWords[parameter]} here, not ${typeWords[operand.type]}`;
    return context.fault("sql-type", operand.at, message, remedyFor(operand.type, parameter));
  }
  const unit = rule.unit === "kept" ? commonUnit(context, aligned, shown) : null;
  if (unit === false) return null;
  const anyFloat = aligned.some((operand) => operand.type === "float64");
  const type: TypedType =
    rule.result === "number" ? (anyFloat ? "float64" : "int64") : rule.result === "same" ? same.type : rule.result;
  const nullable =
    rule.nulls === "never"
      ? false
      : rule.nulls === "always" || aligned.some((operand) => operand.nullable || operand.type === "null");
  return {
    kind: "call",
    name,
    of: aligned,
    render: rule.render,
    type,
    nullable,
    unit: type === "bool" ? null : unit,
    at,
  };
}

function remedyFor(type: TypedType, parameter: string): string {
  if (type === "bool" && (parameter === "number" || parameter === "whole")) return "Write `IF(x, 1, 0)`.";
  if (type === "float64" && parameter === "whole") return "Write `CAST(x AS INT64)`.";
  if (type === "int64" && parameter === "text") return "Write `CAST(x AS STRING)`.";
  if (type === "date" && parameter === "timestamp") return "Write `TIMESTAMP(x)`.";
  if (type === "timestamp" && parameter === "date") return "Write `DATE(x)`.";
  return "Use a column of that type.";
}

/** One type for all: whole numbers become fractions beside fractions, texts become dates beside dates. */
export function alignSame(context: Context, operands: readonly Typed[]): { type: TypedType; operands: Typed[] } | null {
  const moment = operands.find((operand) => operand.type === "date" || operand.type === "timestamp")?.type;
  const converted: Typed[] = [];
  for (const operand of operands) {
    const asMoment = moment === undefined ? operand : textAsMoment(context, operand, moment as "date" | "timestamp");
    if (asMoment === null) return null;
    converted.push(asMoment);
  }
  const types = [...new Set(converted.map((operand) => operand.type).filter((type) => type !== "null"))];
  const numbers = types.every((type) => type === "int64" || type === "float64");
  if (types.length <= 1 || numbers) {
    return { type: types.length > 1 ? "float64" : (types[0] ?? "null"), operands: converted };
  }
  const odd = converted.find((operand) => operand.type !== types[0] && operand.type !== "null")!;
  const message = `${typeWords[types[0]!]} and ${typeWords[odd.type]} do not go together`;
  context.fault("sql-type", odd.at, message, "Compare values of one type: convert one with CAST, DATE or TIMESTAMP.");
  return null;
}

function textAsMoment(context: Context, operand: Typed, type: "date" | "timestamp"): Typed | null {
  if (operand.kind !== "value" || operand.type !== "text") return operand;
  return momentLiteral(context, operand.value.value ?? "", type, operand.at);
}

export function momentLiteral(context: Context, text: string, type: "date" | "timestamp", at: Position): Typed | null {
  const number = type === "date" ? daysOf(text) : microsecondsOf(text);
  if (number === null) {
    const example = type === "date" ? "'2025-01-31'" : "'2025-01-31 12:00:00', or with Z or +01:00 behind";
    return context.fault("sql-type", at, `${JSON.stringify(text)} is no ${typeWords[type]}`, `Write it as ${example}.`);
  }
  return { kind: "value", value: { type, value: number.toString() }, type, nullable: false, unit: null, at };
}

/** False: they disagree, and that has been said. */
export function commonUnit(context: Context, operands: readonly Typed[], shown: string): string | null | false {
  const withUnit = operands.filter((operand) => operand.unit !== null);
  const first = withUnit[0];
  const odd = withUnit.find((operand) => operand.unit !== first?.unit);
  if (first === undefined || odd === undefined) return first?.unit ?? null;
  const message = `${shown} mixes the units ${first.unit} and ${odd.unit}`;
  context.fault("sql-type", odd.at, message, `Bring both to one unit first, such as \`x * factor\`.`);
  return false;
}
