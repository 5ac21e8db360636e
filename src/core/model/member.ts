// What the network knows of a node: the facts of its certificate, and the record it signs about itself.
import { z } from "zod";
import { nodeIdSchema } from "./id-schemas.ts";
import { policySchema } from "./policy.ts";
import { nodeFunctions, roles } from "./query.ts";
import { recordShapeSchema } from "./record.ts";

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "bytes are expected here");

export const assurances = ["software", "measured", "hardware"] as const;
/** How much hardware stands behind a node's evidence, weakest first. */
export type Assurance = (typeof assurances)[number];

/** Facts that io verified from a device certificate (signature, dates, key, network). Core never sees X.509. */
export const memberFactsSchema = z.strictObject({
  node: nodeIdSchema,
  network: z.string().min(1).max(80),
  /** Who runs the node: the name the authority certified. Two nodes of one analyst share it. */
  principal: z.string().min(1).max(80),
  roles: z.array(z.enum(roles)).max(8),
  serial: z.string().max(64),
  notAfterMs: z.number(),
  /** What the node's evidence showed at admission; absent while only the certificate was seen. */
  assurance: z.enum(assurances).optional(),
});
export type MemberFacts = z.output<typeof memberFactsSchema>;

export const equipmentSchema = z.strictObject({
  name: z.string().min(1).max(80),
  kind: z.enum(["sensor", "outlet"]),
  exclusive: z.boolean(),
  /** What a sensor emits; absent for an outlet. */
  shape: recordShapeSchema.optional(),
});
export type Equipment = z.output<typeof equipmentSchema>;

/** Signed by the node's own key, so that nobody can announce for another; a higher sequence replaces a lower one. */
export const nodeRecordSchema = z.strictObject({
  node: nodeIdSchema,
  network: z.string().min(1).max(80),
  /** Starts at the wall clock of the node's first start, kept on disk, never goes back. */
  sequence: z.number().int().nonnegative(),
  name: z.string().min(1).max(80),
  addresses: z.array(z.string().min(1).max(256)).max(16),
  functions: z.array(z.enum(nodeFunctions)).max(4),
  equipment: z.array(equipmentSchema).max(32),
  /** The node's policy in force, so that a query can be planned without asking. */
  policy: policySchema,
  /** Software version, for people. */
  version: z.string().max(40),
  /** X25519: what is sealed to it only this node opens. Without one, nobody sends contributions through the node. */
  sealingKey: bytesSchema.refine((bytes) => bytes.length === 32, "32 bytes").optional(),
});
export type NodeRecord = z.output<typeof nodeRecordSchema>;

/** Canonical bytes of the body, and the signature over them. Both travel and are kept together. */
export const signedSchema = z.strictObject({ body: bytesSchema, signature: bytesSchema });
export type Signed = z.output<typeof signedSchema>;

/** Signed by the authority: the node is no longer of this network. */
export const revocationSchema = z.strictObject({
  network: z.string().min(1).max(80),
  node: nodeIdSchema,
  serial: z.string().max(64),
  reason: z.string().max(200),
  atMs: z.number(),
});
export type Revocation = z.output<typeof revocationSchema>;
