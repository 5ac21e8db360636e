import fc from "fast-check";
import { expect, it } from "vitest";
import { toHex } from "../../core/base/index.ts";
import { type Blake3, blake3, nativeBlake3, portableBlake3 } from "./blake3.ts";

/** From the published test vectors: input byte i is i mod 251; the first 32 bytes of the hash. */
const published: readonly (readonly [number, string])[] = [
  [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
  [1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"],
  [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
  [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
  [2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"],
  [4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"],
  [7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817"],
];
const input = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);
const native = nativeBlake3();
const all: [string, Blake3][] = [
  ["portable", portableBlake3],
  ["chosen", blake3],
];
if (native !== null) all.push(["native", native]);

it.each(all)("%s gives the published digests", (_, hash) => {
  for (const [length, digest] of published) expect(toHex(hash(input(length))), `${length} bytes`).toBe(digest);
});

it("native and portable agree, also on views into larger buffers", () => {
  const view = fc.tuple(fc.uint8Array({ maxLength: 20_000 }), fc.nat({ max: 50 }));
  fc.assert(
    fc.property(view, ([bytes, from]) => {
      const part = bytes.subarray(Math.min(from, bytes.length));
      for (const [, hash] of all) expect(toHex(hash(part))).toBe(toHex(portableBlake3(part)));
    }),
    { numRuns: 30 },
  );
});

it("where no binary loads there is none, whatever is thrown", () => {
  const fails = () => {
    throw new Error("no such module");
  };
  expect(nativeBlake3(fails)).toBeNull();
  expect(nativeBlake3(() => ({}))).toBeNull();
});
