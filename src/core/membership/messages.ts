// What members say to each other. Statements (records, suspicions, goodbyes, revocations) are signed and travel as the
// bytes that were signed; whoever relays one has checked it, so a relayer of a bad one is a liar.
import { z } from "zod";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../base/index.ts";
import { nodeIdSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

const bytesUpTo = (max: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= max, `not bytes, or over ${max}`);
const bytesOf = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `not ${length} bytes`);

/** A node's record with the certificate that makes its key a member's. */
export const announcementSchema = z.strictObject({
  kind: z.literal("record"),
  body: bytesUpTo(limits.maxRecordBytes),
  signature: bytesOf(64),
  certificate: bytesUpTo(limits.maxCertificateBytes),
});
export type Announcement = z.output<typeof announcementSchema>;

function statementSchema<Kind extends "suspicion" | "goodbye" | "revocation">(kind: Kind) {
  return z.strictObject({
    kind: z.literal(kind),
    body: bytesUpTo(limits.maxStatementBytes),
    signature: bytesOf(64),
  });
}
export const suspicionStatementSchema = statementSchema("suspicion");
export const goodbyeStatementSchema = statementSchema("goodbye");
export const revocationStatementSchema = statementSchema("revocation");
export type SuspicionStatement = z.output<typeof suspicionStatementSchema>;
export type GoodbyeStatement = z.output<typeof goodbyeStatementSchema>;
export type RevocationStatement = z.output<typeof revocationStatementSchema>;

/** Two different records of one node under one sequence: the proof of its lie. */
export const conflictSchema = z.strictObject({
  kind: z.literal("conflict"),
  first: announcementSchema,
  second: announcementSchema,
});
export type ConflictProof = z.output<typeof conflictSchema>;

export const wireItemSchema = z.discriminatedUnion("kind", [
  announcementSchema,
  suspicionStatementSchema,
  goodbyeStatementSchema,
  revocationStatementSchema,
  conflictSchema,
]);
export type WireItem = z.output<typeof wireItemSchema>;

/** What a suspicion says, signed by the accuser: I cannot reach this node under this record. */
export const suspicionSchema = z.strictObject({
  type: z.literal("suspicion"),
  network: z.string().min(1).max(80),
  suspect: nodeIdSchema,
  sequence: z.number().int().nonnegative(),
  accuser: nodeIdSchema,
  atMs: z.number(),
});
/** What a goodbye says, signed by the leaving node: forget me at once. */
export const goodbyeSchema = z.strictObject({
  type: z.literal("goodbye"),
  network: z.string().min(1).max(80),
  node: nodeIdSchema,
  sequence: z.number().int().nonnegative(),
});

const digestSchema = bytesOf(8);
const entrySchema = z.tuple([
  nodeIdSchema,
  /** 0 a member's record, 1 an exclusion or a revocation. */
  z.union([z.literal(0), z.literal(1)]),
  z.number().int().nonnegative(),
  digestSchema,
]);
export type Entry = z.output<typeof entrySchema>;

export const membershipMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("probe"), nonce: z.number().int().nonnegative(), digest: digestSchema }),
  z.strictObject({ type: z.literal("alive"), nonce: z.number().int().nonnegative(), digest: digestSchema }),
  z.strictObject({ type: z.literal("tell"), items: z.array(wireItemSchema).min(1).max(limits.maxItemsPerMessage) }),
  /** Opens an exchange after two digests differed: the digest of each bucket. */
  z.strictObject({ type: z.literal("compare"), buckets: bytesOf(limits.buckets * 8) }),
  /** Its answer: what the answerer holds in the buckets that differ and that it covered (one bit each). */
  z.strictObject({
    type: z.literal("entries"),
    covered: bytesOf(limits.buckets / 8),
    entries: z.array(entrySchema).max(limits.maxEntriesPerMessage),
  }),
  z.strictObject({ type: z.literal("want"), nodes: z.array(nodeIdSchema).min(1).max(limits.maxEntriesPerMessage) }),
]);
export type MembershipMessage = z.output<typeof membershipMessageSchema>;

export function encodeMessage(message: MembershipMessage): Uint8Array {
  return toCanonical(message);
}

export function decodeMessage(bytes: Uint8Array): Result<MembershipMessage> {
  const value = fromCanonical(bytes, limits.maxMessageBytes);
  if (!value.ok) return value;
  const parsed = membershipMessageSchema.safeParse(value.value);
  if (!parsed.success) return refuse("malformed", { detail: parsed.error.issues[0]?.message ?? "not a message" });
  return accept(parsed.data);
}

/** About how many bytes a message takes, without encoding it: for paging, and for the simulator's count. */
export function sizeOfMessage(message: MembershipMessage): number {
  switch (message.type) {
    case "probe":
    case "alive":
      return 48;
    case "tell":
      return 16 + message.items.reduce((sum, item) => sum + sizeOfItem(item), 0);
    case "compare":
      return 32 + message.buckets.length;
    case "entries":
      return 48 + message.entries.length * 76;
    case "want":
      return 16 + message.nodes.length * 54;
  }
}

export function sizeOfItem(item: WireItem): number {
  if (item.kind === "conflict") return 32 + sizeOfItem(item.first) + sizeOfItem(item.second);
  return 48 + item.body.length + item.signature.length + (item.kind === "record" ? item.certificate.length + 16 : 0);
}
