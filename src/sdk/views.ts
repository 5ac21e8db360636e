// What the local API says about a node, its peers and its queries: schemas, and the types that derive from them. These
// are pictures for people and programs, made when asked; the machines' own state stays in the daemon. Answers are plain
// (not strict) objects, so that an older client still reads a newer daemon.
import { z } from "zod";
import {
  assurances,
  attributeSchema,
  digestSchema,
  nodeFunctions,
  nodeIdSchema,
  operatorKinds,
  policySchema,
  queryIdSchema,
  recordShapeSchema,
  roles,
  vertexIdSchema,
} from "../core/model/index.ts";
import { answerSchema as peopleAnswerSchema } from "../core/terms/index.ts";
import { drawnInPlanSchema } from "./draw-views.ts";

const count = z.number().int().nonnegative();
const assurance = z.enum(assurances);
/** Milliseconds since 1970 on the wall clock of the node that answers. */
const instantMs = z.number();

/** Why something is not as one would like: a refusal's code and sentence, and what it is about. */
export const reasonSchema = z.object({
  code: z.string(),
  sentence: z.string(),
  detail: z.string().optional(),
  node: z.string().optional(),
  nodeName: z.string().optional(),
  vertex: z.string().optional(),
  edge: z.string().optional(),
  attribute: z.string().optional(),
});
export type Reason = z.output<typeof reasonSchema>;

/** One fault of a query's text: where it is, what is wrong, what to write instead. Lines and columns count from 1. */
export const faultSchema = z.object({
  code: z.string(),
  file: z.string(),
  line: count,
  column: count,
  /** Path of the key at fault, such as `plans[0].vertices[2].params.attribute`. */
  path: z.string(),
  message: z.string(),
  remedy: z.string(),
});
export type FaultView = z.output<typeof faultSchema>;

// --- the node ---

export const clockViewSchema = z.object({
  wallMs: instantMs,
  monotonicMs: z.number(),
  /** How far the peers' clocks are ahead of ours, as the median over those that answered; null while nobody has. */
  peersAheadMs: z.number().nullable(),
});

export const diskViewSchema = z.object({
  folder: z.string(),
  freeBytes: count,
  usedBytes: count,
});

export const statusSchema = z.object({
  node: nodeIdSchema,
  name: z.string(),
  network: z.string(),
  principal: z.string(),
  roles: z.array(z.enum(roles)),
  functions: z.array(z.enum(nodeFunctions)),
  assurance,
  version: z.string(),
  addresses: z.array(z.string()),
  uptimeMs: z.number(),
  process: z.number().int(),
  peers: z.object({ known: count, connected: count }),
  queries: z.object({ active: count, settled: count }),
  /** Cells that run on this node now. */
  cells: count,
  disk: diskViewSchema,
  clock: clockViewSchema,
  certificate: z.object({ serial: z.string(), notAfterMs: instantMs }),
  /** Whose pods the node keeps; shares of them that are still to be published; shares of others that it indexes. */
  people: z.object({ kept: count, unpublished: count, indexed: count }),
});
export type StatusView = z.output<typeof statusSchema>;

export const livenesses = ["alive", "suspect", "gone"] as const;
export const peerSchema = z.object({
  node: nodeIdSchema,
  name: z.string(),
  principal: z.string().nullable(),
  roles: z.array(z.enum(roles)),
  functions: z.array(z.enum(nodeFunctions)),
  liveness: z.enum(livenesses),
  connected: z.boolean(),
  addresses: z.array(z.string()),
  /** Milliseconds since we last heard of it; null if never directly. */
  heardAgoMs: z.number().nullable(),
  assurance: assurance.nullable(),
  version: z.string(),
  /** The policy it announced. */
  policy: policySchema,
  equipment: z.array(z.object({ name: z.string(), kind: z.enum(["sensor", "outlet"]), exclusive: z.boolean() })),
  provenLie: z.string().optional(),
});
export type PeerView = z.output<typeof peerSchema>;

/** A node that died or left; it is remembered for a week. */
export const departedPeerSchema = z.object({
  node: nodeIdSchema,
  name: z.string(),
  /** Whether it said goodbye, or stopped answering. */
  how: z.enum(["left", "died"]),
  agoMs: z.number(),
  provenLie: z.string().optional(),
});
export type DepartedPeerView = z.output<typeof departedPeerSchema>;

export const healthSchema = z.object({
  healthy: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});
export type HealthView = z.output<typeof healthSchema>;

/** What `hedgerow doctor` needs to know and only the daemon can say. It judges; the daemon only states. */
export const doctorFactsSchema = z.object({
  nodeVersion: z.string(),
  version: z.string(),
  certificate: z.object({
    valid: z.boolean(),
    /** Why it is not valid. */
    problem: z.string().optional(),
    serial: z.string(),
    notBeforeMs: instantMs,
    notAfterMs: instantMs,
  }),
  listening: z.array(z.object({ address: z.string(), loopbackOnly: z.boolean() })),
  disk: diskViewSchema,
  clock: clockViewSchema,
  peers: z.array(
    z.object({
      node: nodeIdSchema,
      name: z.string(),
      reachable: z.boolean(),
      roundTripMs: z.number().nullable(),
      /** The peer's clock minus ours; null when the peer did not say. */
      clockAheadMs: z.number().nullable(),
      problem: z.string().optional(),
    }),
  ),
  /** Configured peers (bootstrap addresses) that never answered. */
  unreachable: z.array(z.object({ address: z.string(), problem: z.string() })),
  /** Members whose lie in a draw or about a cache is proven, and who are not revoked yet. */
  liars: z.array(z.object({ node: nodeIdSchema, name: z.string(), says: z.string() })).optional(),
});
export type DoctorFacts = z.output<typeof doctorFactsSchema>;

// --- queries ---

/** Where a query is in its life (DESIGN §1). `degraded` runs, but not as planned; `settled` is the end. */
export const queryPhases = ["instantiating", "starting", "running", "degraded", "stopping", "settled"] as const;
export type QueryPhase = (typeof queryPhases)[number];

export const outcomes = ["completed", "stopped", "refused", "failed"] as const;
/**
 * How a settled query ended: `completed` its sources ran out; `stopped` somebody asked; `refused` a participant or a
 * policy said no before it ran, and it was rolled back everywhere; `failed` it could not be set up or kept running.
 */
export type Outcome = (typeof outcomes)[number];

export const outcomeSchema = z.object({
  outcome: z.enum(outcomes),
  reasons: z.array(reasonSchema),
  /** Batches accepted somewhere and not delivered: reported, never silent. */
  undelivered: count,
  /** What went with nodes that died: the most batches it can be, null where nobody can tell. Never in `undelivered`. */
  losses: z
    .array(
      z.object({
        vertex: z.string(),
        incarnation: count,
        node: z.string(),
        nodeName: z.string(),
        mostBatches: count.nullable(),
      }),
    )
    .default([]),
  settledAtMs: instantMs,
});
export type OutcomeView = z.output<typeof outcomeSchema>;

/** What one node gets to see in a plan. */
export const exposureSchema = z.object({
  node: nodeIdSchema,
  name: z.string(),
  vertices: z.array(vertexIdSchema),
  attributes: z.array(attributeSchema),
});

/**
 * A plan that does not run, and why. `tried`: the id under which it was set up until a node's policy refused it; absent
 * where planning passed it over.
 */
export const skippedAlternativeSchema = z.object({
  alternative: z.string(),
  reasons: z.array(reasonSchema),
  tried: queryIdSchema.optional(),
});

const plannedVertex = {
  id: vertexIdSchema,
  operator: z.string(),
  kind: z.enum(operatorKinds),
  params: z.record(z.string(), z.unknown()).default({}),
  /** True for an operator that the analyst brought. */
  own: z.boolean(),
  node: nodeIdSchema,
  nodeName: z.string(),
  inputs: z.array(vertexIdSchema),
  consumes: z.array(attributeSchema),
  /** null for a sink. */
  produces: recordShapeSchema.nullable(),
  equipment: z.string().optional(),
};
const plannedEdge = {
  id: z.string(),
  from: vertexIdSchema,
  to: vertexIdSchema,
  input: count,
  carries: z.array(attributeSchema),
};

export const planViewSchema = z.object({
  name: z.string(),
  purpose: z.string(),
  query: digestSchema,
  alternative: z.string(),
  vertices: z.array(
    z.object({ ...plannedVertex, spares: z.array(z.object({ node: nodeIdSchema, name: z.string() })) }),
  ),
  edges: z.array(z.object(plannedEdge)),
  exposure: z.array(exposureSchema),
  /** Cells whose processors were drawn by lot; null: none was. */
  drawn: drawnInPlanSchema.nullable().default(null),
  skipped: z.array(skippedAlternativeSchema),
});
export type PlanView = z.output<typeof planViewSchema>;

export const cellStates = ["preparing", "ready", "running", "draining", "ended", "failed", "gone"] as const;

export const queryViewSchema = z.object({
  id: queryIdSchema,
  name: z.string(),
  purpose: z.string(),
  alternative: z.string(),
  query: digestSchema,
  plan: digestSchema,
  phase: z.enum(queryPhases),
  /** Why it is degraded, or what it waits for; empty when all is as planned. */
  reasons: z.array(reasonSchema),
  startedAtMs: instantMs,
  /** From the request to running, on the monotonic clock; null until it runs. */
  setupMs: z.number().nullable(),
  vertices: z.array(
    z.object({
      ...plannedVertex,
      /** Counts the cells that ran this vertex: above 0 after a replacement. */
      incarnation: count,
      /** The cells before this one, which ran or were to run elsewhere, and why they were replaced. */
      former: z
        .array(
          z.object({ incarnation: count, node: nodeIdSchema, nodeName: z.string(), reason: reasonSchema.optional() }),
        )
        .default([]),
      state: z.enum(cellStates),
      recordsIn: count,
      recordsOut: count,
      recordsInPerSecond: z.number(),
      recordsOutPerSecond: z.number(),
    }),
  ),
  edges: z.array(z.object({ ...plannedEdge, batches: count, records: count })),
  skipped: z.array(skippedAlternativeSchema),
  /** null until settled. */
  outcome: outcomeSchema.nullable(),
  /** null until the query has settled: only then they are counted. */
  receipts: count.nullable(),
  /** The lowest that took part; null until the cells have acknowledged. */
  assurance: assurance.nullable(),
});
export type QueryView = z.output<typeof queryViewSchema>;

export const querySummarySchema = z.object({
  id: queryIdSchema,
  name: z.string(),
  phase: z.enum(queryPhases),
  outcome: z.enum(outcomes).nullable(),
  startedAtMs: instantMs,
  setupMs: z.number().nullable(),
  vertices: count,
  nodes: count,
  /** Whether this node asked the query or only takes part in it. */
  part: z.enum(["analyst", "participant"]),
});
export type QuerySummary = z.output<typeof querySummarySchema>;

export const logLevels = ["debug", "info", "warn", "error"] as const;
export const logLineSchema = z.object({
  atMs: instantMs,
  level: z.enum(logLevels),
  /** A fixed event name, such as `cell-ready`. */
  event: z.string(),
  text: z.string(),
  node: z.string().optional(),
  nodeName: z.string().optional(),
  vertex: z.string().optional(),
});
export type LogLine = z.output<typeof logLineSchema>;

/** int64 and timestamp come as numbers while they are exact, else as decimal strings; bytes come as base64. */
const cellValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const resultItemSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("rows"),
    /** Position in the query's results, from 0: ask again with `from` to go on where you stopped. */
    sequence: count,
    vertex: vertexIdSchema,
    node: nodeIdSchema,
    rows: z.array(z.record(z.string(), cellValue)),
  }),
  /** Of a question about people, once, when it is whole. */
  z.object({ type: z.literal("answer"), sequence: count, answer: peopleAnswerSchema }),
  /** A line that a printing sink wrote. */
  z.object({ type: z.literal("line"), sequence: count, vertex: vertexIdSchema, node: nodeIdSchema, text: z.string() }),
  /** Results that the node no longer holds, because nobody fetched them in time. */
  z.object({ type: z.literal("missed"), sequence: count, items: count }),
  /** The last item, once the query has settled. */
  z.object({ type: z.literal("settled"), outcome: outcomeSchema, assurance: assurance.nullable() }),
]);
export type ResultItem = z.output<typeof resultItemSchema>;

/** What came out of a question about people. */
export type PeopleAnswer = z.output<typeof peopleAnswerSchema>;
export type PeopleValue = PeopleAnswer["rows"][number][number];
