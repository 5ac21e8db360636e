// The core's crypto port, live: SHA-256 of node:crypto, Ed25519 of io/curve.
import { createHash, hash } from "node:crypto";
import type { Crypto } from "../../core/base/index.ts";
import { verifySignature } from "../curve/index.ts";

export const nodeCrypto: Crypto = {
  sha256(...parts) {
    if (parts.length === 1) return new Uint8Array(hash("sha256", parts[0]!, "buffer"));
    const all = createHash("sha256");
    for (const part of parts) all.update(part);
    return new Uint8Array(all.digest());
  },
  verify: verifySignature,
};
