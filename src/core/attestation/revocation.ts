// Revocations: signed by the network's authority, carried by anybody (DESIGN §5, Identity). Exclusion of a caught
// cheater is one of these, so whoever holds it can check it alone.
import { z } from "zod";
import type { Signer, Verifier } from "../base/index.ts";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../base/index.ts";
import { type Revocation, revocationSchema, type Signed, signedSchema } from "../model/index.ts";

const context = "hedgerow/revocation/1";
/** About 300 bytes each: a full bundle stays within one message. */
export const maxRevocations = 16_384;

function statement(body: Uint8Array): Uint8Array {
  return toCanonical([context, body]);
}

export function sealRevocation(revocation: Revocation, authority: Signer): Signed {
  const body = toCanonical(revocation);
  return { body, signature: authority.sign(statement(body)) };
}

export interface RevocationTrust {
  readonly network: string;
  /** The authority's raw public key. */
  readonly authority: Uint8Array;
}

export function openRevocation(signed: Signed, trust: RevocationTrust, verifier: Verifier): Result<Revocation> {
  if (!verifier.verify(trust.authority, statement(signed.body), signed.signature)) {
    return refuse("revocation-other-authority");
  }
  const value = fromCanonical(signed.body, 4_096);
  if (!value.ok) return value;
  const parsed = revocationSchema.safeParse(value.value);
  if (!parsed.success) return refuse("revocation-malformed");
  if (parsed.data.network !== trust.network) {
    return refuse("revocation-wrong-network", { detail: parsed.data.network });
  }
  return accept(parsed.data);
}

const bundleSchema = z.strictObject({
  hedgerow: z.literal("revocations/1"),
  revocations: z.array(signedSchema).max(maxRevocations),
});

/** All revocations of a network as one file that can be handed to any node. */
export function encodeRevocations(revocations: readonly Signed[]): Uint8Array {
  return toCanonical({ hedgerow: "revocations/1", revocations });
}

/** Signatures are not checked here: open each one. */
export function decodeRevocations(bytes: Uint8Array): Result<Signed[]> {
  const value = fromCanonical(bytes);
  if (!value.ok) return value;
  const parsed = bundleSchema.safeParse(value.value);
  return parsed.success ? accept(parsed.data.revocations) : refuse("revocation-malformed");
}
