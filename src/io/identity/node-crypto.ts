// The core's crypto port on node:crypto: synchronous, with the KeyObjects of recent keys kept.
import { createHash, hash, type KeyObject, sign as signBytes, verify as verifyBytes } from "node:crypto";
import { checkPublicKey } from "../../core/attestation/index.ts";
import type { Crypto } from "../../core/base/index.ts";
import { publicKeyObject } from "./key-objects.ts";
import { limits } from "./limits.ts";

export interface NodeCrypto extends Crypto {
  /** For tests and metrics. */
  readonly cachedKeys: number;
}

export function createNodeCrypto(maxCachedKeys: number = limits.maxCachedKeys): NodeCrypto {
  const keys = new Map<string, KeyObject>(); // least recently used first

  function keyOf(publicKey: Uint8Array): KeyObject | null {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("latin1");
    const known = keys.get(name);
    if (known !== undefined) {
      keys.delete(name);
      keys.set(name, known);
      return known;
    }
    // A key of small order would verify what nobody signed, so none is ever used (core/attestation, INVARIANT 1).
    if (!checkPublicKey(publicKey).ok) return null;
    const made = publicKeyObject(publicKey);
    if (keys.size >= maxCachedKeys) keys.delete(keys.keys().next().value!);
    keys.set(name, made);
    return made;
  }

  return {
    get cachedKeys() {
      return keys.size;
    },
    sha256(...parts) {
      if (parts.length === 1) return new Uint8Array(hash("sha256", parts[0]!, "buffer"));
      const all = createHash("sha256");
      for (const part of parts) all.update(part);
      return new Uint8Array(all.digest());
    },
    verify(publicKey, message, signature) {
      if (signature.length !== 64) return false;
      const key = keyOf(publicKey);
      if (key === null) return false;
      try {
        return verifyBytes(null, message, key, signature);
      } catch {
        return false; // OpenSSL throws for bytes that are no point of the curve
      }
    },
  };
}

export function signWith(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(signBytes(null, message, key));
}
