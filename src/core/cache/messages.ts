// What nodes say to each other about caches, in the draw's control area. A draw's message is a map in canonical CBOR, one of
// these a list whose first entry names it: the first byte tells which it is.
import { z } from "zod";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../base/index.ts";
import { attestationSchema, evidenceSchema, signedSchema } from "./evidence.ts";
import { limits } from "./limits.ts";

const certificate = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length <= limits.maxCertificateBytes,
  "a certificate",
);
const papers = z.array(certificate).max(limits.maxPapers);
const hash = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32, "32 bytes");
const keys = z.array(hash).max(limits.maxPapers);

export const cacheMessageSchema = z.discriminatedUnion("type", [
  // a newcomer to those round its place: I am here; and back: you are on my list
  z.strictObject({ type: z.literal("cache-hello") }),
  z.strictObject({ type: z.literal("cache-acknowledged"), acknowledgement: signedSchema }),
  // a newcomer to its neighbours: your cache, attested
  z.strictObject({ type: z.literal("cache-ask") }),
  z.strictObject({
    type: z.literal("cache-given"),
    list: signedSchema,
    attestations: z.array(attestationSchema).min(1).max(limits.maxWitnesses),
    /** Of the attesting nodes, in the same order. */
    certificates: z.array(certificate).max(limits.maxWitnesses),
    /** The owner's, over list and attestations. */
    signature: signedSchema.shape.signature,
  }),
  // the owner to the witnesses of its region: attest this; they do, or say how their view differs
  z.strictObject({ type: z.literal("cache-attest"), list: signedSchema, papers }),
  z.strictObject({ type: z.literal("cache-attested"), list: hash, attestation: attestationSchema }),
  z.strictObject({ type: z.literal("cache-differs"), list: hash, missing: papers, unknown: keys }),
  // certificates of listed nodes
  z.strictObject({ type: z.literal("cache-want"), keys }),
  z.strictObject({ type: z.literal("cache-papers"), papers }),
  // to a node that a list leaves out: it may hold the owner's promise
  z.strictObject({ type: z.literal("cache-hidden"), list: signedSchema }),
  z.strictObject({ type: z.literal("evidence"), evidence: evidenceSchema }),
]);
export type CacheMessage = z.output<typeof cacheMessageSchema>;

const context = "hedgerow cache";

export function isCacheMessage(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0]! >> 5 === 4;
}

export function encodeCacheMessage(message: CacheMessage): Uint8Array {
  return toCanonical([context, message]);
}

export function decodeCacheMessage(bytes: Uint8Array): Result<CacheMessage> {
  const plain = fromCanonical(bytes, limits.maxMessageBytes);
  if (!plain.ok) return plain;
  const parsed = z.tuple([z.literal(context), cacheMessageSchema]).safeParse(plain.value);
  if (parsed.success) return accept(parsed.data[1]);
  return refuse("malformed", { detail: parsed.error.issues[0]?.message ?? "not a message" });
}
