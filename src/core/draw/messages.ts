// What the nodes of a draw tell each other (SEP2P §3.4 and §3.5), and what they sign. Bounded before anything is built.
import { z } from "zod";
import type { Digest } from "../base/index.ts";
import {
  accept,
  digestPattern,
  fromCanonical,
  type NodeId,
  nodeIdPattern,
  type Result,
  refuse,
  toCanonical,
} from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Location } from "./location.ts";

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `${length} bytes`);
const someBytes = (most: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= most, `at most ${most} bytes`);
const nodeId = z.custom<NodeId>((value) => typeof value === "string" && nodeIdPattern.test(value), "a node id");
const digest = z.custom<Digest>((value) => typeof value === "string" && digestPattern.test(value), "a digest");
const instantMs = z.number().int().nonnegative();
const hash = bytes(32);
const signature = bytes(64);
const certificate = someBytes(limits.maxCertificateBytes);
const attempt = z.number().int().min(0).max(limits.maxAttempts);
const spread = z.number().int().min(0).max(limits.maxSpread);
const witnesses = z.array(nodeId).min(1).max(limits.maxWitnesses);

/** What is drawn, for what: fixed by the trigger before anybody knows a random bit. Its digest names the draw. */
export const drawHeaderSchema = z.strictObject({
  network: z.string().min(1).max(80),
  trigger: nodeId,
  /** Grows with each draw of this trigger. Its witnesses serve each once. */
  sequence: z.number().int().nonnegative(),
  /** What the roster may be used for: the digest of a query. */
  purpose: digest,
  /** Processors wanted. */
  actors: z.number().int().min(1).max(limits.maxActors),
  /** R3 has a share of 2^-spread of the space. */
  spread,
  /** On the trigger's clock. */
  atMs: instantMs,
});
export type DrawHeader = z.output<typeof drawHeaderSchema>;

/** One witness' part of a beacon: its random value, under a signature that covers all commitments. */
export const beaconPartSchema = z.strictObject({ certificate, random: hash, atMs: instantMs, signature });
export type BeaconPart = z.output<typeof beaconPartSchema>;

/** The verifiable random of SEP2P §3.4: a transcript from which anybody can verify it. */
export const beaconSchema = z.strictObject({
  header: drawHeaderSchema,
  parts: z.array(beaconPartSchema).min(1).max(limits.maxWitnesses),
});
export type Beacon = z.output<typeof beaconSchema>;

/** A witness says that R3 round the point of this attempt had too few candidates, so the lot falls again. */
export const sparseSchema = z.strictObject({ certificate, atMs: instantMs, signature });
export type Sparse = z.output<typeof sparseSchema>;

export const rosterWitnessSchema = z.strictObject({ certificate, atMs: instantMs, signature });

/**
 * The verifiable actor list of SEP2P §3.5: processors drawn by lot, signed by k witnesses at least one of whom is honest. First by
 * those round the lot, who drew; then, as everybody else reads it, by those round the trigger, who know that the lot fell by chance.
 */
export const rosterSchema = z.strictObject({
  header: drawHeaderSchema,
  /** RND_T, which the witnesses verified. */
  random: hash,
  /** How often the lot fell anew because a region was too sparse. */
  attempt,
  actors: z.array(nodeId).min(1).max(limits.maxActors),
  witnesses: z.array(rosterWitnessSchema).min(1).max(limits.maxWitnesses),
});
export type Roster = z.output<typeof rosterSchema>;
/** As the witnesses round the lot signed it: for the trigger and its witnesses, and for nobody else. */
export type DrawnList = Roster;

/** What one witness of a roster disclosed: its random value and the candidates it knows, public keys one after the other. */
export const disclosureSchema = z.strictObject({
  witness: nodeId,
  random: hash,
  candidates: someBytes(32 * limits.maxCandidates),
  signature,
});
export type Disclosure = z.output<typeof disclosureSchema>;

const commitments = z.array(hash).min(1).max(limits.maxWitnesses);

/** What shows that somebody lied, or that a refusal holds (evidence.ts). */
export const evidenceSchema = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("part"), commitments, part: beaconPartSchema }),
  z.strictObject({
    what: z.literal("disclosure"),
    attempt,
    lot: z.custom<Location>((value) => value instanceof Uint8Array && value.length === 32, "32 bytes"),
    spread,
    commitments,
    certificate,
    disclosure: disclosureSchema,
  }),
  z.strictObject({ what: z.literal("nearer"), certificate }),
]);
export type Evidence = z.output<typeof evidenceSchema>;

const papers = z.array(certificate).max(limits.maxActors);
const sparse = z.array(z.array(sparseSchema).max(limits.maxWitnesses)).max(limits.maxAttempts);

export const drawMessageSchema = z.discriminatedUnion("type", [
  // trigger and its witnesses
  z.strictObject({ type: z.literal("beacon-ask"), header: drawHeaderSchema, witnesses }),
  z.strictObject({ type: z.literal("beacon-commit"), draw: digest, commitment: hash }),
  z.strictObject({ type: z.literal("beacon-list"), draw: digest, commitments }),
  z.strictObject({ type: z.literal("beacon-reveal"), draw: digest, part: beaconPartSchema }),
  // to the setter: where the lot fell
  z.strictObject({ type: z.literal("roster-start"), beacon: beaconSchema, attempt, sparse }),
  // setter and its witnesses
  z.strictObject({ type: z.literal("roster-ask"), beacon: beaconSchema, attempt, sparse, witnesses }),
  z.strictObject({ type: z.literal("roster-commit"), draw: digest, attempt, commitment: hash }),
  z.strictObject({ type: z.literal("roster-commitments"), draw: digest, attempt, commitments }),
  z.strictObject({ type: z.literal("roster-disclose"), draw: digest, attempt, disclosure: disclosureSchema }),
  z.strictObject({
    type: z.literal("roster-want"),
    draw: digest,
    attempt,
    nodes: z.array(nodeId).max(limits.maxActors),
  }),
  z.strictObject({ type: z.literal("roster-papers"), draw: digest, attempt, papers }),
  z.strictObject({
    type: z.literal("roster-list"),
    draw: digest,
    attempt,
    disclosures: z.array(disclosureSchema).min(1).max(limits.maxWitnesses),
    papers,
  }),
  z.strictObject({ type: z.literal("roster-sign"), draw: digest, attempt, signed: rosterWitnessSchema }),
  z.strictObject({ type: z.literal("roster-sparse"), draw: digest, attempt, signed: sparseSchema }),
  // setter to trigger: the roster; or the witnesses' word that the region was too sparse, for the next setter
  z.strictObject({
    type: z.literal("roster-moved"),
    draw: digest,
    attempt,
    signed: z.array(sparseSchema).min(1).max(limits.maxWitnesses),
  }),
  z.strictObject({ type: z.literal("roster-done"), roster: rosterSchema }),
  // trigger and its witnesses again: what was drawn, the values it was drawn by, and why the lot fell anew
  z.strictObject({
    type: z.literal("roster-seal"),
    draw: digest,
    drawn: rosterSchema,
    values: z.array(hash).min(1).max(limits.maxWitnesses),
    sparse,
  }),
  z.strictObject({ type: z.literal("roster-sealed"), draw: digest, sealed: rosterWitnessSchema }),
  // anybody to whoever asked: no, why, and what shows it
  z.strictObject({
    type: z.literal("draw-refused"),
    draw: digest,
    code: z.string().max(64),
    blame: nodeId.optional(),
    evidence: evidenceSchema.optional(),
  }),
]);
export type DrawMessage = z.output<typeof drawMessageSchema>;

/** One message goes to all witnesses: it is encoded once. Nobody changes a message, or its bytes. */
const encoded = new WeakMap<DrawMessage, Uint8Array>();

export function encodeDrawMessage(message: DrawMessage): Uint8Array {
  let bytes = encoded.get(message);
  if (bytes === undefined) {
    bytes = toCanonical(message);
    encoded.set(message, bytes);
  }
  return bytes;
}

export function decodeDrawMessage(bytes: Uint8Array): Result<DrawMessage> {
  return decoded(bytes, drawMessageSchema);
}

export function encodeRoster(roster: Roster): Uint8Array {
  return toCanonical(roster);
}

export function decodeRoster(bytes: Uint8Array): Result<Roster> {
  return decoded(bytes, rosterSchema);
}

function decoded<T>(bytes: Uint8Array, schema: z.ZodType<T>): Result<T> {
  const plain = fromCanonical(bytes, limits.maxMessageBytes);
  if (!plain.ok) return plain;
  const parsed = schema.safeParse(plain.value);
  if (parsed.success) return accept(parsed.data);
  const issue = parsed.error.issues[0]!;
  return refuse("malformed", { detail: `${issue.path.join(".")}: ${issue.message}` });
}
