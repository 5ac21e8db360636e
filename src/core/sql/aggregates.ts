// The aggregates over all owners: their operands, the bounds of what one owner contributes, and what follows for the noise.
import { didYouMean } from "../base/index.ts";
import type { Aggregate, Contribution, Decimal, QuestionValue } from "../model/index.ts";
import type { Position } from "../query/index.ts";
import type { Argument, Call, Expression } from "./ast.ts";
import { typeWords } from "./check-call.ts";
import type { ExpressionChecker } from "./check-expression.ts";
import { constantIn, numberIn, wholeIn } from "./constants.ts";
import type { Context } from "./context.ts";
import { compareDecimals, digitsOf, halfOfSum, placesOf } from "./decimals.ts";
import { limits } from "./limits.ts";
import { decimalOf } from "./literals.ts";
import type { PrivacyOptions } from "./options.ts";
import { partsOf } from "./sensitivity.ts";
import type { Typed, TypedType } from "./typed.ts";

export interface CheckedAggregate {
  /** Null counts rows. */
  readonly operand: Typed | null;
  readonly type: TypedType;
  readonly list: boolean;
  readonly unit: string | null;
  /** Once it is known where the operand stands, and how many groups an owner reaches. */
  readonly finish: (column: number | null, groups: number) => Aggregate;
  readonly needsThreshold: boolean;
}

type Named = ReadonlyMap<string, Argument>;
const perGroup = "contribution_bounds_per_group";
const perRow = "contribution_bounds_per_row";
const allowedNames: Readonly<Record<string, readonly string[]>> = {
  count: [perGroup],
  countif: [perGroup],
  sum: [perGroup],
  avg: [perGroup],
  approx_quantiles: [perRow],
  percentile_cont: [perRow],
  histogram: [perRow, "bins"],
  top_k: ["group_keys"],
};
/** Sums over everybody are kept in whole steps below 2^46, at most nine digits behind the point. */
const maxBoundDigits = 13;
const maxBoundPlaces = 9;
/** More cells than any of these have would cost each of them its accuracy. */
const maxBins = 1_000;
const maxFractions = 100;
const maxTop = 1_000;

export function checkAggregate(
  call: Call,
  checker: ExpressionChecker,
  options: PrivacyOptions,
  notes: string[],
): CheckedAggregate | null {
  const { context } = checker;
  const named = namedArguments(context, call);
  if (call.distinct) {
    const remedy = "Count owners with COUNT(*), values with TOP_K, or group by the value.";
    return context.fault(
      "sql-not-offered",
      call.at,
      `${call.name.toUpperCase()}(DISTINCT …) is not computed over all owners`,
      remedy,
    );
  }
  if (call.over) return checker.check(call) as null;
  const positional = call.arguments.filter((argument) => argument.name === null).map((argument) => argument.value);
  const operand = operandOf(call, positional, checker);
  if (operand === "faulty" || named === null) return null;
  const { maxRowsContributed: rows } = options;
  const finishWith =
    (contribution: Contribution, cells: number, of: (base: Omit<Aggregate, "function">) => Aggregate) =>
    (column: number | null, groups: number): Aggregate => {
      const name = of({ column, contribution, parts: [] as never }).function;
      return of({ column, contribution, parts: partsOf(name, contribution, groups, rows, cells) });
    };
  const plain = { operand, list: false, unit: null, needsThreshold: false } as const;
  switch (call.name) {
    case "count":
    case "countif": {
      const bounds = named.has(perGroup) ? boundsOf(context, call, named, perGroup, null) : { lower: "0", upper: "1" };
      if (bounds === null) return null;
      if (!named.has(perGroup)) {
        notes.push(
          `${call.name.toUpperCase()} counts each owner once in a group; for more, write ${perGroup} => (0, n).`,
        );
      }
      if (compareDecimals(bounds.lower, "0") < 0 || bounds.lower.includes(".") || bounds.upper.includes(".")) {
        return context.fault(
          "sql-bounds",
          named.get(perGroup)!.at,
          "a count has whole bounds from 0",
          `Write \`${perGroup} => (0, 10)\`.`,
        );
      }
      const contribution = { per: "group", combine: "count", ...bounds } as const;
      return {
        ...plain,
        type: "int64",
        finish: finishWith(contribution, 1, (base) => ({ function: "count", ...base })),
      };
    }
    case "sum":
    case "avg": {
      const bounds = boundsOf(context, call, named, perGroup, operand);
      if (bounds === null) return null;
      const { unit, type: of } = operand!;
      const sum = call.name === "sum";
      const contribution = { per: "group", combine: sum ? "sum" : "mean", ...bounds } as const;
      const centre = halfOfSum(bounds.lower, bounds.upper);
      const type = sum ? of : "float64";
      return {
        ...{ ...plain, unit, type },
        finish: finishWith(contribution, 1, (base) =>
          sum ? { function: "sum", ...base } : { function: "avg", centre, ...base },
        ),
      };
    }
    case "approx_quantiles":
    case "percentile_cont": {
      const list = call.name === "approx_quantiles";
      const fractions = list ? quantilesIn(context, positional[1], call) : percentileIn(context, positional[1], call);
      const bounds = boundsOf(context, call, named, perRow, operand);
      if (bounds === null || fractions === null) return null;
      return {
        ...{ ...plain, list, unit: operand!.unit, type: "float64" },
        finish: finishWith({ per: "row", ...bounds }, rows, (base) => ({
          function: "quantiles",
          fractions,
          list,
          ...base,
        })),
      };
    }
    case "histogram": {
      const written = positional[1] ?? named.get("bins")?.value;
      const bins = written === undefined ? null : wholeIn(context, written, 1, maxBins);
      const bounds = boundsOf(context, call, named, perRow, operand);
      if (bins === null) {
        const remedy = `Write \`HISTOGRAM(x, bins => 20, ${perRow} => (low, high))\`.`;
        return context.fault("sql-bounds", written?.at ?? call.at, `HISTOGRAM takes 1 to ${maxBins} bins`, remedy);
      }
      if (bounds === null) return null;
      const finish = finishWith({ per: "row", ...bounds }, bins, (base) => ({ function: "histogram", bins, ...base }));
      return { ...plain, list: true, type: "int64", finish };
    }
    default:
      return topK(context, call, named, positional[1], operand!, rows, finishWith);
  }
}

function topK(
  context: Context,
  call: Call,
  named: Named,
  written: Expression | undefined,
  operand: Typed,
  rows: number,
  finishWith: (
    contribution: Contribution,
    cells: number,
    of: (base: Omit<Aggregate, "function">) => Aggregate,
  ) => CheckedAggregate["finish"],
): CheckedAggregate | null {
  const k = written === undefined ? null : wholeIn(context, written, 1, maxTop);
  if (k === null)
    return context.fault(
      "sql-type",
      written?.at ?? call.at,
      `TOP_K takes how many, 1 to ${maxTop}`,
      "Write `TOP_K(x, 10)`.",
    );
  const { type } = operand;
  if (type === "float64" || type === "null") {
    return context.fault(
      "sql-type",
      operand.at,
      `TOP_K takes no ${typeWords[type]}`,
      "Use a STRING, an INT64 or a DATE.",
    );
  }
  const given = named.get("group_keys")?.value;
  const listed = given === undefined ? operandValues(operand) : valuesIn(context, given, type);
  if (given !== undefined && listed === null) return null;
  const candidates = listed === null || listed.length === 0 ? null : [...listed];
  const finish = finishWith({ per: "distinct" }, candidates?.length ?? rows, (base) => ({
    function: "top_k",
    k,
    candidates,
    ...base,
  }));
  return { operand, type, list: true, unit: operand.unit, needsThreshold: candidates === null, finish };
}

function operandValues(operand: Typed): QuestionValue[] | null {
  const values = operand.kind === "column" ? operand.column?.values : undefined;
  return values === undefined || operand.type === "null"
    ? null
    : values.map((value) => ({ type: operand.type as QuestionValue["type"], value }));
}

export function valuesIn(context: Context, list: Expression, type: QuestionValue["type"]): QuestionValue[] | null {
  const items = list.kind === "list" ? list.items : [list];
  if (items.length === 0 || items.length > limits.maxPublicGroups) {
    return context.fault("sql-groups", list.at, "a list of groups has entries", "Write `['a', 'b']`.");
  }
  const values = items.map(
    (item) =>
      constantIn(context, item, type) ??
      context.fault("sql-type", item.at, `this is no ${typeWords[type]}`, "Write values of the type of the key."),
  );
  return values.some((value) => value === null) ? null : (values as QuestionValue[]);
}

function namedArguments(context: Context, call: Call): Named | null {
  const named = new Map<string, Argument>();
  const allowed = allowedNames[call.name] ?? [];
  let right = true;
  for (const argument of call.arguments) {
    if (argument.name === null) continue;
    right &&= allowed.includes(argument.name) && !named.has(argument.name);
    if (!allowed.includes(argument.name)) {
      const remedy = `Write ${allowed.map((name) => `\`${name} => …\``).join(" or ")}.${didYouMean(argument.name, allowed)}`;
      context.fault(
        "sql-unknown-name",
        argument.at,
        `${call.name.toUpperCase()} has no argument ${argument.name}`,
        remedy,
      );
    } else if (named.has(argument.name))
      context.fault("name-clash", argument.at, `${argument.name} stands twice`, "Remove one.");
    else named.set(argument.name, argument);
  }
  return right ? named : null;
}

const twoOperands = ["approx_quantiles", "percentile_cont", "histogram", "top_k"];

function operandOf(call: Call, positional: readonly Expression[], checker: ExpressionChecker): Typed | null | "faulty" {
  const { context } = checker;
  const name = call.name.toUpperCase();
  if (call.star && call.name === "count" && positional.length === 0) return null;
  const most = twoOperands.includes(call.name) ? 2 : 1;
  if (call.star || positional.length < 1 || positional.length > most) {
    context.fault(
      "sql-type",
      call.at,
      `${name} takes ${most === 1 ? "one value" : "a value, and how many"}`,
      `Write \`${name}(x${most === 1 ? "" : ", 10"}, …)\`.`,
    );
    return "faulty";
  }
  if (call.name === "countif") {
    const condition = checker.condition(positional[0]!, "COUNTIF");
    if (condition === null) return "faulty";
    const render = ([test]: readonly string[]) => `(CASE WHEN ${test} THEN 1 END)`;
    return {
      ...{ kind: "call", name: "countif", of: [condition], render, type: "int64" },
      nullable: true,
      unit: null,
      at: call.at,
    };
  }
  const operand = checker.check(positional[0]!);
  if (operand === null) return "faulty";
  const anyType = call.name === "count" || call.name === "top_k";
  if (anyType || operand.type === "int64" || operand.type === "float64") return operand;
  const remedy = operand.type === "bool" ? "Write COUNTIF(x), or `IF(x, 1, 0)`." : "Use a column of numbers.";
  context.fault("sql-type", operand.at, `${name} takes numbers, not ${typeWords[operand.type]}`, remedy);
  return "faulty";
}

/** As written, or those that the catalogue knows of a column. */
function boundsOf(
  context: Context,
  call: Call,
  named: Named,
  name: string,
  operand: Typed | null,
): { readonly lower: Decimal; readonly upper: Decimal } | null {
  const argument = named.get(name);
  if (argument === undefined) {
    const range = operand?.kind === "column" ? operand.column?.range : undefined;
    // An analyst's own words have ranges of hers.
    if (range !== undefined) return checkedBounds(context, range.min, range.max, call.at);
    const message = `${call.name.toUpperCase()} does not say between which values a contribution counts`;
    return context.fault(
      "sql-bounds",
      call.at,
      message,
      `Write \`${call.name.toUpperCase()}(…, ${name} => (0, 100))\`: values outside are moved to the nearest end.`,
    );
  }
  const items = argument.value.kind === "list" ? argument.value.items : [];
  const [lower, upper] = items.map((item) => numberIn(context, item));
  if (items.some((item) => context.lacksParameter(item))) return null;
  if (items.length !== 2 || lower == null || upper == null) {
    return context.fault("sql-bounds", argument.at, `${name} takes two numbers`, `Write \`${name} => (0, 100)\`.`);
  }
  return checkedBounds(context, lower, upper, argument.at);
}

function checkedBounds(context: Context, lower: Decimal, upper: Decimal, at: Position) {
  if (compareDecimals(lower, upper) >= 0) {
    return context.fault(
      "sql-bounds",
      at,
      `the lower bound ${lower} is not below the upper bound ${upper}`,
      "Swap them, or widen them.",
    );
  }
  const places = Math.max(placesOf(lower), placesOf(upper));
  if (
    places > maxBoundPlaces ||
    [lower, upper].some((one) => digitsOf(one) - placesOf(one) + places > maxBoundDigits)
  ) {
    const remedy = `Write at most ${maxBoundDigits} digits, and at most ${maxBoundPlaces} of them behind the point.`;
    return context.fault("sql-bounds", at, "a bound has too many digits", remedy);
  }
  return { lower, upper };
}

/** `APPROX_QUANTILES(x, 4)`: the least, three between, the greatest. */
function quantilesIn(context: Context, written: Expression | undefined, call: Call): Decimal[] | null {
  const count = written === undefined ? null : wholeIn(context, written, 1, maxFractions);
  if (count === null) {
    const message = `APPROX_QUANTILES takes how many parts, 1 to ${maxFractions}`;
    return context.fault(
      "sql-type",
      written?.at ?? call.at,
      message,
      `Write \`APPROX_QUANTILES(x, 4, ${perRow} => (0, 100))\`.`,
    );
  }
  const digits = 6;
  const scale = 10n ** BigInt(digits);
  return Array.from({ length: count + 1 }, (_, i) => decimalOf((BigInt(i) * scale) / BigInt(count), digits)!);
}

function percentileIn(context: Context, written: Expression | undefined, call: Call): Decimal[] | null {
  const fraction = written === undefined ? null : numberIn(context, written);
  if (
    fraction !== null &&
    compareDecimals(fraction, "0") >= 0 &&
    compareDecimals(fraction, "1") <= 0 &&
    digitsOf(fraction) <= 9
  )
    return [fraction];
  const message = "PERCENTILE_CONT takes a fraction from 0 to 1";
  return context.fault(
    "sql-type",
    written?.at ?? call.at,
    message,
    `Write \`PERCENTILE_CONT(x, 0.5, ${perRow} => (0, 100))\`.`,
  );
}
