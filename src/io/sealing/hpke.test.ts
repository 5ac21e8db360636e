import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgreementKey, agreementKeyOf, freshAgreementKey } from "../curve/index.ts";
import { open, seal, sealOverheadBytes } from "./index.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
const use = new TextEncoder().encode("contribution");
const none = new Uint8Array();

function keyFrom(secret: string, open: string): AgreementKey {
  const key = agreementKeyOf(hex(secret));
  expect(key.publicKey).toEqual(hex(open));
  return key;
}

describe("sealing to a key", () => {
  // RFC 9180, appendix A.2.1: base mode, first encryption.
  const sender = keyFrom(
    "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
    "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
  );
  const recipient = keyFrom(
    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
  );
  const info = hex("4f6465206f6e2061204772656369616e2055726e");
  const additional = hex("436f756e742d30");
  const plain = hex("4265617574792069732074727574682c20747275746820626561757479");
  const cipher = hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");

  it("gives the standard's ciphertext, and opens it", () => {
    const sealed = seal(recipient.publicKey, info, additional, plain, sender);
    if (!sealed.ok) throw new Error(sealed.code);
    expect(sealed.value.subarray(0, 32)).toEqual(sender.publicKey);
    expect(sealed.value.subarray(32)).toEqual(cipher);
    expect(open(recipient, info, additional, sealed.value)).toEqual({ ok: true, value: plain });
  });

  it("opens for the key, the use and the bytes that it was sealed for, and for nothing else", () => {
    const mine = freshAgreementKey();
    const other = freshAgreementKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
        const sealed = seal(mine.publicKey, use, additional, bytes);
        if (!sealed.ok) throw new Error(sealed.code);
        expect(sealed.value).toHaveLength(bytes.length + sealOverheadBytes);
        expect(open(mine, use, additional, sealed.value)).toEqual({ ok: true, value: bytes });
        const unreadable = { ok: false, code: "sealed-unreadable" };
        expect(open(other, use, additional, sealed.value)).toMatchObject(unreadable);
        expect(open(mine, info, additional, sealed.value)).toMatchObject(unreadable);
        expect(open(mine, use, none, sealed.value)).toMatchObject(unreadable);
        const changed = Uint8Array.from(sealed.value);
        changed[at % changed.length]! ^= flip;
        // The top bit of a public key is not part of it (RFC 7748 §5), but of what the keys are derived from.
        expect(open(mine, use, additional, changed)).toMatchObject(unreadable);
        expect(open(mine, use, additional, sealed.value.subarray(0, at % sealed.value.length))).toMatchObject(
          unreadable,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("seals to no key that everybody shares", () => {
    expect(seal(new Uint8Array(32), use, none, plain)).toMatchObject({ ok: false, code: "sealing-key" });
    expect(open(recipient, use, none, new Uint8Array(80))).toMatchObject({ ok: false, code: "sealed-unreadable" });
  });
});
