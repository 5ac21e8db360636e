import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeIdPattern } from "./ids.ts";
import { nodeIdOfPublicKey, publicKeyOfNodeId } from "./node-id.ts";

describe("node id ↔ public key", () => {
  it("round-trips every 32-byte key, and every id matches the pattern", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const id = nodeIdOfPublicKey(key);
        expect(id).toMatch(nodeIdPattern);
        expect(publicKeyOfNodeId(id)).toEqual(key);
      }),
    );
  });

  it("agrees with the example of libp2p's specification of peer ids", async () => {
    const { peerIdFromString } = await import("@libp2p/peer-id");
    const example = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
    const peer = peerIdFromString(example);
    expect(publicKeyOfNodeId(example)).toEqual(peer.publicKey?.raw);
    expect(nodeIdOfPublicKey(publicKeyOfNodeId(example)!)).toBe(example);
  });

  const edges = [0, 1, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(32).fill(byte));
  const keys = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(...edges));

  it("is what digit after digit gives, both ways", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const id = plainNodeId(key);
        expect(nodeIdOfPublicKey(key)).toBe(id);
        expect(publicKeyOfNodeId(id)).toEqual(key);
      }),
      { numRuns: 2_000 },
    );
    const digits = fc.array(fc.constantFrom(...alphabet), { minLength: 45, maxLength: 45 });
    fc.assert(
      fc.property(keys, digits, fc.nat(51), fc.constantFrom(...alphabet), (key, tail, at, letter) => {
        const id = plainNodeId(key);
        for (const text of [`12D3Koo${tail.join("")}`, id.slice(0, at) + letter + id.slice(at + 1)])
          expect(publicKeyOfNodeId(text)).toEqual(plainKey(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is null for what is no Ed25519 id", () => {
    for (const text of ["", "12D3Koo", `12D3Koo${"z".repeat(45)}`, "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"])
      expect(publicKeyOfNodeId(text)).toBeNull();
  });
});

// The plain twins: base 58 as it is defined, one digit at a time.
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const prefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

function plainNodeId(key: Uint8Array): string {
  let number = [...prefix, ...key].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = "";
  for (; number > 0n; number /= 58n) text = alphabet[Number(number % 58n)]! + text;
  return `1${text}`; // the one zero byte in front
}

function plainKey(text: string): Uint8Array | null {
  if (!nodeIdPattern.test(text)) return null;
  let number = [...text].reduce((sum, letter) => sum * 58n + BigInt(alphabet.indexOf(letter)), 0n);
  const bytes = new Uint8Array(38);
  for (let i = 37; i >= 0; i--, number /= 256n) bytes[i] = Number(number % 256n);
  return number === 0n && prefix.every((byte, i) => bytes[i] === byte) ? bytes.slice(6) : null;
}
