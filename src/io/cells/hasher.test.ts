import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { batchHasher } from "./hasher.ts";

it("hashes as its plain twin does, small or large, and no digest shares memory with another", () => {
  const part = fc.uint8Array({ maxLength: 3_000 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), part, (parts, other) => {
      const plain = (of: readonly Uint8Array[]) => createHash("sha256").update(Buffer.concat(of)).digest("hex");
      const digest = batchHasher.sha256(...parts);
      batchHasher.sha256(other);
      expect(Buffer.from(digest).toString("hex")).toBe(plain(parts));
      expect(digest.length).toBe(32);
    }),
  );
});
