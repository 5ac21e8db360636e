// BLAKE3-256 of batches (docs/decisions/0008): native where the package has a binary for this machine, portable where
// not. Same digests; only the pace differs.
import { createRequire } from "node:module";
import { blake3 as portable } from "@noble/hashes/blake3.js";

export type Blake3 = (bytes: Uint8Array) => Uint8Array;

interface Native {
  blake3UrlSafeBase64(bytes: Uint8Array): string;
}

export const portableBlake3: Blake3 = (bytes) => portable(bytes);

/** null: no binary for this machine, or it does not load. Found at run time, so that no bundler takes a binary along. */
export function nativeBlake3(load: (name: string) => unknown = createRequire(import.meta.url)): Blake3 | null {
  try {
    // As text, because a Buffer from native code costs the collector more than a small batch costs the hash.
    const { blake3UrlSafeBase64: text } = load("@napi-rs/blake-hash") as Native;
    const native: Blake3 = (bytes) => Buffer.from(text(bytes), "base64url");
    return native(new Uint8Array(0)).length === 32 ? native : null;
  } catch {
    return null;
  }
}

let chosen: Blake3 | undefined;

/** Chosen when it is first used: a process that moves no batches loads nothing. */
export const blake3: Blake3 = (bytes) => {
  chosen ??= nativeBlake3() ?? portableBlake3;
  return chosen(bytes);
};
