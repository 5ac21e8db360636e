// What a schema allows at a place, in words for people: the keys of a map, the values of a scalar, each form of a choice.
import { z } from "zod";

type Path = readonly PropertyKey[];
type Schema = z.ZodType | undefined;

/** A choice of more forms than a person reads at once is cut, and says so. */
const maxForms = 24;

const words: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map of keys to values",
  record: "a map of keys to values",
  null: "null",
};

export function wordFor(expected: string): string {
  return words[expected] ?? `a value of the kind ${expected}`;
}

/** What may stand for the value that `input` has at `path`: one entry for each form. Empty when there is no choice. */
export function choicesAt(schema: z.ZodType, path: Path, input: unknown): string[] {
  const at = unwrapped(schemaAt(schema, path, input).at);
  return at instanceof z.ZodUnion ? cut(formsOf(at)) : [];
}

/** The keys that a map at this place may have. */
export function keysAt(schema: z.ZodType, path: Path, input: unknown): string[] {
  const { at, value } = schemaAt(schema, path, input);
  return [...new Set(keysOf(at, value))];
}

function cut(forms: readonly string[]): string[] {
  const once = [...new Set(forms)];
  return once.length <= maxForms ? once : [...once.slice(0, maxForms), "…"];
}

function formsOf(schema: Schema): string[] {
  const at = unwrapped(schema);
  if (at instanceof z.ZodUnion) return (at.options as z.ZodType[]).flatMap(formsOf);
  if (at instanceof z.ZodLiteral) return [...at.values].map(String);
  if (at instanceof z.ZodEnum) return at.options.map(String);
  if (at instanceof z.ZodBoolean) return ["true", "false"];
  if (at instanceof z.ZodObject) return [objectForm(at)];
  if (at instanceof z.ZodNumber) return [numberForm(at)];
  return at === undefined ? [] : [wordFor(at.type)];
}

/** `{ node: a text }`: the keys it must have, or, when none must be there, the names of all. */
function objectForm(schema: z.ZodObject): string {
  const entries = Object.entries(schema.shape as Record<string, z.ZodType>);
  const needed = entries.filter(([, value]) => !value.safeParse(undefined).success);
  if (needed.length === 0) return `{ ${entries.map(([key]) => key).join(", ")} }`;
  return `{ ${needed.map(([key, value]) => `${key}: ${inside(value)}`).join(", ")} }`;
}

/** Of a map within a map only the kind is said: the fault inside it will say the rest. */
function inside(schema: z.ZodType): string {
  const at = unwrapped(schema);
  if (at instanceof z.ZodObject) return "a map";
  if (at instanceof z.ZodUnion) return "one of several forms";
  return cut(formsOf(at)).join(" | ");
}

function numberForm(schema: z.ZodNumber): string {
  const { minValue: min, maxValue: max } = schema;
  const whole = schema.format === "safeint";
  const told = (limit: number | null) => limit !== null && Number.isFinite(limit) && Number.isSafeInteger(limit * 2);
  const range = told(min) && told(max) ? ` from ${min} to ${max}` : "";
  return `${whole ? "a whole number" : "a number"}${range}`;
}

/** The form that the value has chosen, step by step. */
function schemaAt(schema: z.ZodType, path: Path, input: unknown): { at: Schema; value: unknown } {
  let at: Schema = schema;
  let value = input;
  for (const part of path) {
    at = below(formOf(at, value), part);
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  }
  return { at, value };
}

function keysOf(schema: Schema, value: unknown): string[] {
  const at = unwrapped(schema);
  if (at instanceof z.ZodDiscriminatedUnion) return keysOf(formOf(at, value), value);
  if (at instanceof z.ZodUnion) return (at.options as z.ZodType[]).flatMap((option) => keysOf(option, value));
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function below(schema: Schema, part: PropertyKey): Schema {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.ZodType>)[part];
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodTuple) return schema.def.items[Number(part)] as Schema;
  return undefined;
}

/** Of several forms the one that the discriminator names, else the one that shares most keys with the value. */
function formOf(schema: Schema, value: unknown): Schema {
  const at = unwrapped(schema);
  if (!(at instanceof z.ZodUnion)) return at;
  const given = Object.entries((typeof value === "object" && value) || {});
  const discriminator = at instanceof z.ZodDiscriminatedUnion ? at.def.discriminator : null;
  const chosen = given.find(([key]) => key === discriminator)?.[1] as z.core.util.Primitive;
  const named = (form: z.ZodType) => discriminator !== null && form._zod.propValues?.[discriminator]?.has(chosen);
  const shared = (form: Schema) =>
    form instanceof z.ZodObject ? given.filter(([key]) => Object.hasOwn(form.shape, key)).length : -1;
  const options = at.options as z.ZodType[];
  const forms = (options.some(named) ? options.filter(named) : options).map((option) => formOf(option, value));
  return forms.sort((a, b) => shared(b) - shared(a))[0];
}

/** Without what wraps it: defaults, options, what is done with the value afterwards. */
function unwrapped(schema: Schema): Schema {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType);
  if (
    schema instanceof z.ZodLazy ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  return schema;
}
