// X25519 (RFC 7748): pairs, and the secret that two of them agree on, for messages to one key (io/sealing) and for the links
// of cells (io/edges). libsodium where it loads, node:crypto where not: the same bytes.
//
// INVARIANT 1: a secret is random bytes, never the half of a pair that node:crypto generated. Node 20 locks such a pair's mutex
// to export one of its keys, and again when what made the pair is collected: a collection that falls into an export would
// wait for itself, and the thread stand still for good.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomFillSync } from "node:crypto";
import { type Sodium, sodium } from "./sodium.ts";

/** Raw, 32 bytes each. */
export interface AgreementKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

export const agreementKeyBytes = 32;

export interface X25519 {
  publicKeyOf(secret: Uint8Array): Uint8Array;
  /** null: a key of small order, with which everybody agrees on nothing. */
  agree(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | null;
}

export function sodiumX25519(library: Sodium): X25519 {
  return {
    publicKeyOf(secret) {
      const publicKey = new Uint8Array(agreementKeyBytes);
      library.crypto_scalarmult_base(publicKey, secret);
      return publicKey;
    },
    agree(secret, publicKey) {
      const agreed = new Uint8Array(agreementKeyBytes);
      try {
        library.crypto_scalarmult(agreed, secret, publicKey);
        return agreed;
      } catch {
        return null;
      }
    },
  };
}

/** As JWK, a tenth of the time that PKCS #8 takes. What is said of the public half is not read: it follows from the other. */
function privateKeyOf(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: "OKP", crv: "X25519", d: base64url(secret), x: "" }, format: "jwk" });
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

export const nodeX25519: X25519 = {
  publicKeyOf(secret) {
    const { x } = createPublicKey(privateKeyOf(secret)).export({ format: "jwk" });
    return new Uint8Array(Buffer.from(x!, "base64url"));
  },
  agree(secret, publicKey) {
    try {
      const peer = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: base64url(publicKey) }, format: "jwk" });
      return new Uint8Array(diffieHellman({ privateKey: privateKeyOf(secret), publicKey: peer }));
    } catch {
      return null;
    }
  },
};

let chosen: X25519 | undefined;

function x25519(): X25519 {
  if (chosen === undefined) {
    const library = sodium();
    chosen = library === null ? nodeX25519 : sodiumX25519(library);
  }
  return chosen;
}

export function freshAgreementKey(): AgreementKey {
  return agreementKeyOf(randomFillSync(new Uint8Array(agreementKeyBytes)));
}

/** From 32 bytes that were kept: the same key as before. */
export function agreementKeyOf(secret: Uint8Array): AgreementKey {
  return { secret, publicKey: x25519().publicKeyOf(secret) };
}

/** null: with a key that is not 32 bytes, or of small order, there is nothing to agree on. */
export function agreedSecret({ secret }: AgreementKey, peer: Uint8Array): Uint8Array | null {
  return peer.length === agreementKeyBytes ? x25519().agree(secret, peer) : null;
}
