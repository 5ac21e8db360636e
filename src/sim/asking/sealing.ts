// Sealing for simulations, counted: as long as the real one and as unreadable to whoever looks for what is in it, but not safe. Tests of what
// a node can read put the real one in its place.
import { createHash } from "node:crypto";
import type { Opener, Sealer } from "../../core/asking/index.ts";
import { accept, refuse, sameBytes } from "../../core/base/index.ts";
import type { Random } from "../kernel/index.ts";

export interface SimulatedSealing {
  readonly sealer: Sealer;
  keyPair(): { readonly publicKey: Uint8Array; readonly opener: Opener };
}

const [freshBytes, tagBytes] = [32, 16];

export function countedSealing(random: Random): SimulatedSealing {
  const digest = (...parts: readonly Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const masked = (key: Uint8Array, bytes: Uint8Array) => {
    const out = new Uint8Array(bytes.length);
    for (let at = 0, block = 0; at < bytes.length; block++) {
      const pad = digest(key, Uint8Array.of(block, block >> 8, block >> 16));
      for (let i = 0; i < pad.length && at < bytes.length; i++, at++) out[at] = bytes[at]! ^ pad[i]!;
    }
    return out;
  };
  const keyOf = (recipient: Uint8Array, use: Uint8Array, additional: Uint8Array, fresh: Uint8Array) =>
    digest(recipient, use, digest(additional), fresh);
  return {
    sealer: {
      seal(recipient, use, additional, plain) {
        const fresh = random.bytes(freshBytes);
        const key = keyOf(recipient, use, additional, fresh);
        const sealed = new Uint8Array(freshBytes + plain.length + tagBytes);
        sealed.set(fresh);
        sealed.set(masked(key, plain), freshBytes);
        sealed.set(digest(key, plain).subarray(0, tagBytes), freshBytes + plain.length);
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
            const tag = digest(key, plain).subarray(0, tagBytes);
            return sameBytes(new Uint8Array(tag), sealed.slice(-tagBytes))
              ? accept(plain)
              : refuse("sealed-unreadable");
          },
        },
      };
    },
  };
}
