// ChaCha20-Poly1305 (RFC 8439) for small frames, over buffers of the caller's: libsodium where its binding has a binary for
// this machine, node:crypto where not. Same bytes. OpenSSL through node:crypto makes five objects per frame, each with
// native memory that the collector has to free: at 5,000 small frames per second it stops the node for milliseconds.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { createRequire } from "node:module";
import { tagBytes } from "../../core/cell/index.ts";

export interface ChaCha {
  /** Into `sealed`, which is `tagBytes` longer than `body`. */
  seal(sealed: Buffer, body: Uint8Array, header: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  /** Into `body`, which is `tagBytes` shorter than `sealed`. False when it was not sealed so. */
  open(body: Buffer, sealed: Uint8Array, header: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean;
}

interface Sodium {
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

/** null: no binary for this machine, or it does not load. Found at run time, so that no bundler takes a binary along. */
export function sodiumChaCha(load: (name: string) => unknown = createRequire(import.meta.url)): ChaCha | null {
  let sodium: Sodium;
  try {
    sodium = load("sodium-native") as Sodium;
    const sealed = Buffer.alloc(tagBytes);
    const [nothing, nonce, key] = [Buffer.alloc(0), Buffer.alloc(12), Buffer.alloc(32)];
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, nothing, nothing, null, nonce, key);
  } catch {
    return null;
  }
  return {
    seal(sealed, body, header, nonce, key) {
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, body, header, null, nonce, key);
    },
    open(body, sealed, header, nonce, key) {
      try {
        sodium.crypto_aead_chacha20poly1305_ietf_decrypt(body, null, sealed, header, nonce, key);
        return true;
      } catch {
        return false;
      }
    },
  };
}

const options = { authTagLength: tagBytes } as const;

export const nodeChaCha: ChaCha = {
  seal(sealed, body, header, nonce, key) {
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, options);
    cipher.setAAD(header, { plaintextLength: body.length });
    sealed.set(cipher.update(body));
    cipher.final();
    sealed.set(cipher.getAuthTag(), body.length);
  },
  open(body, sealed, header, nonce, key) {
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce, options);
    decipher.setAAD(header, { plaintextLength: body.length });
    decipher.setAuthTag(sealed.subarray(body.length));
    body.set(decipher.update(sealed.subarray(0, body.length)));
    try {
      decipher.final();
      return true;
    } catch {
      return false;
    }
  },
};

let chosen: ChaCha | undefined;

/** Chosen when it is first used: a process that moves no batches loads nothing. */
export function chaCha(): ChaCha {
  chosen ??= sodiumChaCha() ?? nodeChaCha;
  return chosen;
}
