// What the local API says of a draw.
import { z } from "zod";
import { digestSchema, nodeIdSchema } from "../core/model/index.ts";

const count = z.number().int().nonnegative();

export const drawOrderSchema = z.strictObject({
  actors: z.number().int().min(1).max(256),
  /** What the roster is for: the digest of a query. Absent: a purpose that nobody else has. */
  purpose: digestSchema.optional(),
});

const placed = z.object({
  node: nodeIdSchema,
  /** null: no longer known here. */
  name: z.string().nullable(),
  /** Place among all locations, from 0 to 1: what the first bits of its key's hash say. */
  at: z.number(),
});
export type PlacedView = z.output<typeof placed>;

const region = z.object({
  /** Share of the space. */
  size: z.number(),
  /** Nodes known in it. */
  nodes: count,
});

/** How many nodes there are, as one node can tell from the density round its place. */
const estimateSchema = z.object({
  nodes: count,
  /** With at least `confidence`, the true number is from `low` to `high`. */
  low: count,
  high: count,
  confidence: z.number(),
  /** The wider half of that interval as a share of `nodes`; 0: counted, not estimated. */
  error: z.number(),
  /** Nodes in the block that it rests on, and the block's share of the space. */
  cached: count,
  share: z.number(),
});
export type EstimateView = z.output<typeof estimateSchema>;

export const drawViewSchema = z.object({
  draw: digestSchema,
  purpose: digestSchema,
  sequence: count,
  nodes: count,
  estimate: estimateSchema,
  colluding: count,
  alpha: z.number(),
  trigger: placed,
  /** Where the lot fell, from 0 to 1. */
  lot: z.number(),
  /** Times that the lot fell anew because a region was too sparse. */
  attempt: count,
  restarts: count,
  tookMs: z.number(),
  beaconWitnesses: z.array(placed),
  rosterWitnesses: z.array(placed),
  actors: z.array(placed),
  regions: z.object({ r1: region, r2: region, r3: region }),
  /**
   * By rule, not counted: what the beacon and the roster of the last lot take of all nodes together, when nothing has to be
   * said twice. Restarts, and lots that fell before (`attempt`), come on top.
   */
  messages: count,
  /** The same of signatures made, and signatures and certificates verified. */
  operations: count,
  checks: z.array(z.object({ what: z.string(), holds: z.boolean(), operations: count, detail: z.string() })),
  /** Canonical bytes, base64: what `hedgerow draw verify` reads. */
  roster: z.base64(),
});
export type DrawView = z.output<typeof drawViewSchema>;

export const evidenceKinds = [
  "conflict",
  "broken-commitment",
  "false-candidates",
  "forged-list",
  "hidden-member",
] as const;

const reportSchema = z.object({
  node: nodeIdSchema,
  name: z.string().nullable(),
  /** It signed its own lie: as `says` tells, and as `evidence` proves to anybody. */
  proven: z.object({ kind: z.enum(evidenceKinds), says: z.string(), evidence: z.base64() }).nullable(),
  /** What only this node has seen. */
  seen: z.object({ code: z.string(), sentence: z.string(), times: count, lastMs: z.number() }).nullable(),
});
export type ReportView = z.output<typeof reportSchema>;

export const drawStateSchema = z.object({
  estimate: estimateSchema,
  colluding: count,
  alpha: z.number(),
  /** At most so probable: some colluding node could be witnessed by colluders only. */
  networkRisk: z.number(),
  /** In one draw, colluders only live where a lot falls; and in all that colluding nodes can draw in a day. */
  drawRisk: z.number(),
  dailyRisk: z.number(),
  /** The k-table that this node judges by; `expected` are the nodes in a region of that size. */
  rows: z.array(z.object({ k: count, rs: z.number(), expected: z.number() })),
  cache: z.object({
    /** Nodes that a region for candidates shall hold. */
    size: count,
    /** When attested caches came last, and from whom; null: not yet. */
    joinedMs: z.number().nullable(),
    from: z.array(z.object({ node: nodeIdSchema, name: z.string().nullable() })),
    /** Known from attested caches only. */
    vouched: count,
  }),
  reports: z.array(reportSchema),
});
export type DrawStateView = z.output<typeof drawStateSchema>;

/** Cells of a plan whose processors were drawn, and how much of it may collude. */
export const drawnInPlanSchema = z.object({
  /** `sees`: the attributes that the cell, and so its processor, reads. */
  cells: z.array(z.object({ cell: z.string(), processors: count, sees: z.array(z.string()) })),
  processors: count,
  colluding: count,
  nodes: count,
  alpha: z.number(),
  /** Of these processors, on average. */
  expectedColluding: z.number(),
  /** More collude in fewer than one plan of a thousand. */
  worstColluding: count,
  /** Where everybody is, from 0 to 1; absent where the roster cannot be read any more. */
  places: z
    .object({
      trigger: z.number(),
      lot: z.number(),
      beaconWitnesses: z.array(z.number()),
      rosterWitnesses: z.array(z.number()),
      processors: z.array(z.number()),
    })
    .optional(),
});
