// Keys and crypto for simulations: real Ed25519 and SHA-256, so that a forged signature fails for the real reason, with
// verdicts remembered, because a thousand simulated nodes verify the same thousand records.
import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { type Crypto, type NodeId, nodeIdOfPublicKey, type Signer } from "../../core/base/index.ts";
import type { Random } from "./random.ts";

const privateKeyPrefix = Buffer.from("302e020100300506032b657004220420", "hex"); // PKCS #8 around a 32-byte seed
const publicKeyPrefix = Buffer.from("302a300506032b6570032100", "hex"); // SubjectPublicKeyInfo around a 32-byte key

export interface SimulatedIdentity {
  readonly node: NodeId;
  readonly signer: Signer;
}

/** The identity that this stream of randomness gives. */
export function simulatedIdentity(random: Random): SimulatedIdentity {
  const der = Buffer.concat([privateKeyPrefix, random.bytes(32)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(publicKeyPrefix.length));
  return {
    node: nodeIdOfPublicKey(publicKey),
    signer: { publicKey, sign: (message) => new Uint8Array(sign(null, message, privateKey)) },
  };
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
  const keys = new Map<string, KeyObject | null>();
  const verdicts = new Map<string, boolean>();
  const byIdentity = new WeakMap<Uint8Array, { message: Uint8Array; publicKey: Uint8Array; verdict: boolean }>();
  let computed = 0;
  const keyOf = (raw: Uint8Array): KeyObject | null => {
    const name = Buffer.from(raw).toString("latin1");
    let key = keys.get(name);
    if (key === undefined) {
      try {
        key = createPublicKey({ key: Buffer.concat([publicKeyPrefix, raw]), format: "der", type: "spki" });
      } catch {
        key = null;
      }
      keys.set(name, key);
    }
    return key;
  };
  return {
    sha256,
    verifications: () => computed,
    verify(publicKey, message, signature) {
      const seen = byIdentity.get(signature); // the very same objects: no need to look inside
      if (seen !== undefined && seen.message === message && seen.publicKey === publicKey) return seen.verdict;
      const name = Buffer.from(sha256(publicKey, signature, message)).toString("latin1");
      let verdict = verdicts.get(name);
      if (verdict === undefined) {
        const key = publicKey.length === 32 && signature.length === 64 ? keyOf(publicKey) : null;
        verdict = key !== null && verify(null, message, key, signature);
        if (key !== null) computed++;
        if (verdicts.size >= maxVerdicts) verdicts.clear();
        verdicts.set(name, verdict);
      }
      byIdentity.set(signature, { message, publicKey, verdict });
      return verdict;
    },
  };
}
