// X25519 pairs, and the secret that two of them agree on: for messages to one key (hpke.ts) and for the links of cells (io/edges).
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";

export interface AgreementKey {
  readonly privateKey: KeyObject;
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export const agreementKeyBytes = 32;

/**
 * INVARIANT 1: the public key is encoded while the pair is made, and the private one never leaves. Node 20 locks a pair's
 * mutex to export one of its keys, and again when what made the pair is collected: a collection that falls into an export
 * would wait for itself, and the thread stand still for good.
 */
export function freshAgreementKey(): AgreementKey {
  const { privateKey, publicKey } = generateKeyPairSync("x25519", {
    publicKeyEncoding: { type: "spki", format: "jwk" },
  } as never) as unknown as { privateKey: KeyObject; publicKey: { x: string } }; // the types know no such encoding
  return { privateKey, publicKey: rawOf(publicKey) };
}

/** PKCS #8 of an X25519 key is this, and the 32 bytes behind it (RFC 8410). */
const privatePrefix = Buffer.from("302e020100300506032b656e04220420", "hex");

/** From 32 bytes that were kept: the same key as before. */
export function agreementKeyOf(secret: Uint8Array): AgreementKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([privatePrefix, secret]), format: "der", type: "pkcs8" });
  return { privateKey, publicKey: rawOf(createPublicKey(privateKey).export({ format: "jwk" })) };
}

/** null: with a key that is not 32 bytes, or of small order, there is nothing to agree on; OpenSSL refuses it. */
export function agreedSecret({ privateKey }: AgreementKey, peer: Uint8Array): Buffer | null {
  const x = Buffer.from(peer.buffer, peer.byteOffset, peer.length).toString("base64url");
  try {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return null;
  }
}

function rawOf({ x }: { readonly x?: string }): Uint8Array {
  return new Uint8Array(Buffer.from(x!, "base64url"));
}
