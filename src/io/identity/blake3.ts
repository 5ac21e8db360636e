// BLAKE3-256 of batches (docs/decisions/0008): native where the package has a binary for this machine, portable where
// not. Same digests; only the pace differs.
import { createRequire } from "node:module";
import { blake3 as portable } from "@noble/hashes/blake3.js";

export type Blake3 = (bytes: Uint8Array) => Uint8Array;

export const portableBlake3: Blake3 = (bytes) => portable(bytes);

/** null: no binary for this machine, or it does not load. Found at run time, so that no bundler takes a binary along. */
export function nativeBlake3(load: (name: string) => unknown = createRequire(import.meta.url)): Blake3 | null {
  try {
    const { blake3 } = load("@napi-rs/blake-hash") as { blake3: Blake3 };
    return blake3(new Uint8Array(0)).length === 32 ? blake3 : null;
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
