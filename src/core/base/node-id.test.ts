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

  it("is null for what is no Ed25519 id", () => {
    for (const text of ["", "12D3Koo", `12D3Koo${"z".repeat(45)}`, "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"])
      expect(publicKeyOfNodeId(text)).toBeNull();
  });
});
