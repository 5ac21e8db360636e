// Sealing for simulations, counted: as long as the real one and as unreadable to whoever looks for what is in it, but not safe. Tests of what
// a node can read put the real one in its place.
import type { Opener, Sealer } from "../../core/asking/index.ts";
import { accept, refuse, sameBytes } from "../../core/base/index.ts";
import { type Random, sha256 } from "../kernel/index.ts";

export interface SimulatedSealing {
  readonly sealer: Sealer;
  keyPair(): { readonly publicKey: Uint8Array; readonly opener: Opener };
}

const [freshBytes, tagBytes] = [32, 16];

/** Exclusive or with a stream that the key gives (sfc32, as kernel/random.ts): a hash for each 32 bytes took a sixth of a round. */
function masked(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let [a, b, c, counter] = [words.getInt32(0), words.getInt32(4), words.getInt32(8), words.getInt32(12)];
  const out = new Uint8Array(bytes.length);
  for (let at = -warmUp; at < bytes.length; at += 4) {
    const word = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    if (at < 0) continue;
    out[at] = bytes[at]! ^ word;
    if (at + 1 < bytes.length) out[at + 1] = bytes[at + 1]! ^ (word >> 8);
    if (at + 2 < bytes.length) out[at + 2] = bytes[at + 2]! ^ (word >> 16);
    if (at + 3 < bytes.length) out[at + 3] = bytes[at + 3]! ^ (word >> 24);
  }
  return out;
}
const warmUp = 48;
const ofNothing = sha256(new Uint8Array(0));

export function countedSealing(random: Random): SimulatedSealing {
  const keyOf = (recipient: Uint8Array, use: Uint8Array, additional: Uint8Array, fresh: Uint8Array) =>
    sha256(recipient, use, additional.length === 0 ? ofNothing : sha256(additional), fresh);
  return {
    sealer: {
      seal(recipient, use, additional, plain) {
        const fresh = random.bytes(freshBytes);
        const key = keyOf(recipient, use, additional, fresh);
        const sealed = new Uint8Array(freshBytes + plain.length + tagBytes);
        sealed.set(fresh);
        sealed.set(masked(key, plain), freshBytes);
        sealed.set(sha256(key, plain).subarray(0, tagBytes), freshBytes + plain.length);
        return accept(sealed);
      },
    },
    keyPair() {
      const publicKey = random.bytes(32);
      return {
        publicKey,
        opener: {
          open(use, additional, sealed) {
            if (sealed.length < freshBytes + tagBytes) return refuse("sealed-unreadable");
            const key = keyOf(publicKey, use, additional, sealed.subarray(0, freshBytes));
            const plain = masked(key, sealed.subarray(freshBytes, -tagBytes));
            const tag = sha256(key, plain).subarray(0, tagBytes);
            return sameBytes(tag, sealed.subarray(-tagBytes)) ? accept(plain) : refuse("sealed-unreadable");
          },
        },
      };
    },
  };
}
