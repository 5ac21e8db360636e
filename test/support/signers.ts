// For tests of receipts: nodes with real Ed25519 keys, and a crypto port that knows every key made here.
import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { type Crypto, type NodeId, nodeIdOfPublicKey, type Signer } from "../../src/core/base/index.ts";

export interface TestSigner extends Signer {
  readonly node: NodeId;
}

const keys = new Map<string, KeyObject>();

export const crypto: Crypto = {
  sha256: (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest(),
  verify: (publicKey, message, signature) => {
    const key = keys.get(Buffer.from(publicKey).toString("hex"));
    return key !== undefined && verify(null, message, key, signature);
  },
};

export function makeSigner(): TestSigner {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = new Uint8Array(Buffer.from(pair.publicKey.export({ format: "jwk" }).x!, "base64url"));
  keys.set(Buffer.from(publicKey).toString("hex"), pair.publicKey);
  return {
    publicKey,
    node: nodeIdOfPublicKey(publicKey),
    sign: (message) => new Uint8Array(sign(null, message, pair.privateKey)),
  };
}
