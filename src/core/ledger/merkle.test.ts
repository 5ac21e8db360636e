import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Hasher, toHex } from "../base/index.ts";
import { inclusionProof, leafHash, merkleRoot, nodeHash, verifyInclusion } from "./index.ts";

const hasher: Hasher = {
  sha256: (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest(),
};

// The eight entries and the roots that the certificate-transparency reference tests publish.
const entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const leaves = entries.map((entry) => leafHash(hasher, Buffer.from(entry, "hex")));

it("has the roots of the published reference tree", () => {
  expect(toHex(merkleRoot(hasher, []))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  roots.forEach((root, i) => {
    expect(toHex(merkleRoot(hasher, leaves.slice(0, i + 1)))).toBe(root);
  });
});

/** The definition of RFC 6962 §2.1, word for word: the plain twin of the frontier. */
function plainRoot(list: readonly Uint8Array[]): Uint8Array {
  if (list.length === 1) return list[0]!;
  let split = 1;
  while (split * 2 < list.length) split *= 2;
  return nodeHash(hasher, plainRoot(list.slice(0, split)), plainRoot(list.slice(split)));
}
const someLeaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 80 });

it("grows to the same root as the definition", () => {
  fc.assert(
    fc.property(someLeaves, (list) => {
      expect(toHex(merkleRoot(hasher, list))).toBe(toHex(plainRoot(list)));
    }),
  );
});

it("proves each leaf at its place, and at no other", () => {
  fc.assert(
    fc.property(someLeaves, fc.nat(), fc.nat(), (list, pick, other) => {
      const index = pick % list.length;
      const claim = {
        leaf: list[index]!,
        index,
        size: list.length,
        proof: inclusionProof(hasher, list, index),
        root: merkleRoot(hasher, list),
      };
      expect(verifyInclusion(hasher, claim)).toBe(true);
      const elsewhere = other % list.length;
      if (elsewhere !== index) expect(verifyInclusion(hasher, { ...claim, index: elsewhere })).toBe(false);
      expect(verifyInclusion(hasher, { ...claim, leaf: hasher.sha256(claim.leaf) })).toBe(false);
      expect(verifyInclusion(hasher, { ...claim, proof: [...claim.proof, claim.leaf] })).toBe(false);
    }),
  );
});
