// ChaCha20-Poly1305 (RFC 8439) for small frames, over buffers of the caller's: libsodium where its binding has a binary for
// this machine, node:crypto where not. Same bytes. OpenSSL through node:crypto makes five objects per frame, each with
// native memory that the collector has to free: at 5,000 small frames per second it stops the node for milliseconds.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { tagBytes } from "../../core/cell/index.ts";
import { type Sodium, sodium } from "../curve/index.ts";

export interface ChaCha {
  /** Into `sealed`, which is `tagBytes` longer than `body`. */
  seal(sealed: Buffer, body: Uint8Array, header: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  /** Into `body`, which is `tagBytes` shorter than `sealed`. False when it was not sealed so. */
  open(body: Buffer, sealed: Uint8Array, header: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean;
}

export function sodiumChaCha(library: Sodium): ChaCha {
  return {
    seal(sealed, body, header, nonce, key) {
      library.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, body, header, null, nonce, key);
    },
    open(body, sealed, header, nonce, key) {
      try {
        library.crypto_aead_chacha20poly1305_ietf_decrypt(body, null, sealed, header, nonce, key);
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
  if (chosen === undefined) {
    const library = sodium();
    chosen = library === null ? nodeChaCha : sodiumChaCha(library);
  }
  return chosen;
}
