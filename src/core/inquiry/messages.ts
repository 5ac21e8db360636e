// Inquiries: what one node may ask another outside any protocol with states of its own: whether it is there and what its
// clock says, how its cells are doing, and the receipts they signed (the audit, PIXIU §3.2). One question, one answer.
// Receipts and leaves go to the query's analyst and the nodes of its plan (readers.ts); statistics to the analyst alone.
import { z } from "zod";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../base/index.ts";
import { queryIdSchema, vertexIdSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

const count = z.number().int().nonnegative();
const edgeName = z.string().max(96);

/** A place in all receipts of a query at one node. */
const placeSchema = z.strictObject({ vertex: vertexIdSchema, incarnation: count, sequence: count });

export const questionSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ping") }),
  z.strictObject({ type: z.literal("statistics"), query: queryIdSchema }),
  z.strictObject({ type: z.literal("receipts"), query: queryIdSchema, from: placeSchema.optional() }),
  z.strictObject({
    type: z.literal("leaves"),
    query: queryIdSchema,
    vertex: vertexIdSchema,
    incarnation: count,
    edge: edgeName,
    /** Incarnation of the cell at the other end. */
    peer: count,
    chunk: count,
  }),
]);
export type Question = z.output<typeof questionSchema>;

export const cellStatisticsSchema = z.strictObject({
  vertex: vertexIdSchema,
  incarnation: count,
  state: z.enum(["preparing", "ready", "running", "draining", "ended", "failed"]),
  recordsIn: count,
  recordsOut: count,
  recordsInPerSecond: z.number(),
  recordsOutPerSecond: z.number(),
  batchesIn: count,
  batchesOut: count,
});
export type CellStatistics = z.output<typeof cellStatisticsSchema>;

export const replySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("pong"), nowMs: z.number() }),
  z.strictObject({ type: z.literal("statistics"), cells: z.array(cellStatisticsSchema).max(limits.maxCells) }),
  z.strictObject({
    type: z.literal("receipts"),
    /** Signed envelopes, as the cells made them. */
    envelopes: z.array(z.instanceof(Uint8Array)).max(limits.maxReceiptsPerAnswer),
    /** Ask again from here; absent when this was the last. */
    next: placeSchema.optional(),
  }),
  z.strictObject({
    type: z.literal("leaves"),
    leaves: z.array(z.instanceof(Uint8Array)).max(limits.maxLeavesPerAnswer),
  }),
  z.strictObject({ type: z.literal("refused"), code: z.string().max(64) }),
]);
export type Reply = z.output<typeof replySchema>;

export const inquirySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ask"), number: count, question: questionSchema }),
  z.strictObject({ type: z.literal("answer"), number: count, reply: replySchema }),
]);
export type Inquiry = z.output<typeof inquirySchema>;

export function encodeInquiry(inquiry: Inquiry): Uint8Array {
  return toCanonical(inquiry);
}

export function decodeInquiry(bytes: Uint8Array): Result<Inquiry> {
  const plain = fromCanonical(bytes, limits.maxMessageBytes);
  if (!plain.ok) return plain;
  const parsed = inquirySchema.safeParse(plain.value);
  return parsed.success ? accept(parsed.data) : refuse("malformed", { detail: parsed.error.issues[0]?.message ?? "" });
}

/**
 * Of bytes that `decodeInquiry` refuses: the number of the question that they answer. null: it cannot be told; undefined: they were a
 * question, not an answer.
 */
export function answeredBy(bytes: Uint8Array): number | null | undefined {
  const plain = fromCanonical(bytes, limits.maxMessageBytes);
  if (!plain.ok || typeof plain.value !== "object" || plain.value === null) return null;
  const { type, number } = plain.value as { type?: unknown; number?: unknown };
  if (type === "ask") return undefined;
  return typeof number === "number" ? number : null;
}
