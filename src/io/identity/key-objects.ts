// Raw Ed25519 bytes ↔ node:crypto KeyObjects. JWK is the fastest way in (14 times faster than DER).
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { type NodeId, nodeIdOfPublicKey, publicKeyBytes } from "../../core/base/index.ts";

export const seedBytes = 32;

export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** PKCS #8 for Ed25519 is a fixed prefix and the seed (RFC 8410). */
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");

export function privateKeyObject(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" });
}

/** null when the key is not Ed25519. */
export function rawPublicKey(key: KeyObject): Uint8Array | null {
  if (key.asymmetricKeyType !== "ed25519") return null;
  const { x } = key.export({ format: "jwk" });
  return typeof x === "string" ? new Uint8Array(Buffer.from(x, "base64url")) : null;
}

export function seedOf(key: KeyObject): Uint8Array | null {
  if (key.asymmetricKeyType !== "ed25519" || key.type !== "private") return null;
  const { d } = key.export({ format: "jwk" });
  return typeof d === "string" ? new Uint8Array(Buffer.from(d, "base64url")) : null;
}

export function freshSeed(): Uint8Array {
  return new Uint8Array(randomBytes(seedBytes));
}

/** Identity multihash of libp2p's protobuf of the key: the bytes of the node id, and what Kademlia hashes. */
function multihashOf(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== publicKeyBytes) throw new RangeError("an Ed25519 public key has 32 bytes");
  return Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...publicKey);
}

/** Where the node sits in the DHT: nobody picks her place, since nobody picks a key's hash (DESIGN §5, Identity). */
export function locationOf(publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(multihashOf(publicKey)).digest());
}

export function nodeIdOf(publicKey: Uint8Array): NodeId {
  return nodeIdOfPublicKey(publicKey);
}
