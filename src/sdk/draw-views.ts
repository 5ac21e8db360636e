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

export const drawViewSchema = z.object({
  draw: digestSchema,
  purpose: digestSchema,
  sequence: count,
  nodes: count,
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
  /** Of all nodes together, when nothing has to be said twice. */
  messages: count,
  /** Signatures made, and signatures and certificates verified, by all nodes together, none known before. */
  operations: count,
  checks: z.array(z.object({ what: z.string(), holds: z.boolean(), operations: count, detail: z.string() })),
  /** Canonical bytes, base64: what `hedgerow draw verify` reads. */
  roster: z.base64(),
});
export type DrawView = z.output<typeof drawViewSchema>;
