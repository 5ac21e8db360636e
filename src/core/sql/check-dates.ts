// Functions of dates and times that take a part (`DAY`) or an interval (`INTERVAL 15 MINUTE`).
import { didYouMean } from "../base/index.ts";
import type { Call, Expression } from "./ast.ts";
import { typeWords } from "./check-call.ts";
import type { Context } from "./context.ts";
import { bucket, datePartNames, extract, timePartNames, truncate, truncationNames, unitMicroseconds } from "./dates.ts";
import type { Render, Typed, TypedType } from "./typed.ts";

export type CheckExpression = (expression: Expression) => Typed | null;
type Moment = "date" | "timestamp";

const bucketNames = ["timestamp_bucket", "tumble", "time_bucket"];
export const dateFunctions: readonly string[] = [
  ...[
    "date_trunc",
    "timestamp_trunc",
    "date_add",
    "date_sub",
    "timestamp_add",
    "timestamp_sub",
    "date_diff",
    "timestamp_diff",
  ],
  ...bucketNames,
];

export function checkDateFunction(context: Context, call: Call, check: CheckExpression): Typed | null {
  const [first, second, third] = call.arguments.map((argument) => argument.value);
  const wanted = call.name.endsWith("_diff") ? 3 : 2;
  if (call.arguments.length !== wanted || first === undefined || second === undefined) {
    const message = `${call.name.toUpperCase()} takes ${wanted} operands, here stand ${call.arguments.length}`;
    return context.fault(
      "sql-type",
      call.at,
      message,
      "Write `TIMESTAMP_TRUNC(x, DAY)` or `DATE_ADD(x, INTERVAL 7 DAY)`.",
    );
  }
  const value = check(first);
  if (value === null) return null;
  const type: Moment = call.name.startsWith("date_") ? "date" : "timestamp";
  if (call.name === "date_trunc" && value.type === "timestamp")
    return truncated(context, value, "timestamp", second, call);
  if (value.type !== type) {
    const message = `${call.name.toUpperCase()} takes a ${typeWords[type]}, not ${typeWords[value.type]}`;
    const remedy = type === "date" ? "Write `DATE(x)` around it." : "Write `TIMESTAMP(x)` around it.";
    return context.fault("sql-type", value.at, message, remedy);
  }
  if (call.name.endsWith("_trunc")) return truncated(context, value, type, second, call);
  if (call.name.endsWith("_diff")) return difference(context, [value, check(second)], type, third!, call);
  const interval = intervalOf(context, second);
  if (interval === null) return null;
  if (bucketNames.includes(call.name)) {
    if (interval <= 0n)
      return context.fault("sql-type", second.at, "a window has to have a length", "Write `INTERVAL 15 MINUTE`.");
    return made(`bucket:${interval}`, [value], "timestamp", bucket(interval), call);
  }
  return moved(context, value, call.name.endsWith("_sub") ? -interval : interval, call);
}

/** `x + INTERVAL 7 DAY`. */
export function moved(context: Context, value: Typed, microseconds: bigint, at: Pick<Call, "at">): Typed | null {
  if (value.type === "timestamp")
    return made(`move:${microseconds}`, [value], "timestamp", ([a]) => `(${a} + ${microseconds})`, at);
  if (value.type === "date" && microseconds % unitMicroseconds.day! === 0n) {
    const days = microseconds / unitMicroseconds.day!;
    return made(`move:${microseconds}`, [value], "date", ([a]) => `(${a} + ${days})`, at);
  }
  const message = `an interval of parts of a day cannot be added to ${typeWords[value.type]}`;
  return context.fault("sql-type", at.at, message, "Add it to a TIMESTAMP, or add whole days to a DATE.");
}

/** Of fixed length: a month is not. In microseconds. */
export function intervalOf(context: Context, written: Expression): bigint | null {
  if (written.kind !== "interval") {
    return context.fault("sql-type", written.at, "here an interval is wanted", "Write `INTERVAL 15 MINUTE`.");
  }
  const unit = Object.hasOwn(unitMicroseconds, written.part) ? unitMicroseconds[written.part] : undefined;
  if (unit === undefined) {
    const known = Object.keys(unitMicroseconds);
    const remedy = `Allowed: ${known.join(", ").toUpperCase()}.${didYouMean(written.part, known)} For months, write TIMESTAMP_TRUNC(x, MONTH).`;
    return context.fault(
      "sql-not-offered",
      written.at,
      `an interval has no part ${written.part.toUpperCase()} here`,
      remedy,
    );
  }
  const negative = written.count.kind === "operation" && written.count.operator === "negate";
  const count = written.count.kind === "operation" && negative ? written.count.of[0]! : written.count;
  if (count.kind !== "literal" || count.type !== "integer" || count.value.length > 12) {
    return context.fault(
      "sql-type",
      written.at,
      "an interval has a whole number before its part",
      "Write `INTERVAL 15 MINUTE`.",
    );
  }
  const total = BigInt(count.value) * unit;
  if (total > 366_000n * unitMicroseconds.day!) {
    return context.fault(
      "sql-type",
      written.at,
      "this interval is longer than a thousand years",
      "Write a shorter one.",
    );
  }
  return negative ? -total : total;
}

export function checkExtract(
  context: Context,
  written: Extract<Expression, { kind: "extract" }>,
  value: Typed,
): Typed | null {
  if (value.type !== "date" && value.type !== "timestamp") {
    const message = `EXTRACT takes a DATE or a TIMESTAMP, not ${typeWords[value.type]}`;
    return context.fault("sql-type", value.at, message, "Use a column of that type.");
  }
  const known = value.type === "date" ? datePartNames : timePartNames;
  if (!known.includes(written.part)) return unknownPart(context, written.part, known, written);
  return made(`extract:${written.part}`, [value], "int64", extract(written.part, value.type), written);
}

function truncated(context: Context, value: Typed, type: Moment, written: Expression, call: Call): Typed | null {
  const part = partOf(written);
  const known = type === "date" ? truncationNames.slice(3) : truncationNames;
  if (part === null || !known.includes(part)) return unknownPart(context, part ?? "this", known, written);
  return made(`truncate:${part}`, [value], type, truncate(part, type), call);
}

function difference(
  context: Context,
  values: readonly (Typed | null)[],
  type: Moment,
  written: Expression,
  call: Call,
): Typed | null {
  const [a, b] = values;
  if (a == null || b == null) return null;
  if (b.type !== type) {
    return context.fault(
      "sql-type",
      b.at,
      `${call.name.toUpperCase()} takes two of ${typeWords[type]}`,
      "Convert the second.",
    );
  }
  const part = partOf(written);
  const known = type === "date" ? ["day"] : ["microsecond", "millisecond", "second", "minute", "hour", "day"];
  if (part === null || !known.includes(part)) return unknownPart(context, part ?? "this", known, written);
  const step = type === "date" ? 1n : unitMicroseconds[part]!;
  return made(`difference:${part}`, [a, b], "int64", ([x, y]) => `((${x} - ${y}) / ${step})`, call);
}

/** `DAY`, and `WEEK(MONDAY)`, which is ISOWEEK. */
function partOf(written: Expression): string | null {
  if (written.kind === "name" && written.parts.length === 1) return written.parts[0]!.toLowerCase();
  if (written.kind !== "call" || written.name !== "week") return null;
  const day = written.arguments[0]?.value;
  return day?.kind === "name" && day.parts[0]?.toLowerCase() === "monday" ? "isoweek" : null;
}

function unknownPart(context: Context, part: string, known: readonly string[], { at }: Pick<Expression, "at">): null {
  const remedy = `Allowed: ${known.join(", ").toUpperCase()}.${didYouMean(part, known)}`;
  return context.fault("sql-unknown-name", at, `there is no part ${part.toUpperCase()} here`, remedy);
}

function made(name: string, of: readonly Typed[], type: TypedType, render: Render, { at }: Pick<Call, "at">): Typed {
  return { kind: "call", name, of, render, type, nullable: of.some((one) => one.nullable), unit: null, at };
}
