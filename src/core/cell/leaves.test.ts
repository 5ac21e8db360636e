// Leaves say nothing to who guesses, and open a batch to whom one end discloses the link's secret.
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { expect, it } from "vitest";
import { chunkRoot, keyedLeaves } from "./index.ts";

const hasher = {
  sha256: (...parts: readonly Uint8Array[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest(),
};
const secretOf = (link: number) => new Uint8Array(32).fill(link);
const batches = Array.from({ length: 64 }, (_, i) => Uint8Array.of(i % 2)); // 0 or 1: as easy to guess as can be
const leavesOf = (link: number) => {
  const leaf = keyedLeaves(blake3, secretOf(link));
  return batches.map((batch) => leaf(blake3(batch)));
};

it("the two ends of a link make the same leaves, another link makes others", () => {
  expect(leavesOf(1)).toEqual(leavesOf(1));
  const others = new Set(leavesOf(2).map(String));
  expect(leavesOf(1).some((leaf) => others.has(String(leaf)))).toBe(false);
});

it("who has leaves and root, and tries every value, learns nothing", () => {
  const leaves = new Set(leavesOf(1).map(String));
  for (const guess of [Uint8Array.of(0), Uint8Array.of(1)]) {
    for (const tried of [blake3(guess), keyedLeaves(blake3, secretOf(2))(blake3(guess)), hasher.sha256(guess)]) {
      expect(leaves.has(String(tried))).toBe(false);
    }
  }
  expect(chunkRoot(hasher, ...leavesOf(1))).not.toBe(chunkRoot(hasher, ...batches.map((batch) => blake3(batch))));
});

it("one end opens a batch: with the secret it leads to the root that both signed, another content does not", () => {
  const leaves = leavesOf(1);
  const signed = chunkRoot(hasher, ...leaves);
  const opened = (batch: Uint8Array) =>
    chunkRoot(hasher, ...leaves.with(5, keyedLeaves(blake3, secretOf(1))(blake3(batch))));
  expect(opened(batches[5]!)).toBe(signed);
  expect(opened(Uint8Array.of(0))).not.toBe(signed);
});
