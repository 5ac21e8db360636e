// A plan (the paper's MappedQuery, PBDS §6.5): one alternative of a query with every vertex on a node, everything a
// participant needs to check before it agrees, and nothing else. Its digest binds cell keys, evidence and receipts.
import { z } from "zod";
import type { EdgeId, VertexId } from "../base/index.ts";
import { edgeId } from "../base/index.ts";
import { askedSchema } from "./asked.ts";
import { attributeSchema } from "./attribute.ts";
import { digestSchema, nodeIdSchema, queryIdSchema } from "./id-schemas.ts";
import { operatorKinds, operatorLimitsSchema } from "./operator.ts";
import { maxDrawn, vertexIdSchema } from "./query.ts";
import { recordShapeSchema } from "./record.ts";

/** 64 witnesses with their certificates, and 256 processors. */
export const maxRosterBytes = 128 * 1024;

export const planVertexSchema = z.strictObject({
  id: vertexIdSchema,
  operator: z.strictObject({
    name: z.string().max(40),
    digest: digestSchema,
    kind: z.enum(operatorKinds),
    /** Digest of the body that travels with the instantiation; absent for standard operators. */
    body: digestSchema.optional(),
    /** The manifest of a person's own operator, so that the node can check the operator digest itself. */
    manifest: z.unknown().optional(),
  }),
  params: z.record(z.string().max(64), z.unknown()),
  inputs: z.array(vertexIdSchema).max(16),
  consumes: z.array(attributeSchema).max(64),
  /** null for a sink. */
  output: recordShapeSchema.nullable(),
  stateless: z.boolean(),
  limits: operatorLimitsSchema,
  node: nodeIdSchema,
  /** Other nodes that could run it, in order of preference, if `node` dies. */
  spares: z.array(nodeIdSchema).max(16),
  equipment: z.string().max(80).optional(),
  /** Drawn by lot: so many processors of the plan's roster are this cell's, `node` and then `spares`. */
  drawn: z.number().int().min(1).max(maxDrawn).optional(),
});
export type PlanVertex = z.output<typeof planVertexSchema>;

export const planSchema = z.strictObject({
  id: queryIdSchema,
  network: z.string().min(1).max(80),
  name: z.string().max(80),
  purpose: z.string().max(80),
  /** Digest of the whole query, all alternatives included. */
  query: digestSchema,
  alternative: z.string().max(80),
  analyst: z.strictObject({ node: nodeIdSchema, principal: z.string().min(1).max(80) }),
  vertices: z.array(planVertexSchema).min(1).max(64),
  /** Canonical bytes of the roster that the drawn cells' nodes come from (core/draw); its purpose is `query`. */
  roster: z
    .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= maxRosterBytes, "a roster's bytes")
    .optional(),
  /** A plan that asks people: what it asks them. Part of the query, and so of its digest. */
  asked: askedSchema.optional(),
});
export type Plan = z.output<typeof planSchema>;

export interface PlanEdge {
  readonly id: EdgeId;
  readonly from: VertexId;
  readonly to: VertexId;
  /** Which input of `to` it feeds, from 0. */
  readonly input: number;
}

export function edgesOf(plan: Pick<Plan, "vertices">): PlanEdge[] {
  return plan.vertices.flatMap((vertex) =>
    vertex.inputs.map((from, input) => ({ id: edgeId(from, vertex.id, input), from, to: vertex.id, input })),
  );
}

export function vertexOf(plan: Pick<Plan, "vertices">, id: VertexId): PlanVertex | undefined {
  return plan.vertices.find((vertex) => vertex.id === id);
}

/**
 * Vertices in layers, producers first: layer 0 has no inputs, each later layer only inputs from earlier ones. Query
 * start walks it backwards (exits first, PBDS §6.5), query stop forwards. null when there is a cycle.
 */
export function layersOf(
  vertices: readonly { readonly id: VertexId; readonly inputs: readonly VertexId[] }[],
): VertexId[][] | null {
  const placed = new Map<VertexId, number>();
  const layers: VertexId[][] = [];
  while (placed.size < vertices.length) {
    const layer = vertices.filter(
      (vertex) => !placed.has(vertex.id) && vertex.inputs.every((from) => placed.has(from)),
    );
    if (layer.length === 0) return null;
    for (const vertex of layer) placed.set(vertex.id, layers.length);
    layers.push(layer.map((vertex) => vertex.id));
  }
  return layers;
}
