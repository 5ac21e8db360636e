// What the nodes of a question tell each other (docs/protocols/asking.md). Bounded before anything is built. Two things are sealed and have schemas
// of their own: a layer, which only its forwarder reads, and a share, which only its indexer does.
import { z } from "zod";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../base/index.ts";
import { digestSchema, messageSchema, nodeIdSchema, queryIdSchema, vertexIdSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `${length} bytes`);
const someBytes = (most: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= most, `at most ${most} bytes`);

export const keyBytes = 32;
export const labelBytes = 16;
export const tagBytes = 16;
export const podBytes = 16;
export const saltBytes = 32;
/** Of a contact's node its public key, its pod, and the check value (entries.ts). */
export const entryBytes = 32 + podBytes + 16;

const number = z.number().int().nonnegative();
const instantMs = z.number().int().nonnegative();
const point = z.number().int().min(1).max(limits.shares);
const sealed = someBytes(limits.maxSealedBytes);
const plan = someBytes(limits.maxPlanBytes);

/** A gatherer as `find` knows it: the fresh key of the cell, and what binds it to node, plan and operator. */
export const gathererSchema = z.strictObject({
  cell: vertexIdSchema,
  node: nodeIdSchema,
  incarnation: z.number().int().min(0).max(65_535),
  publicKey: bytes(32),
  evidence: someBytes(32 * 1024),
});
export type GathererPaper = z.output<typeof gathererSchema>;

/** A message that a question brings, and what hides it in its commitment. */
export const messageOpeningSchema = z.strictObject({ salt: bytes(saltBytes), text: messageSchema });
export type MessageOpening = z.output<typeof messageOpeningSchema>;

export const askMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("forward"), sealed: someBytes(limits.maxForwardBytes) }),
  z.strictObject({ type: z.literal("publish"), sealed: someBytes(limits.maxPublishBytes) }),
  z.strictObject({
    type: z.literal("lookup"),
    number,
    plan,
    keys: z.array(bytes(keyBytes)).min(1).max(limits.keysPerLookup),
    /** Where the page begins, as the page before said. */
    from: number,
  }),
  z.strictObject({
    type: z.literal("shares"),
    number,
    shares: z
      .array(
        z.strictObject({
          /** Index of its key in the look-up. */
          key: z.number().int().min(0).max(limits.keysPerLookup),
          point,
          label: bytes(labelBytes),
          share: bytes(entryBytes),
        }),
      )
      .max(limits.sharesPerPage),
    /** Ask again from here; absent: this was the last page. */
    next: number.optional(),
  }),
  z.strictObject({
    type: z.literal("call"),
    number,
    plan,
    gatherers: z.array(gathererSchema).min(1).max(16),
    people: z
      .array(z.strictObject({ pod: bytes(podBytes), tag: bytes(tagBytes) }))
      .min(1)
      .max(limits.podsPerCall),
    /** From now on; what arrives later counts no more. No instant: clocks differ by more than some questions last. */
    leftMs: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400_000),
    /** What the plan has a commitment to. */
    message: messageOpeningSchema.optional(),
  }),
  /** From `find`'s node to the analyst's. */
  z.strictObject({ type: z.literal("go-ask"), query: queryIdSchema, number }),
  z.strictObject({ type: z.literal("go"), number, message: messageOpeningSchema.optional() }),
  /** A call has come, and its plan is in order. Not what anybody decided. */
  z.strictObject({ type: z.literal("called"), number }),
  z.strictObject({ type: z.literal("deliver"), query: queryIdSchema, cell: vertexIdSchema, sealed }),
  /** `from`: how much of what has come is known already. */
  z.strictObject({ type: z.literal("come-ask"), query: queryIdSchema, cell: vertexIdSchema, number, from: number }),
  z.strictObject({
    type: z.literal("come"),
    query: queryIdSchema,
    cell: vertexIdSchema,
    number,
    from: number,
    /** Hashes of tags, one after the other; there may be more when the page is full. */
    tags: someBytes(limits.comePerPage * 32),
  }),
  /** From the total's node to every member: what came out of a round whose answer is for everybody who was asked. */
  z.strictObject({ type: z.literal("answer"), round: digestSchema, answer: z.string().max(limits.maxAnswerChars) }),
  z.strictObject({ type: z.literal("ask-refused"), number, code: z.string().max(64) }),
]);
export type AskMessage = z.output<typeof askMessageSchema>;
export type AskMessageOf<Type extends AskMessage["type"]> = Extract<AskMessage, { type: Type }>;

export function encodeAsk(message: AskMessage): Uint8Array {
  return toCanonical(message);
}
export function decodeAsk(bytes: Uint8Array): Result<AskMessage> {
  return decoded(bytes, askMessageSchema, limits.maxMessageBytes);
}

/** What a forwarder finds in a layer. */
export const layerSchema = z.strictObject({ to: nodeIdSchema, body: someBytes(limits.maxForwardBytes) });
export type Layer = z.output<typeof layerSchema>;

export function encodeLayer(layer: Layer): Uint8Array {
  return toCanonical(layer);
}
export function decodeLayer(bytes: Uint8Array): Result<Layer> {
  return fromSeal(decoded(bytes, layerSchema, limits.maxForwardBytes));
}

/** One share of one entry, as an indexer stores it. */
export const placedShareSchema = z.strictObject({
  key: bytes(keyBytes),
  point,
  label: bytes(labelBytes),
  share: bytes(entryBytes),
  untilMs: instantMs,
});
export type PlacedShare = z.output<typeof placedShareSchema>;

export function encodeShare(share: PlacedShare): Uint8Array {
  return toCanonical(share);
}
export function decodeShare(bytes: Uint8Array): Result<PlacedShare> {
  return decoded(bytes, placedShareSchema, 1_024);
}

/** What one `publish` carries: shares for one indexer, no two of one person. */
const sharesSchema = z.array(placedShareSchema).min(1).max(limits.sharesPerPublish);

export function encodeShares(shares: readonly PlacedShare[]): Uint8Array {
  return toCanonical(shares);
}
export function decodeShares(bytes: Uint8Array): Result<PlacedShare[]> {
  return fromSeal(decoded(bytes, sharesSchema, limits.maxPublishBytes));
}

/** What a gatherer opens. Of one size for one question, whatever it carries. */
export const contributionSchema = z.strictObject({
  tag: bytes(tagBytes),
  contribution: someBytes(limits.maxContributionBytes),
});
export type TaggedContribution = z.output<typeof contributionSchema>;

export function encodeContribution(contribution: TaggedContribution): Uint8Array {
  return toCanonical(contribution);
}
export function decodeContribution(bytes: Uint8Array): Result<TaggedContribution> {
  return fromSeal(decoded(bytes, contributionSchema, limits.maxSealedBytes));
}

/** Who brings a seal cannot look into it: what is wrong inside is no fault of theirs, and who sealed it is not known. */
export function fromSeal<T>(read: Result<T>): Result<T> {
  if (read.ok) return read;
  return refuse("ask-content", { detail: read.detail === undefined ? read.code : `${read.code}: ${read.detail}` });
}

function decoded<T>(bytes: Uint8Array, schema: z.ZodType<T>, most: number): Result<T> {
  const plain = fromCanonical(bytes, most);
  if (!plain.ok) return plain;
  const parsed = schema.safeParse(plain.value);
  if (parsed.success) return accept(parsed.data);
  const issue = parsed.error.issues[0]!;
  return refuse("malformed", { detail: `${issue.path.join(".")}: ${issue.message}` });
}
