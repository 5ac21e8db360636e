// Ed25519 (RFC 8032) over raw bytes: libsodium where it loads, node:crypto where not (docs/decisions/0027).
//
// INVARIANT 1: both say the same of every signature. Were there one that some nodes accept and others refuse, its maker could
// have honest nodes convicted of passing on what does not verify. Both demand S below the order of the group and compare
// the bytes of R; and neither a key nor an R of small order, or in a second encoding, is accepted by any of them.
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from "node:crypto";
import { checkPublicKey } from "../../core/attestation/index.ts";
import type { Signer, Verifier } from "../../core/base/index.ts";
import { limits } from "./limits.ts";
import { type Sodium, sodium } from "./sodium.ts";

export const seedBytes = 32;
const publicKeyBytes = 32;
const signatureBytes = 64;

export interface Ed25519 extends Verifier {
  signer(seed: Uint8Array): Signer;
}

export function sodiumEd25519(library: Sodium): Ed25519 {
  return {
    signer(seed) {
      const publicKey = new Uint8Array(publicKeyBytes);
      const secretKey = new Uint8Array(seedBytes + publicKeyBytes);
      library.crypto_sign_seed_keypair(publicKey, secretKey, seed);
      return {
        publicKey,
        sign(message) {
          const signature = new Uint8Array(signatureBytes);
          library.crypto_sign_detached(signature, message, secretKey);
          return signature;
        },
      };
    },
    verify(publicKey, message, signature) {
      // Lengths first: the binding reads as many bytes as it needs.
      if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
      return library.crypto_sign_verify_detached(signature, message, publicKey);
    },
  };
}

/** With the KeyObjects of recent keys kept: making one costs a tenth of a verification. */
export function nodeEd25519(maxKeys: number = limits.maxKeptKeys): Ed25519 {
  const keys = new Map<string, KeyObject>(); // least recently used first

  function keyOf(publicKey: Uint8Array): KeyObject | null {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("latin1");
    const known = keys.get(name);
    if (known !== undefined) {
      keys.delete(name);
      keys.set(name, known);
      return known;
    }
    if (!checkPublicKey(publicKey).ok) return null;
    const made = publicKeyObject(publicKey);
    if (keys.size >= maxKeys) keys.delete(keys.keys().next().value!);
    keys.set(name, made);
    return made;
  }

  return {
    signer(seed) {
      const key = privateKeyObject(seed);
      return {
        publicKey: rawPublicKey(createPublicKey(key))!,
        sign: (message) => new Uint8Array(signBytes(null, message, key)),
      };
    },
    verify(publicKey, message, signature) {
      if (signature.length !== signatureBytes) return false;
      const key = keyOf(publicKey);
      if (key === null || !checkPublicKey(signature.subarray(0, publicKeyBytes)).ok) return false;
      try {
        return verifyBytes(null, message, key, signature);
      } catch {
        return false; // OpenSSL throws for bytes that are no point of the curve
      }
    },
  };
}

let chosen: Ed25519 | undefined;

function ed25519(): Ed25519 {
  if (chosen === undefined) {
    const library = sodium();
    chosen = library === null ? nodeEd25519() : sodiumEd25519(library);
  }
  return chosen;
}

/** Also the public key: both follow from the seed. */
export function signerOf(seed: Uint8Array): Signer {
  return ed25519().signer(seed);
}

/** False for anything malformed; never throws. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return ed25519().verify(publicKey, message, signature);
}

/** JWK is the fastest way in (14 times faster than DER). */
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
