// Evidence: what a node says of the software it runs, and how much hardware stands behind the saying (PBDS §3.2, PIXIU
// §3.1). Verification is pure; producing it is io/enclave's. Each provider has its own verifier, found by name.
import { z } from "zod";
import type { Crypto, NodeId } from "../base/index.ts";
import { accept, fromCanonical, type Result, refuse, sameBytes, toCanonical } from "../base/index.ts";
import { type Assurance, assurances, digestSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

export const bytesOf = (length: number) =>
  z.custom<Uint8Array>((it) => it instanceof Uint8Array && it.length === length);
export const bytesUpTo = (length: number) =>
  z.custom<Uint8Array>((it) => it instanceof Uint8Array && it.length <= length);

export const evidenceSchema = z.strictObject({
  provider: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** What the evidence claims; the provider's verifier says whether that is so. */
  assurance: z.enum(assurances),
  /** Digest of the software version that runs. */
  measurement: digestSchema,
  binding: bytesOf(limits.bindingBytes),
  /** A signature or a hardware quote, as the provider has it. */
  proof: bytesUpTo(limits.maxProofBytes),
});
export type Evidence = z.output<typeof evidenceSchema>;

export interface EvidenceProvider {
  readonly name: string;
  readonly assurance: Assurance;
  /** Fresh evidence over the binding. Hardware may take milliseconds, so this waits. */
  produce(binding: Uint8Array): Promise<Evidence>;
}

export interface EvidenceSubject {
  /** The node that the evidence must be of. */
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  /** The binding it must carry, computed by the verifier itself. */
  readonly binding: Uint8Array;
}

export interface VerifiedEvidence {
  readonly provider: string;
  readonly assurance: Assurance;
  readonly measurement: string;
}

export interface EvidenceVerifier {
  readonly provider: string;
  /** Only the proof: freshness and naming are checked around it. */
  verifyProof(evidence: Evidence, subject: EvidenceSubject, crypto: Crypto): Result<VerifiedEvidence>;
}

export type EvidenceVerifiers = ReadonlyMap<string, EvidenceVerifier>;

export function evidenceVerifiers(...verifiers: readonly EvidenceVerifier[]): EvidenceVerifiers {
  return new Map(verifiers.map((verifier) => [verifier.provider, verifier]));
}

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return toCanonical(evidence);
}

export function decodeEvidence(bytes: Uint8Array): Result<Evidence> {
  const value = fromCanonical(bytes, limits.maxMessageBytes);
  if (!value.ok) return value;
  const parsed = evidenceSchema.safeParse(value.value);
  return parsed.success ? accept(parsed.data) : refuse("evidence-malformed");
}

/**
 * INVARIANT 2: the proof is checked before the binding, so that a stale proof of the right node (`evidence-not-fresh`)
 * and a proof by somebody else (`evidence-bad-signature`) are told apart. Both must hold.
 */
export function verifyEvidence(
  evidence: Evidence,
  subject: EvidenceSubject,
  verifiers: EvidenceVerifiers,
  crypto: Crypto,
): Result<VerifiedEvidence> {
  const verifier = verifiers.get(evidence.provider);
  if (verifier === undefined) {
    return refuse("evidence-unknown-provider", { blame: subject.node, detail: evidence.provider });
  }
  const proof = verifier.verifyProof(evidence, subject, crypto);
  if (!proof.ok) return proof;
  if (!sameBytes(evidence.binding, subject.binding)) return refuse("evidence-not-fresh", { blame: subject.node });
  return proof;
}
