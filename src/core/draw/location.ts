// Where a node is: SHA-256 of its public key's multihash, which is exactly its key in libp2p's Kademlia. Imposed by the key,
// uniform, and checked from a certificate alone (SEP2P §3.2, DESIGN §5).
import { assert, type Branded, type Hasher, publicKeyBytes } from "../base/index.ts";

/** 256 bits, big-endian. */
export type Location = Branded<Uint8Array, "Location">;
export const locationBytes = 32;
export const locationBits = 256n;

/** Multihash identity (0x00), 36 bytes; libp2p's protobuf: key type (field 1) = Ed25519 (1), data (field 2) of 32 bytes. */
const multihashPrefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

export function locationOf(hasher: Hasher, publicKey: Uint8Array): Location {
  assert(publicKey.length === publicKeyBytes, "an Ed25519 public key has 32 bytes");
  return hasher.sha256(multihashPrefix, publicKey) as Location;
}

/** A hash as a point of the space: where a lot falls. */
export function locationOfHash(hash: Uint8Array): Location {
  assert(hash.length === locationBytes, "a location has 32 bytes");
  return hash as Location;
}

export function numberOf(location: Uint8Array): bigint {
  const view = new DataView(location.buffer, location.byteOffset, location.byteLength);
  let value = 0n;
  for (let at = 0; at < location.length; at += 8) value = (value << 64n) | view.getBigUint64(at);
  return value;
}
