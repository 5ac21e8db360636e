// The four messages of admission (docs/protocols/admission.md). They are all that a stranger can make us decode.
import { z } from "zod";
import { accept, fromCanonical, type RefusalCode, type Result, refusals, refuse, toCanonical } from "../base/index.ts";
import { bytesOf, bytesUpTo, evidenceSchema } from "./evidence.ts";
import { limits } from "./limits.ts";

export const admissionVersion = 1;

const helloSchema = z.strictObject({
  type: z.literal("hello"),
  version: z.number().int().min(1).max(1_000),
  network: z.string().min(1).max(80),
  nonce: bytesOf(limits.nonceBytes),
  /** X.509, DER. */
  certificate: bytesUpTo(limits.maxCertificateBytes),
});
const proofSchema = z.strictObject({ type: z.literal("evidence"), evidence: evidenceSchema });
const welcomeSchema = z.strictObject({ type: z.literal("welcome") });
const refusedSchema = z.strictObject({
  type: z.literal("refused"),
  code: z
    .string()
    .max(64)
    .regex(/^[a-z-]+$/),
});

export const admissionMessageSchema = z.discriminatedUnion("type", [
  helloSchema,
  proofSchema,
  welcomeSchema,
  refusedSchema,
]);
export type AdmissionMessage = z.output<typeof admissionMessageSchema>;
export type Hello = z.output<typeof helloSchema>;

export function encodeAdmissionMessage(message: AdmissionMessage): Uint8Array {
  return toCanonical(message);
}

export function decodeAdmissionMessage(bytes: Uint8Array): Result<AdmissionMessage> {
  const value = fromCanonical(bytes, limits.maxMessageBytes);
  if (!value.ok) return value;
  const parsed = admissionMessageSchema.safeParse(value.value);
  return parsed.success ? accept(parsed.data) : refuse("admission-malformed");
}

/** A peer's code is its claim: one that we do not know, or that is not about admission, becomes the general one. */
export function refusalCodeOf(claimed: string): RefusalCode {
  const known = Object.hasOwn(refusals, claimed) && /^(admission|certificate|evidence|key|small)-/.test(claimed);
  return known ? (claimed as RefusalCode) : "admission-refused";
}
