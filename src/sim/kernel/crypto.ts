// Keys and crypto for simulations: real Ed25519 and SHA-256, so that a forged signature fails for the real reason, with
// verdicts remembered, because a thousand simulated nodes verify the same thousand records.
import { createHash, hash } from "node:crypto";
import { type Crypto, type NodeId, nodeIdOfPublicKey, type Signer } from "../../core/base/index.ts";
import { signerOf, verifySignature } from "../../io/curve/index.ts";
import type { Random } from "./random.ts";

export interface SimulatedIdentity {
  readonly node: NodeId;
  readonly signer: Signer;
}

/** The identity that this stream of randomness gives. */
export function simulatedIdentity(random: Random): SimulatedIdentity {
  const signer = signerOf(random.bytes(32));
  return { node: nodeIdOfPublicKey(signer.publicKey), signer };
}

/** Most of what is hashed is short: then the setting up of a hash is what it costs, and putting the parts together costs less. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return new Uint8Array(hash("sha256", parts[0]!, "buffer"));
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > together.length) {
    const all = createHash("sha256");
    for (const part of parts) all.update(part);
    return new Uint8Array(all.digest());
  }
  let at = 0;
  for (const part of parts) {
    together.set(part, at);
    at += part.length;
  }
  return new Uint8Array(hash("sha256", together.subarray(0, length), "buffer"));
}
const together = new Uint8Array(4_096);

export interface SimulatedCrypto extends Crypto {
  /** How many signatures were really computed on: the rest was remembered. */
  readonly verifications: () => number;
}

/** One per simulation: its memory is shared by all nodes, as no real network's could be. */
export function simulatedCrypto(maxVerdicts = 1_000_000): SimulatedCrypto {
  const verdicts = new Map<string, boolean>();
  const byIdentity = new WeakMap<Uint8Array, { message: Uint8Array; publicKey: Uint8Array; verdict: boolean }>();
  let computed = 0;
  return {
    sha256,
    verifications: () => computed,
    verify(publicKey, message, signature) {
      const seen = byIdentity.get(signature); // the very same objects: no need to look inside
      if (seen !== undefined && seen.message === message && seen.publicKey === publicKey) return seen.verdict;
      const name = Buffer.from(sha256(publicKey, signature, message)).toString("latin1");
      let verdict = verdicts.get(name);
      if (verdict === undefined) {
        const shaped = publicKey.length === 32 && signature.length === 64;
        verdict = shaped && verifySignature(publicKey, message, signature);
        if (shaped) computed++;
        if (verdicts.size >= maxVerdicts) verdicts.clear();
        verdicts.set(name, verdict);
      }
      byIdentity.set(signature, { message, publicKey, verdict });
      return verdict;
    },
  };
}
