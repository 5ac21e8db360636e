// Turns the definition of a standard operator into its descriptor: params parsed once by their schema, refusals that name
// the param at fault, and a digest over the whole contract.
import { createHash } from "node:crypto";
import { z } from "zod";
import {
  accept,
  type Digest,
  type Refusal,
  type RefusalCode,
  type Result,
  refuse,
  toCanonical,
  toHex,
} from "../core/base/index.ts";
import {
  type Attribute,
  type Column,
  type ColumnType,
  columnOf,
  type OperatorKind,
  operatorLimitsSchema,
  type Params,
  type RecordShape,
  type Signature,
  schemaFaults,
} from "../core/model/index.ts";
import { type BuiltinOperator, OperatorFault, type Running, type StartContext } from "./contract.ts";

export interface Definition<Schema extends z.ZodType> {
  readonly name: string;
  /** Counts the changes of what the operator does: another version is another operator, with another digest. */
  readonly version: number;
  readonly kind: OperatorKind;
  readonly summary: string;
  readonly inputs: { readonly min: number; readonly max: number };
  readonly needs?: "sensor" | "outlet";
  readonly functions?: BuiltinOperator["functions"];
  readonly params: Schema;
  infer(params: z.output<Schema>, inputs: readonly RecordShape[]): Result<Inferred>;
  start(params: z.output<Schema>, context: StartContext): Result<Running>;
}

export interface Inferred {
  readonly output: RecordShape | null;
  readonly stateless: boolean;
}

export function defineOperator<Schema extends z.ZodType>(definition: Definition<Schema>): BuiltinOperator {
  const { name, version, kind, summary, inputs, params: schema } = definition;
  const needs = definition.needs ?? null;
  const limits = operatorLimitsSchema.parse({});
  const contract = { name, version, kind, inputs, needs, limits, params: z.toJSONSchema(schema, { io: "input" }) };
  return {
    name,
    kind,
    summary,
    inputs,
    needs,
    ...(definition.functions === undefined ? {} : { functions: definition.functions }),
    limits,
    digest: digestOf(contract),
    infer(params, shapes) {
      const parsed = parseParams(schema, params);
      if (!parsed.ok) return parsed;
      if (shapes.length < inputs.min || shapes.length > inputs.max) {
        return refuse("operator-inputs", {
          blame: "inputs",
          detail: `${name} takes ${countOf(inputs)}, not ${shapes.length}`,
        });
      }
      const inferred = definition.infer(parsed.value, shapes);
      if (!inferred.ok) return inferred;
      return accept<Signature>({ consumes: attributesOf(shapes), ...inferred.value });
    },
    start(context) {
      const parsed = parseParams(schema, context.params);
      return parsed.ok ? definition.start(parsed.value, context) : parsed;
    },
  };
}

function digestOf(contract: unknown): Digest {
  const bytes = toCanonical(["hedgerow-operator-1", JSON.parse(JSON.stringify(contract))]);
  return toHex(createHash("sha256").update(bytes).digest()) as Digest;
}

function countOf({ min, max }: { min: number; max: number }): string {
  if (min === max) return min === 1 ? "1 input" : `${min === 0 ? "no" : min} inputs`;
  return `${min} to ${max} inputs`;
}

/** All that its inputs carry: every column of a batch reaches the node that runs the operator, read or not. */
function attributesOf(inputs: readonly RecordShape[]): Attribute[] {
  return [...new Set(inputs.flatMap((shape) => shape.map((column) => column.name)))];
}

/** Blames the first param at fault, as `params.compute.0.function`. */
export function parseParams<Schema extends z.ZodType>(schema: Schema, params: Params): Result<z.output<Schema>> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return accept(parsed.data);
  const faults = schemaFaults(schema, params, parsed.error);
  // A mistyped key is missing under its right name, too: the mistake is what to mend.
  const { path, message, remedy } = faults.find(({ code }) => code === "unknown-key") ?? faults[0]!;
  return refuseParam(path.replace(/\[(\d+)\]/g, ".$1"), `${message}. ${remedy}`);
}

/** `code` when it is not the param itself that is wrong, but what the input carries. */
export function refuseParam(path: string, detail: string, code: RefusalCode = "operator-params"): Refusal {
  return refuse(code, { blame: path === "" ? "params" : `params.${path}`, detail });
}

/** The column of the first input that a param names, of one of the types allowed. */
export function requireColumn(
  shape: RecordShape,
  path: string,
  name: Attribute,
  types?: readonly ColumnType[],
): Result<{ column: Column; index: number }> {
  const column = columnOf(shape, name);
  if (column === undefined) {
    const carried = shape.map((each) => each.name).join(", ");
    return refuseParam(path, `the input does not carry ${name}; it carries ${carried}`, "attribute-not-produced");
  }
  if (types !== undefined && !types.includes(column.type)) {
    return refuseParam(path, `${name} is ${column.type}; allowed are ${types.join(", ")}`, "edge-type-mismatch");
  }
  return accept({ column, index: shape.indexOf(column) });
}

/** Throws the refusal out of a running operator; passes an accepted value on. */
export function orFault<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new OperatorFault(result);
}

export function faultOnData(detail: string): OperatorFault {
  return new OperatorFault(refuse("operator-data", { detail }));
}

export function transform(
  process: (input: number, batch: Uint8Array) => Uint8Array | null,
  end?: () => Uint8Array[],
): Result<Running> {
  return accept({ kind: "transform", transform: { process, end: end ?? (() => []) } });
}
