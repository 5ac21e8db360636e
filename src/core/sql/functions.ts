// The functions and operators that run inside a pod: the whole list. Each is deterministic, and says which types it takes and
// how SQLite computes it. Functions of dates that take a part or an interval are in check-dates.ts.
import { dateOfTimestamp, timestampOfDate } from "./dates.ts";
import type { Render, TypedType } from "./typed.ts";

/** `same`: one type for all parameters that say so; `number`: int64 or float64; `whole`: int64. */
type Parameter = "same" | "number" | "whole" | "text" | "bool" | "date" | "timestamp" | "any" | "moment";
/** `number`: float64 as soon as an operand is; `same`: the type of those. */
type Result = "same" | "number" | "int64" | "float64" | "text" | "bool" | "date" | "timestamp";

export interface FunctionRule {
  readonly parameters: readonly Parameter[];
  /** Of the parameters, so many may be left out at the end. */
  readonly optional?: number;
  /** The last parameter may stand again and again. */
  readonly repeats?: true;
  readonly result: Result;
  /** Whether the unit of the operands is the result's; they then must agree. */
  readonly unit: "kept" | "none";
  /** Whether it may be NULL although no operand is. Default: no. */
  readonly nulls?: "never" | "always";
  readonly render: Render;
}

function rule(parameters: string, result: Result, render: Render, more: Partial<FunctionRule> = {}): FunctionRule {
  return { parameters: parameters.split(" ") as Parameter[], result, unit: "none", render, ...more };
}

const infix =
  (operator: string): Render =>
  (of) =>
    `(${of.join(` ${operator} `)})`;
const named =
  (name: string): Render =>
  (of) =>
    `${name}(${of.join(", ")})`;
const kept = { unit: "kept" } as const;

export const operators: Readonly<Record<string, FunctionRule>> = {
  "+": rule("number number", "number", infix("+"), kept),
  "-": rule("number number", "number", infix("-"), kept),
  "*": rule("number number", "number", infix("*")),
  // GoogleSQL divides whole numbers into a fraction; a division by zero is NULL here, as in SAFE_DIVIDE.
  "/": rule("number number", "float64", ([a, b]) => `(CAST(${a} AS REAL) / ${b})`, { nulls: "always" }),
  "%": rule("whole whole", "int64", infix("%"), { nulls: "always" }),
  "||": rule("text text", "text", infix("||")),
  negate: rule("number", "number", ([a]) => `(-(${a}))`, kept),
  "=": rule("same same", "bool", infix("="), kept),
  "<>": rule("same same", "bool", infix("<>"), kept),
  "<": rule("same same", "bool", infix("<"), kept),
  "<=": rule("same same", "bool", infix("<="), kept),
  ">": rule("same same", "bool", infix(">"), kept),
  ">=": rule("same same", "bool", infix(">="), kept),
  between: rule("same same same", "bool", ([a, low, high]) => `(${a} BETWEEN ${low} AND ${high})`, kept),
  in: rule("same same", "bool", ([a, ...list]) => `(${a} IN (${list.join(", ")}))`, { ...kept, repeats: true }),
  and: rule("bool bool", "bool", infix("AND"), { repeats: true }),
  or: rule("bool bool", "bool", infix("OR"), { repeats: true }),
  not: rule("bool", "bool", ([a]) => `(NOT ${a})`),
  "is null": rule("any", "bool", ([a]) => `(${a} IS NULL)`, { nulls: "never" }),
  "is true": rule("bool", "bool", ([a]) => `(coalesce(${a}, 0) <> 0)`, { nulls: "never" }),
  "is false": rule("bool", "bool", ([a]) => `(coalesce(${a}, 1) = 0)`, { nulls: "never" }),
};

export const functions: Readonly<Record<string, FunctionRule>> = {
  abs: rule("number", "number", named("abs"), kept),
  sign: rule("number", "number", ([a]) => `(CASE WHEN ${a} > 0 THEN 1 WHEN ${a} < 0 THEN -1 WHEN ${a} = 0 THEN 0 END)`),
  mod: rule("whole whole", "int64", infix("%"), { nulls: "always" }),
  div: rule("whole whole", "int64", infix("/"), { nulls: "always" }),
  safe_divide: rule("number number", "float64", ([a, b]) => `(CAST(${a} AS REAL) / ${b})`, { nulls: "always" }),
  round: rule("number whole", "float64", named("round"), { ...kept, optional: 1 }),
  trunc: rule("number", "float64", ([a]) => `CAST(CAST(${a} AS INTEGER) AS REAL)`, kept),
  floor: rule("number", "float64", ([a]) => `CAST(floor(${a}) AS REAL)`, kept),
  ceil: rule("number", "float64", ([a]) => `CAST(ceil(${a}) AS REAL)`, kept),
  least: rule("same same", "same", named("min"), { ...kept, repeats: true }),
  greatest: rule("same same", "same", named("max"), { ...kept, repeats: true }),
  coalesce: rule("same same", "same", named("coalesce"), { ...kept, repeats: true }),
  ifnull: rule("same same", "same", named("ifnull"), kept),
  nullif: rule("same same", "same", named("nullif"), { ...kept, nulls: "always" }),
  if: rule("bool same same", "same", ([a, b, c]) => `(CASE WHEN ${a} THEN ${b} ELSE ${c} END)`, kept),
  lower: rule("text", "text", named("lower")),
  upper: rule("text", "text", named("upper")),
  trim: rule("text", "text", named("trim")),
  ltrim: rule("text", "text", named("ltrim")),
  rtrim: rule("text", "text", named("rtrim")),
  length: rule("text", "int64", named("length")),
  char_length: rule("text", "int64", named("length")),
  concat: rule("text text", "text", infix("||"), { repeats: true }),
  replace: rule("text text text", "text", named("replace")),
  strpos: rule("text text", "int64", named("instr")),
  starts_with: rule("text text", "bool", ([a, b]) => `(substr(${a}, 1, length(${b})) = ${b})`),
  date: rule("moment", "date", dateOfTimestamp),
  timestamp: rule("date", "timestamp", timestampOfDate),
};

/** Known elsewhere, absent here for a reason. */
export const absentFunctions: Readonly<Record<string, string>> = {
  current_date: "It would differ from pod to pod. Write the date: `DATE '2025-01-31'`, or a parameter.",
  current_timestamp:
    "It would differ from pod to pod. Write the time: `TIMESTAMP '2025-01-31 12:00:00'`, or a parameter.",
  current_time: "It would differ from pod to pod. Write the time as a TIMESTAMP.",
  now: "It would differ from pod to pod. Write the time: `TIMESTAMP '2025-01-31 12:00:00'`.",
  rand: "It would differ each time. Noise is added by the clause itself.",
  random: "It would differ each time. Noise is added by the clause itself.",
  generate_uuid: "It would differ each time. Leave it out.",
  regexp_contains: "A pattern can be made to run without end. Write LIKE, STARTS_WITH or IN.",
  regexp_extract: "A pattern can be made to run without end. Write LIKE, STARTS_WITH or SUBSTR.",
  regexp_replace: "A pattern can be made to run without end. Write REPLACE.",
  session_user: "Who asks is no part of what a pod works out. Leave it out.",
  load_extension: "A pod runs nothing that is not in the list of functions. Leave it out.",
  any_value: "Which value it gives is not determined. Use MIN or MAX in a sub-select.",
  array_agg: "It would hand out the values of single owners. Use HISTOGRAM or TOP_K.",
  string_agg: "It would hand out the values of single owners. Use HISTOGRAM or TOP_K.",
  min: "The smallest value is some single owner's. Use `PERCENTILE_CONT(x, 0.05, …)`.",
  max: "The largest value is some single owner's. Use `PERCENTILE_CONT(x, 0.95, …)`.",
  median: "Write `PERCENTILE_CONT(x, 0.5, contribution_bounds_per_row => (low, high))`.",
  count_distinct: "Write `COUNT(*)` grouped by the value, or TOP_K.",
  approx_count_distinct: "Write `COUNT(*)` grouped by the value, or TOP_K.",
  stddev: "Write APPROX_QUANTILES, which shows the spread.",
  variance: "Write APPROX_QUANTILES, which shows the spread.",
};

export function acceptsType(parameter: Parameter, type: TypedType): boolean {
  switch (parameter) {
    case "any":
    case "same":
      return true;
    case "number":
      return type === "int64" || type === "float64" || type === "null";
    case "whole":
      return type === "int64" || type === "null";
    case "moment":
      return type === "timestamp" || type === "null";
    default:
      return type === parameter || type === "null";
  }
}

export const parameterWords: Readonly<Record<Parameter, string>> = {
  any: "any value",
  same: "any value",
  number: "a number",
  whole: "a whole number",
  text: "a text",
  bool: "true or false",
  date: "a date",
  timestamp: "a timestamp",
  moment: "a timestamp",
};
