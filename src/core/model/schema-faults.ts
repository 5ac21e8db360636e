// What a schema did not like about a person's file, in words that name the key and say what is allowed there: a schema's own
// texts are for programmers.
import { z } from "zod";
import { didYouMean } from "../base/index.ts";

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
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, keysAt(schema, path, input)));
    case "invalid_type":
      if (value === undefined && path.length > 0) {
        const remedy = `Add it: ${wordFor(issue.expected)}.`;
        return [{ code: "missing-key", path: at, message: `${named} is missing`, remedy }];
      }
      return wrong(cannotBe, `Write ${wordFor(issue.expected)}.`);
    case "invalid_value": {
      const allowed = issue.values.map(String);
      if (value === undefined && path.length > 0) {
        const remedy = `Add it. Allowed: ${allowed.join(", ")}.`;
        return [{ code: "missing-key", path: at, message: `${named} is missing`, remedy }];
      }
      const hint = typeof value === "string" ? didYouMean(value, allowed) : "";
      return wrong(cannotBe, `Allowed: ${allowed.join(", ")}.${hint}`);
    }
    case "too_small":
      return wrong(cannotBe, `Write ${bound("at least", issue.minimum, issue.origin)}.`);
    case "too_big":
      return wrong(cannotBe, `Write ${bound("at most", issue.maximum, issue.origin)}.`);
    case "invalid_union":
      return ofUnion(issue, path, schema, input) ?? wrong(cannotBe, "Write it as the documentation of this key says.");
    case "invalid_key":
    case "invalid_element":
      return wrong(`${named} is not allowed as a name`, sentence(issue.issues[0]?.message ?? ""));
    case "invalid_format":
      return wrong(cannotBe, isOwnText(issue.message) ? sentence(issue.message) : `Write ${formatWord(issue.format)}.`);
    default:
      return wrong(at === "" ? issue.message : `\`${at}\`: ${issue.message}`, `Mend ${named}.`);
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

/** Of the forms that were allowed, the one that fits best says what is missing. */
function ofUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  schema: z.ZodType,
  input: unknown,
): SchemaFault[] | null {
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
  if (typeof value === "object") return "a map";
  // A peer's bytes may hold whole numbers of any size; JSON has no word for them.
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

const words: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys to values",
  record: "a map of keys to values",
};

function wordFor(expected: string): string {
  return words[expected] ?? `a value of the kind ${expected}`;
}

function formatWord(format: string): string {
  if (format === "url") return "a URL that begins with http:// or https://";
  if (format === "base64") return "base64";
  return "it as the documentation of this key says";
}

function bound(how: string, limit: number | bigint, origin: string): string {
  const unit = origin === "string" ? " characters" : origin === "array" || origin === "record" ? " entries" : "";
  return `${how} ${limit}${unit}`;
}

function isOwnText(message: string): boolean {
  return !/^(Invalid|Too|Unrecognized)\b/.test(message);
}

function sentence(text: string): string {
  const own = isOwnText(text) ? text : "Use another name.";
  return `${own.charAt(0).toUpperCase()}${own.slice(1)}${own.endsWith(".") ? "" : "."}`;
}

/** The keys that a map at this place may have. */
function keysAt(schema: z.ZodType, path: Path, input: unknown): string[] {
  let at: z.ZodType | undefined = schema;
  let value = input;
  for (const part of path) {
    at = below(formOf(at, value), part);
    value = valueAt(value, [part]);
  }
  return [...new Set(keysOf(at, value))];
}

function keysOf(schema: z.ZodType | undefined, value: unknown): string[] {
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap((option) => keysOf(option, value));
  const form = formOf(schema, value);
  return form instanceof z.ZodObject ? Object.keys(form.shape) : [];
}

function below(schema: z.ZodType | undefined, part: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.ZodType>)[part];
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return undefined;
}

/** Without what wraps it: defaults, options; of several forms the one that shares most keys with the value. */
function formOf(schema: z.ZodType | undefined, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodUnion) {
    const given = Object.keys((typeof value === "object" && value) || {});
    const shared = (form: z.ZodType | undefined) =>
      form instanceof z.ZodObject ? given.filter((key) => key in form.shape).length : -1;
    const forms = (schema.options as z.ZodType[]).map((option) => formOf(option, value));
    return forms.sort((a, b) => shared(b) - shared(a))[0];
  }
  if (schema instanceof z.ZodPipe) return formOf(schema.in as z.ZodType, value);
  if (schema instanceof z.ZodLazy) return formOf(schema.unwrap() as z.ZodType, value);
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  ) {
    return formOf(schema.unwrap() as z.ZodType, value);
  }
  return schema;
}
