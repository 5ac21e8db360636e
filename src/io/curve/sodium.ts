// libsodium, where its binding has a binary for this machine. What it does here node:crypto does too, with the same bytes,
// but takes twice as long or leaves objects that the collector has to free (docs/decisions/0009, 0027).
import { createRequire } from "node:module";

/** Buffers are the caller's. What cannot be done is thrown; lengths are the caller's to check. */
export interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void;
  crypto_scalarmult(agreed: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void;
  crypto_aead_chacha20poly1305_ietf_encrypt(
    sealed: Uint8Array,
    body: Uint8Array,
    header: Uint8Array,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    body: Uint8Array,
    secretNonce: null,
    sealed: Uint8Array,
    header: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
}

const used = [
  "crypto_sign_seed_keypair",
  "crypto_sign_detached",
  "crypto_sign_verify_detached",
  "crypto_scalarmult_base",
  "crypto_scalarmult",
  "crypto_aead_chacha20poly1305_ietf_encrypt",
  "crypto_aead_chacha20poly1305_ietf_decrypt",
] as const satisfies readonly (keyof Sodium)[];

/** null: no binary for this machine, or it does not load. Found at run time, so that no bundler takes a binary along. */
export function loadSodium(load: (name: string) => unknown = createRequire(import.meta.url)): Sodium | null {
  try {
    const found = load("sodium-native") as Sodium;
    found.crypto_scalarmult_base(new Uint8Array(32), new Uint8Array(32).fill(1)); // the binary itself answers
    return used.every((name) => typeof found[name] === "function") ? found : null;
  } catch {
    return null;
  }
}

let loaded: Sodium | null | undefined;

/** Loaded when it is first used: a process that signs nothing loads nothing. */
export function sodium(): Sodium | null {
  if (loaded === undefined) loaded = loadSodium();
  return loaded;
}
