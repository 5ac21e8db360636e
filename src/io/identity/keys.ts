// Seeds of keys, and what follows from a public key: the node's id and its place.
import { createHash, type KeyObject, randomBytes } from "node:crypto";
import { type NodeId, nodeIdOfPublicKey, publicKeyBytes } from "../../core/base/index.ts";
import { seedBytes } from "../curve/index.ts";

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
