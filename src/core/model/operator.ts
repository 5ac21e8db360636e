// Operators: declared, content-addressed steps (DESIGN §1). A descriptor is what planning needs to know of one; the code
// that runs is in src/operators (built in) or travels as a body (WASM, JavaScript).
import { z } from "zod";
import type { Digest, Result } from "../base/index.ts";
import type { Attribute } from "./attribute.ts";
import type { NodeFunction } from "./query.ts";
import { type RecordShape, recordShapeSchema } from "./record.ts";

export const operatorKinds = ["source", "transform", "sink"] as const;
export type OperatorKind = (typeof operatorKinds)[number];

export const operatorLimitsSchema = z.strictObject({
  /** Linear memory or heap of the sandbox, in bytes. */
  memoryBytes: z
    .number()
    .int()
    .min(65_536)
    .max(512 * 1024 * 1024)
    .default(64 * 1024 * 1024),
  /** Longest time one batch may take, in milliseconds. */
  batchMs: z.number().int().min(1).max(60_000).default(1_000),
  /** Largest batch the operator may emit, in bytes. */
  outputBytes: z
    .number()
    .int()
    .min(1_024)
    .max(4 * 1024 * 1024)
    .default(1024 * 1024),
});
export type OperatorLimits = z.output<typeof operatorLimitsSchema>;

/** Params as they stand in a query: plain JSON values. The operator's own schema parses them. */
export type Params = Readonly<Record<string, unknown>>;

/** What an operator would read and emit, given its params and the shapes of its inputs. */
export interface Signature {
  readonly consumes: readonly Attribute[];
  /** null for a sink: nothing goes on to another cell. */
  readonly output: RecordShape | null;
  /** True when each output depends on one input batch alone: such a cell can be re-placed without loss. */
  readonly stateless: boolean;
}

export interface OperatorDescriptor {
  readonly name: string;
  readonly kind: OperatorKind;
  readonly summary: string;
  readonly inputs: { readonly min: number; readonly max: number };
  /** Which kind of node equipment the operator needs by name, if any (a sensor to read, an outlet to write to). */
  readonly needs: "sensor" | "outlet" | null;
  /** Where it may run, if not where every operator of its kind may: a source that reads no sensor runs at a processor. */
  readonly functions?: readonly NodeFunction[];
  readonly limits: OperatorLimits;
  /** Identity of the operator: for a body, the digest covers the body's bytes. */
  readonly digest: Digest;
  /** Pure. `path` in a refusal's blame names the param at fault, such as `params.attribute`. */
  infer(params: Params, inputs: readonly RecordShape[]): Result<Signature>;
}

export type OperatorCatalogue = ReadonlyMap<string, OperatorDescriptor>;

/** A person's own operator: what its manifest (operator.yaml) says. Its body is beside it. */
export const bodyFormats = ["wasm", "javascript"] as const;
export const operatorManifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, "a name is a-z, 0-9 and -, starts with a letter, and has at most 40 characters"),
  summary: z.string().max(200).default(""),
  kind: z.literal("transform").default("transform"),
  body: z.strictObject({ format: z.enum(bodyFormats), file: z.string().min(1).max(255) }),
  /** Attributes that every input must carry, with their types. Columns not named here are not given to the operator. */
  consumes: recordShapeSchema,
  /** Exactly what each output carries. */
  produces: recordShapeSchema,
  /** Params with their types and defaults; a query may override them. */
  params: z
    .record(
      z
        .string()
        .regex(
          /^[a-z][a-z0-9_]{0,31}$/,
          "a param is a-z, 0-9 and _, starts with a letter, and has at most 32 characters",
        ),
      z.union([z.number(), z.string().max(1024), z.boolean()]),
    )
    .default({}),
  stateless: z.boolean().default(true),
  limits: operatorLimitsSchema.prefault({}),
});
export type OperatorManifest = z.output<typeof operatorManifestSchema>;

export const maxBodyBytes = 4 * 1024 * 1024;
