// Receipts: what a cell's prover signs (PIXIU §3.1, DESIGN §5): digests of what came in, of the operator, of what went
// out and the policy decision. Never data. Wire form and audit: docs/protocols/receipts.md.
import { z } from "zod";
import { digestSchema, nodeIdSchema, queryIdSchema } from "./id-schemas.ts";
import { assurances } from "./member.ts";
import { vertexIdSchema } from "./query.ts";

/** Batches per chunk. Chunks are aligned on the edge's own numbering, so both of its ends make the same roots. */
export const receiptChunkBatches = 64;

/** One end's account of one link: roots of the chunks completed since the last receipt, and of the open one. */
export const edgeAccountSchema = z.strictObject({
  edge: z.string().max(96),
  /** Incarnation of the cell at the other end. With the receipt's own it names the link; each link counts from 0. */
  peer: z.number().int().nonnegative(),
  /** Batches on this link so far. */
  batches: z.number().int().nonnegative(),
  records: z.number().int().nonnegative(),
  /** Index of the first chunk in `roots`. */
  firstChunk: z.number().int().nonnegative(),
  /** Digest over the roots of all chunks before `firstChunk`; absent when there are none. */
  past: digestSchema.optional(),
  roots: z.array(digestSchema).max(4096),
  /** Root over the batches of the chunk not yet full; absent when `batches` is a multiple of the chunk. */
  openRoot: digestSchema.optional(),
  /** The link has ended: this is its last account, with the roots of its last chunks once more. */
  closed: z.literal(true).optional(),
});
export type EdgeAccount = z.output<typeof edgeAccountSchema>;

export const receiptSchema = z.strictObject({
  query: queryIdSchema,
  plan: digestSchema,
  vertex: vertexIdSchema,
  node: nodeIdSchema,
  /** Counts the cells that ran this vertex: 0 for the first, +1 for each replacement. */
  incarnation: z.number().int().nonnegative(),
  operator: digestSchema,
  /** Digest of the policy that allowed it. */
  policy: digestSchema,
  assurance: z.enum(assurances),
  sequence: z.number().int().nonnegative(),
  /** Digest of this cell's previous receipt; absent for its first. */
  previous: digestSchema.optional(),
  /** All of its links in a whole receipt, else those on which something came. One ended link may be among them. */
  inputs: z.array(edgeAccountSchema).max(65),
  outputs: z.array(edgeAccountSchema).max(65),
  /** Stands for all receipts before it. */
  whole: z.boolean(),
  /** Links of this cell that have ended, each with an account in a receipt that is kept. */
  closedLinks: z.number().int().nonnegative(),
  /** Batches accepted that this cell could not deliver, reported so that nothing is lost silently. */
  undelivered: z.number().int().nonnegative(),
  final: z.boolean(),
});
export type Receipt = z.output<typeof receiptSchema>;
