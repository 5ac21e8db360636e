// The groups of the result. That a group exists may itself tell that some owner is in it: so groups come from a list that is
// public without looking at anybody's data, or pass a threshold.
import type { Question, QuestionValue, ValueType } from "../model/index.ts";
import { valuesIn } from "./aggregates.ts";
import type { Expression } from "./ast.ts";
import { constantIn } from "./constants.ts";
import type { Context } from "./context.ts";
import { unitMicroseconds, windowStarts } from "./dates.ts";
import { limits } from "./limits.ts";
import type { PrivacyOptions } from "./options.ts";
import { keyOf, type Typed } from "./typed.ts";

export type Selection = Question["groups"]["selection"];

export function checkSelection(
  context: Context,
  keys: readonly Typed[],
  where: readonly Typed[],
  options: PrivacyOptions,
): Selection | null {
  const { groupKeys } = options;
  if (keys.length === 0) {
    if (groupKeys === null) return { at: "single" };
    return context.fault(
      "sql-groups",
      groupKeys.at,
      "group_keys lists groups, and there is no GROUP BY",
      "Add GROUP BY, or leave it out.",
    );
  }
  if (groupKeys !== null) {
    const rows = rowsIn(context, groupKeys.value, keys);
    return rows === null ? null : { at: "public", rows };
  }
  const lists = keys.map((key) => publicValues(key, where));
  const unlisted = keys.find((_, index) => lists[index] === null);
  const count = lists.reduce((product, list) => product * (list?.length ?? 1), 1);
  if (unlisted === undefined && options.selection !== "threshold" && count > 0 && count <= limits.maxPublicGroups) {
    return { at: "public", rows: product(lists as QuestionValue[][]) };
  }
  const list = "List the groups: `WHERE key IN ('a', 'b')`, or `OPTIONS(group_keys => ['a', 'b'])`";
  if (options.selection === "public") {
    const at = unlisted?.at ?? keys[0]!.at;
    const message =
      unlisted === undefined ? `${count} groups are too many to list` : "the groups of this key are not a public list";
    return context.fault("sql-groups", at, message, `${list}, at most ${limits.maxPublicGroups}.`);
  }
  if (options.delta === "0") {
    const message = "these groups are not a public list, so they need a threshold, and a threshold needs delta";
    return context.fault("sql-groups", (unlisted ?? keys[0]!).at, message, `${list}; or write \`delta=1e-6\`.`);
  }
  return { at: "threshold" };
}

/** Of one key plain values, of several a list in brackets for each group. */
function rowsIn(context: Context, written: Expression, keys: readonly Typed[]): QuestionValue[][] | null {
  const types = keys.map((key) => key.type as ValueType);
  if (keys.length === 1) return valuesIn(context, written, types[0]!)?.map((value) => [value]) ?? null;
  const example = `Write \`group_keys => [(${types.map(() => "…").join(", ")}), …]\`.`;
  if (written.kind !== "list" || written.items.length > limits.maxPublicGroups) {
    return context.fault("sql-groups", written.at, `each group has ${keys.length} keys`, example);
  }
  const rows = written.items.map((item) => {
    const values =
      item.kind === "list"
        ? item.items.map((one, index) => (types[index] === undefined ? null : constantIn(context, one, types[index])))
        : [];
    if (context.lacksParameter(item)) return null;
    if (values.length === keys.length && !values.includes(null)) return values as QuestionValue[];
    return context.fault(
      "sql-groups",
      item.at,
      `each group has ${keys.length} keys, of the types of GROUP BY`,
      example,
    );
  });
  return rows.some((row) => row === null) ? null : (rows as QuestionValue[][]);
}

function product(lists: readonly (readonly QuestionValue[])[]): QuestionValue[][] {
  return lists.reduce<QuestionValue[][]>(
    (rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])),
    [[]],
  );
}

/** Every value that the key can have, known from the statement and the catalogue alone. */
function publicValues(key: Typed, where: readonly Typed[]): QuestionValue[] | null {
  const own = keyOf(key);
  for (const condition of where) {
    if (condition.kind !== "call" || (condition.name !== "in" && condition.name !== "=")) continue;
    const [left, ...rest] = condition.of;
    if (left === undefined || keyOf(left) !== own || !rest.every((one) => one.kind === "value")) continue;
    const given = rest.flatMap((one) => (one.kind === "value" && one.value.value !== null ? [one.value.value] : []));
    // A whole number is never 1.5.
    const possible = key.type === "int64" ? given.filter((value) => !value.includes(".")) : given;
    return distinct(possible.map((value) => ({ type: key.type as ValueType, value })));
  }
  const type = key.type as ValueType;
  const missing = key.nullable ? [{ type, value: null }] : [];
  if (type === "bool") return [...["false", "true"].map((value) => ({ type, value })), ...missing];
  if (key.kind === "column")
    return key.column?.values === undefined
      ? null
      : [...key.column.values.map((value) => ({ type, value })), ...missing];
  if (key.kind !== "call") return null;
  const found = /^case:(\d+):(true|false)$/.exec(key.name);
  if (found !== null) {
    const results = key.of.slice(Number(found[1]));
    if (!results.every((one) => one.kind === "value")) return null;
    const values = results.map((one) => (one as Extract<Typed, { kind: "value" }>).value);
    return distinct([...values.filter((one) => one.value !== null).map(({ value }) => ({ type, value })), ...missing]);
  }
  return windows(key, where);
}

function distinct(values: readonly QuestionValue[]): QuestionValue[] {
  return [...new Map(values.map((value) => [value.value, value])).values()];
}

const monday = -3n;
const sunday = -4n;

/** Windows of one length over a time that WHERE bounds on both sides. */
function windows(key: Extract<Typed, { kind: "call" }>, where: readonly Typed[]): QuestionValue[] | null {
  const [moment] = key.of;
  if (moment === undefined || (key.type !== "date" && key.type !== "timestamp")) return null;
  const laid = layout(key.name, key.type);
  const span = spanOf(moment, where);
  if (laid === null || span === null) return null;
  const starts = windowStarts(laid.step, laid.anchor, span.from, span.to, limits.maxPublicGroups);
  return starts === null || starts.length === 0
    ? null
    : starts.map((start) => ({ type: key.type as ValueType, value: start.toString() }));
}

function layout(name: string, type: "date" | "timestamp"): { step: bigint; anchor: bigint } | null {
  const day = type === "date" ? 1n : unitMicroseconds.day!;
  const [kind, part = ""] = name.split(":");
  if (kind === "bucket") return { step: BigInt(part), anchor: -7_305n * day };
  if (kind !== "truncate") return null;
  if (part === "week" || part === "isoweek")
    return { step: 7n * day, anchor: (part === "week" ? sunday : monday) * day };
  const step = type === "date" ? (part === "day" ? 1n : undefined) : unitMicroseconds[part];
  return step === undefined ? null : { step, anchor: 0n };
}

/** [from, to) that the conditions leave, or null where a side is open. */
function spanOf(moment: Typed, where: readonly Typed[]): { from: bigint; to: bigint } | null {
  let from: bigint | null = null;
  let to: bigint | null = null;
  const own = keyOf(moment);
  for (const condition of where) {
    if (condition.kind !== "call" || condition.of[0] === undefined || keyOf(condition.of[0]) !== own) continue;
    const [low, high] = condition.of
      .slice(1)
      .map((one) => (one.kind === "value" && one.value.value !== null ? BigInt(one.value.value) : null));
    if (low == null) continue;
    if (condition.name === ">=" || condition.name === "between") from = low;
    if (condition.name === ">") from = low + 1n;
    if (condition.name === "<") to = low;
    if (condition.name === "<=") to = low + 1n;
    if (condition.name === "between" && high != null) to = high + 1n;
  }
  return from === null || to === null ? null : { from, to };
}
