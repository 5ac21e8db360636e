// Queries: a DAG of operators, each with a placement (DESIGN §1). Front ends (YAML now, SQL later) compile to this; its
// canonical encoding has a digest, and the digest is what owners and participants agree to.
import { z } from "zod";
import type { VertexId } from "../base/index.ts";
import { vertexIdPattern } from "../base/index.ts";
import { askedSchema } from "./asked.ts";

export const nodeFunctions = ["localizer", "producer", "transform", "exit"] as const;
export type NodeFunction = (typeof nodeFunctions)[number];
export const roles = ["owner", "analyst", ...nodeFunctions] as const;
export type Role = (typeof roles)[number];

/** Processors of one drawn cell: the one it runs on, and as many that stand by as a plan takes. */
export const maxDrawn = 17;

export const placementSchema = z.union([
  /** A named node: its configured name, or its node id. */
  z.strictObject({ node: z.string().min(1).max(80) }),
  /** Any node of the venue with this function. */
  z.strictObject({ function: z.enum(nodeFunctions) }),
  /** Every pod whose profile satisfies the expression. */
  z.strictObject({ matching: z.string().min(1).max(1024) }),
  /** Drawn by lot: it runs on the first of so many processors, the others stand by. */
  z.strictObject({ drawn: z.number().int().min(1).max(maxDrawn) }),
  /** The analyst's own node. */
  z.literal("asker"),
]);
export type Placement = z.output<typeof placementSchema>;

export const vertexIdSchema = z
  .string()
  .regex(vertexIdPattern, "a cell is named with a-z, 0-9 and -, starts with a letter, at most 40 characters")
  .transform((id) => id as VertexId);

const jsonValue: z.ZodType<unknown> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string().max(4096),
    z.array(jsonValue).max(256),
    z.record(z.string().max(128), jsonValue),
  ]),
);

export const vertexSchema = z.strictObject({
  id: vertexIdSchema,
  /** A standard operator's name, or the name of one of the query's own operators. */
  operator: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  params: z.record(z.string().max(64), jsonValue),
  inputs: z.array(vertexIdSchema).max(16),
  placement: placementSchema,
  /** Name of the node's sensor or outlet that the operator uses. */
  equipment: z.string().min(1).max(80).optional(),
});
export type Vertex = z.output<typeof vertexSchema>;

/** A person's operator as the query carries it: manifest, and the digest of the body that travels beside. */
export const ownOperatorSchema = z.strictObject({
  manifest: z.unknown(),
  bodyDigest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One alternative: a whole DAG. A query lists them in order of preference. */
export const dagSchema = z.strictObject({
  name: z.string().min(1).max(80),
  vertices: z.array(vertexSchema).min(1).max(64),
});
export type Dag = z.output<typeof dagSchema>;

export const querySchema = z.strictObject({
  hedgerow: z.literal(1),
  name: z.string().min(1).max(80),
  purpose: z.string().min(1).max(80),
  operators: z.array(ownOperatorSchema).max(16),
  alternatives: z.array(dagSchema).min(1).max(8),
  /** A query that asks people was made from this; its one alternative follows from it. */
  asked: askedSchema.optional(),
});
export type Query = z.output<typeof querySchema>;
