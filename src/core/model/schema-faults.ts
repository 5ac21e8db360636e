// What a schema did not like about a person's file, in words that name the key and say what is allowed there: a schema's own
// texts are for programmers.
import type { z } from "zod";
import { didYouMean } from "../base/index.ts";
import { choicesAt, keysAt, wordFor } from "./schema-forms.ts";

export interface SchemaFault {
  readonly code: "unknown-key" | "missing-key" | "wrong-value";
  /** The key at fault, such as `body.format` or `columns[1].type`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
}

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** `error` is what `schema` said of `input`. */
export function schemaFaults(schema: z.ZodType, input: unknown, error: { readonly issues: readonly Issue[] }) {
  return error.issues.flatMap((issue) => faultsOf(issue, issue.path, schema, input));
}

function faultsOf(issue: Issue, path: Path, schema: z.ZodType, input: unknown): SchemaFault[] {
  const at = pathText(path);
  const named = at === "" ? "this" : `\`${at}\``;
  const value = valueAt(input, path);
  const cannotBe = `${named} cannot be ${shown(value)}`;
  const wrong = (message: string, remedy: string): SchemaFault[] => [
    { code: "wrong-value", path: at, message, remedy },
  ];
  const missing = (remedy: string): SchemaFault[] => [
    { code: "missing-key", path: at, message: `${named} is missing`, remedy },
  ];
  const noneOf = (allowed: readonly string[]): SchemaFault[] => {
    const all = `Allowed: ${allowed.join(", ")}.`;
    if (value === undefined && path.length > 0) return missing(`Add it. ${all}`);
    return wrong(cannotBe, `${all}${typeof value === "string" ? didYouMean(value, allowed) : ""}`);
  };
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, keysAt(schema, path, input)));
    case "invalid_type": {
      const choices = choicesAt(schema, path, input);
      if (choices.length > 0) return noneOf(choices);
      if (value === undefined && path.length > 0) return missing(`Add it: ${wordFor(issue.expected)}.`);
      const infinite = typeof value === "number" && !Number.isFinite(value);
      return wrong(cannotBe, `Write ${infinite ? "a finite number" : wordFor(issue.expected)}.`);
    }
    case "invalid_value":
      return noneOf(issue.values.map(String));
    case "too_small":
      return wrong(cannotBe, `Write ${bound(issue, issue.minimum, "at least", "more than")}.`);
    case "too_big":
      return wrong(cannotBe, `Write ${bound(issue, issue.maximum, "at most", "less than")}.`);
    case "not_multiple_of":
      return wrong(cannotBe, `Write a multiple of ${issue.divisor}.`);
    case "invalid_union":
      if ("options" in issue && issue.options !== undefined) return noneOf(issue.options.map(String));
      return ofUnion(issue, path, schema, input) ?? noneOf(choicesAt(schema, path, input));
    case "invalid_key":
    case "invalid_element":
      return wrong(`${named} is not allowed as a name`, sentence(issue.issues[0]?.message ?? ""));
    case "invalid_format":
      return wrong(cannotBe, isOwnText(issue.message) ? sentence(issue.message) : `Write ${formatWord(issue)}.`);
    default: {
      // A check of ours may bring its own remedy.
      const remedy: unknown = issue.params?.remedy;
      return wrong(
        at === "" ? issue.message : `\`${at}\`: ${issue.message}`,
        typeof remedy === "string" ? remedy : `Mend ${named}.`,
      );
    }
  }
}

function unknownKey(key: string, path: Path, allowed: readonly string[]): SchemaFault {
  const known = allowed.length === 0 ? "" : ` Allowed here: ${allowed.join(", ")}.`;
  return {
    code: "unknown-key",
    path: pathText([...path, key]),
    message: `there is no key "${key}" ${path.length === 0 ? "here" : `in \`${pathText(path)}\``}`,
    remedy: `Remove it.${known}${didYouMean(key, allowed)}`,
  };
}

/** Of the forms that were allowed, the one that fits best says what is missing; null when none was begun. */
function ofUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  schema: z.ZodType,
  input: unknown,
): SchemaFault[] | null {
  const value = valueAt(input, path);
  const given = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const known = keysAt(schema, path, input);
  // A map with no key of any form does not say which was meant: a remedy for one of them would be a guess.
  const strangers = given.length > 0 && !given.some((key) => known.includes(key));
  if (strangers && known.length > 0) {
    const remedy = `Allowed: ${choicesAt(schema, path, input).join(", ")}.`;
    return given.map((key) => ({ ...unknownKey(key, path, []), remedy: `${remedy}${didYouMean(key, known)}` }));
  }
  if (given.length === 0 && !Array.isArray(value)) return null;
  const strange = (issues: readonly Issue[]) =>
    issues.reduce((sum, one) => sum + (one.code === "unrecognized_keys" ? one.keys.length : 0), 0);
  // The form whose keys were written is the one that was meant, even if more is wrong with what stands there.
  const best = [...issue.errors]
    .filter((issues) => issues.every((one) => one.path.length > 0 || one.code === "unrecognized_keys"))
    .sort((a, b) => strange(a) - strange(b) || a.length - b.length)[0];
  return best?.flatMap((one) => faultsOf(one, [...path, ...one.path], schema, input)) ?? null;
}

function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "empty";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map";
  // A peer's bytes may hold whole numbers of any size; JSON has no word for them, nor for NaN.
  const unsayable = typeof value === "bigint" || typeof value === "number";
  const text = unsayable ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function formatWord({ format, pattern }: { readonly format: string; readonly pattern?: string | undefined }): string {
  if (format === "url") return "a URL that begins with http:// or https://";
  if (format === "base64") return "base64";
  return format === "regex" ? `a text of the form ${pattern}` : `a text of the format ${format}`;
}

interface Bound {
  readonly origin: string;
  readonly inclusive?: boolean | undefined;
  readonly exact?: boolean | undefined;
}

function bound({ origin, inclusive, exact }: Bound, limit: number | bigint, within: string, beyond: string): string {
  const counted = origin === "string" ? "character" : ["array", "record", "map", "set"].includes(origin) ? "entry" : "";
  const many = counted === "entry" ? "entries" : `${counted}s`;
  const unit = counted === "" ? "" : ` ${Number(limit) === 1 ? counted : many}`;
  return `${exact === true ? "exactly" : inclusive === false ? beyond : within} ${limit}${unit}`;
}

function isOwnText(message: string): boolean {
  return !/^(Invalid|Too|Unrecognized)\b/.test(message);
}

function sentence(text: string): string {
  const own = isOwnText(text) ? text : "Use another name.";
  return `${own.charAt(0).toUpperCase()}${own.slice(1)}${own.endsWith(".") ? "" : "."}`;
}
