// The hashes of the hot path: BLAKE3 of batches, and SHA-256. Small inputs (nodes of receipt trees, batches of a few records) go through one call over a
// scratch buffer: no Hash object is made, which costs more than the hashing and burdens the collector.
import { createHash, hash } from "node:crypto";
import type { BatchHasher } from "../../core/base/index.ts";
import { blake3 } from "../identity/index.ts";

const scratch = Buffer.allocUnsafeSlow(4096);

export const batchHasher: BatchHasher = {
  batchDigest: blake3,
  sha256(...parts) {
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > scratch.length) {
      const large = createHash("sha256");
      for (const part of parts) large.update(part);
      return large.digest();
    }
    let at = 0;
    for (const part of parts) {
      scratch.set(part, at);
      at += part.length;
    }
    return Buffer.from(hash("sha256", scratch.subarray(0, length), "latin1" as "hex"), "latin1");
  },
};
