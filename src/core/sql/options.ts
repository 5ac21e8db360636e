// OPTIONS of the differential privacy clause: names and ranges, defaults, and what stands beside GoogleSQL's own.
import { didYouMean } from "../base/index.ts";
import type { Decimal } from "../model/index.ts";
import type { Expression, Option, Select } from "./ast.ts";
import { numberIn, wholeIn } from "./constants.ts";
import type { Context } from "./context.ts";
import { compareDecimals, digitsOf } from "./decimals.ts";

export const privacyRanges = {
  epsilon: { least: "0.001", most: "10" },
  /** 0 is allowed where nothing needs more. */
  delta: { least: "0.000000000001", most: "0.001" },
} as const;
export const privacyDefaults = {
  epsilon: "1",
  delta: "0.000001",
  maxGroups: 1,
  maxRows: 1,
  purpose: "statistics",
} as const;
const maxContributed = 1_000;

export interface PrivacyOptions {
  readonly epsilon: Decimal;
  readonly delta: Decimal;
  readonly maxGroupsContributed: number;
  readonly maxRowsContributed: number;
  readonly selection: "public" | "threshold" | null;
  readonly groupKeys: Option | null;
  readonly name: string | null;
  readonly purpose: string;
}

const names = [
  ...["epsilon", "delta", "max_groups_contributed", "max_rows_contributed", "privacy_unit_column"],
  ...["group_selection_strategy", "group_keys", "purpose", "name"],
];
const example = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6) …";

export function checkOptions(context: Context, { privacy, at }: Select): PrivacyOptions {
  const options = new Map<string, Option>();
  if (privacy === null) {
    const message = "a question over people says how private its answer is";
    context.fault("sql-privacy", at, message, `Write \`${example}\`.`);
  }
  for (const option of privacy?.options ?? []) {
    if (!names.includes(option.name)) {
      const remedy = `Options: ${names.join(", ")}.${didYouMean(option.name, names)}`;
      context.fault("sql-unknown-name", option.at, `there is no option ${option.name}`, remedy);
    } else if (options.has(option.name)) {
      context.fault("name-clash", option.at, `the option ${option.name} stands twice`, "Remove one.");
    } else options.set(option.name, option);
  }
  checkUnit(context, options.get("privacy_unit_column"));
  const strategy = wordOption(context, options, "group_selection_strategy", ["public_groups", "laplace_threshold"]);
  return {
    epsilon: rangeOption(context, options, "epsilon"),
    delta: rangeOption(context, options, "delta"),
    maxGroupsContributed: countOption(context, options, "max_groups_contributed", privacyDefaults.maxGroups),
    maxRowsContributed: countOption(context, options, "max_rows_contributed", privacyDefaults.maxRows),
    selection: strategy === null ? null : strategy === "public_groups" ? "public" : "threshold",
    groupKeys: options.get("group_keys") ?? null,
    name: textOption(context, options, "name"),
    purpose: textOption(context, options, "purpose") ?? privacyDefaults.purpose,
  };
}

function rangeOption(context: Context, options: ReadonlyMap<string, Option>, name: "epsilon" | "delta"): Decimal {
  const option = options.get(name);
  if (option === undefined) return privacyDefaults[name];
  const { least, most } = privacyRanges[name];
  const number = numberIn(context, option.value);
  const zero = name === "delta" && number === "0";
  if (
    number !== null &&
    digitsOf(number) <= 20 &&
    (zero || (compareDecimals(number, least) >= 0 && compareDecimals(number, most) <= 0))
  ) {
    return number;
  }
  const also = name === "delta" ? ", or 0" : "";
  context.fault(
    "sql-privacy",
    option.value.at,
    `${name} is out of range`,
    `Write a number from ${least} to ${most}${also}.`,
  );
  return privacyDefaults[name];
}

function countOption(context: Context, options: ReadonlyMap<string, Option>, name: string, fallback: number): number {
  const option = options.get(name);
  if (option === undefined) return fallback;
  const count = wholeIn(context, option.value, 1, maxContributed);
  if (count !== null) return count;
  const remedy = `Write a whole number from 1 to ${maxContributed}: without a limit, one owner could change everything.`;
  context.fault("sql-privacy", option.value.at, `${name} is out of range`, remedy);
  return fallback;
}

function wordOption(
  context: Context,
  options: ReadonlyMap<string, Option>,
  name: string,
  allowed: readonly string[],
): string | null {
  const option = options.get(name);
  if (option === undefined) return null;
  const word = wordOf(option.value);
  if (word !== null && allowed.includes(word)) return word;
  const remedy = `Allowed: ${allowed.join(", ").toUpperCase()}.${didYouMean(word ?? "", allowed)}`;
  return context.fault("sql-privacy", option.value.at, `${name} cannot be this`, remedy);
}

function wordOf(value: Expression): string | null {
  if (value.kind === "name" && value.parts.length === 1) return value.parts[0]!.toLowerCase();
  return value.kind === "literal" && value.type === "text" ? value.value.toLowerCase() : null;
}

function checkUnit(context: Context, option: Option | undefined): void {
  if (option === undefined || wordOf(option.value) === "owner") return;
  const message = "the privacy unit is always the owner: everything that one pod holds";
  context.fault("sql-privacy", option.value.at, message, "Write `privacy_unit_column=owner`, or leave it out.");
}

function textOption(context: Context, options: ReadonlyMap<string, Option>, name: string): string | null {
  const option = options.get(name);
  if (option === undefined) return null;
  const { value } = option;
  if (value.kind === "literal" && value.type === "text" && /^[^\p{Cc}]{1,80}$/u.test(value.value)) return value.value;
  return context.fault("sql-privacy", value.at, `${name} is a text`, `Write \`${name}='…'\`, 1 to 80 characters.`);
}
