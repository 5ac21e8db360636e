// The synchronous crypto port. node:crypto stands behind it live; the large simulations count instead of computing.
export interface Hasher {
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
}

export interface Verifier {
  /** Ed25519 over raw 32-byte public keys. False for anything malformed; never throws. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export interface Crypto extends Hasher, Verifier {}
