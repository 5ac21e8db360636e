// Values that have to stand in the statement itself: options, bounds, lists of groups.
import type { Decimal, QuestionValue } from "../model/index.ts";
import type { Expression } from "./ast.ts";
import { momentLiteral } from "./check-call.ts";
import type { Context } from "./context.ts";
import { exactDecimal } from "./literals.ts";

/** An exact number, or null. */
export function numberIn(context: Context, written: Expression): Decimal | null {
  switch (written.kind) {
    case "literal":
      if (written.type === "integer") return exactDecimal(BigInt(written.value).toString());
      return written.type === "decimal" ? exactDecimal(written.value) : null;
    case "typed":
      return ["numeric", "decimal", "bignumeric"].includes(written.word) ? exactDecimal(written.value.trim()) : null;
    case "operation": {
      const inner = written.operator === "negate" ? numberIn(context, written.of[0]!) : null;
      return inner === null ? null : inner === "0" ? "0" : inner.startsWith("-") ? inner.slice(1) : `-${inner}`;
    }
    case "parameter": {
      const value = context.parameter(written.name, written.at);
      return value?.type === "int64" || value?.type === "float64" ? value.value : null;
    }
    default:
      return null;
  }
}

export function wholeIn(context: Context, written: Expression, least: number, most: number): number | null {
  const number = numberIn(context, written);
  const whole = number !== null && /^\d{1,9}$/.test(number) ? Number(number) : null;
  return whole !== null && whole >= least && whole <= most ? whole : null;
}

/** One value as the type that it is to be compared with; null when it is none, or of another type. */
export function constantIn(context: Context, written: Expression, type: QuestionValue["type"]): QuestionValue | null {
  if (written.kind === "parameter") {
    const value = context.parameter(written.name, written.at);
    return value?.type === type ? value : null;
  }
  if (written.kind === "literal" && written.type === "null") return { type, value: null };
  if (type === "text")
    return written.kind === "literal" && written.type === "text" ? { type, value: written.value } : null;
  if (type === "bool")
    return written.kind === "literal" && written.type === "bool" ? { type, value: written.value } : null;
  if (type === "date" || type === "timestamp") {
    const plain = written.kind === "literal" && written.type === "text";
    if (!plain && !(written.kind === "typed" && written.word === type)) return null;
    const moment = momentLiteral(context, (written as { value: string }).value, type, written.at);
    return moment?.kind === "value" ? moment.value : null;
  }
  const number = numberIn(context, written);
  if (number === null || (type === "int64" && !/^-?\d{1,18}$/.test(number))) return null;
  return { type, value: number };
}
