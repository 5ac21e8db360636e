import fc from "fast-check";
import { expect, it } from "vitest";
import { loadSodium } from "../curve/index.ts";
import { type ChaCha, chaCha, nodeChaCha, sodiumChaCha } from "./chacha.ts";

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
/** RFC 8439 §2.8.2. */
const published = {
  key: hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
  nonce: hex("070000004041424344454647"),
  header: hex("50515253c0c1c2c3c4c5c6c7"),
  body: Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
  sealed: hex(`d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6 3dbea45e8ca9671282fafb69da92728b
    1a71de0a9e060b2905d6a5b67ecd3b36 92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691`),
};
const library = loadSodium();
const all: [string, ChaCha][] = [
  ["node", nodeChaCha],
  ["chosen", chaCha()],
];
if (library !== null) all.push(["libsodium", sodiumChaCha(library)]);

it.each(all)("%s seals and opens as published, and nothing that was changed", (_, { seal, open }) => {
  const { key, nonce, header, body } = published;
  const sealed = Buffer.alloc(body.length + 16);
  seal(sealed, body, header, nonce, key);
  expect(sealed.toString("hex")).toBe(published.sealed.toString("hex"));
  const opened = Buffer.alloc(body.length);
  expect(open(opened, sealed, header, nonce, key)).toBe(true);
  expect(opened.equals(body)).toBe(true);
  for (const part of [sealed, header, nonce, key]) {
    part[3]! ^= 4;
    expect(open(opened, sealed, header, nonce, key)).toBe(false);
    part[3]! ^= 4;
  }
});

it("all of them make the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9_000 }), fc.uint8Array({ maxLength: 40 }), (body, header) => {
      const { key, nonce } = published;
      const made = all.map(([, { seal, open }]) => {
        const sealed = Buffer.alloc(body.length + 16);
        seal(sealed, body, header, nonce, key);
        const opened = Buffer.alloc(body.length);
        expect(open(opened, sealed, header, nonce, key) && opened.equals(body)).toBe(true);
        return sealed.toString("hex");
      });
      expect(new Set(made).size).toBe(1);
    }),
    { numRuns: 30 },
  );
});
