import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinShares, multiply, type Share, splitSecret } from "./index.ts";

const bytesOf = (seed: number) => (count: number) =>
  Uint8Array.from({ length: count }, (_, at) => Math.imul(seed + at, 2_654_435_761) >>> 24);

describe("the field", () => {
  it("multiplies as FIPS 197 §4.2 says", () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
    expect(multiply(0x80, 2)).toBe(0x1b);
  });
});

describe("sharing a secret", () => {
  const splitting = fc
    .record({ needed: fc.integer({ min: 1, max: 12 }), spare: fc.integer({ min: 0, max: 8 }), seed: fc.nat() })
    .map(({ needed, spare, seed }) => ({ needed, shares: needed + spare, seed }));

  it("any p of s shares give it back, in any order", () => {
    fc.assert(
      fc.property(
        splitting,
        fc.uint8Array({ maxLength: 64 }),
        fc.infiniteStream(fc.nat()),
        (numbers, secret, order) => {
          const shares = splitSecret(secret, numbers, bytesOf(numbers.seed));
          expect(shares.map(({ point }) => point)).toEqual(shares.map((_, index) => index + 1));
          const mixed = shares.map((share) => ({ share, at: order.next().value! })).sort((a, b) => a.at - b.at);
          const some = mixed.slice(0, numbers.needed).map(({ share }) => share);
          expect(joinShares(some, numbers.needed)).toEqual({ ok: true, value: secret });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("p − 1 shares say nothing: every secret fits them, with exactly one last share each", () => {
    const [first, second] = splitSecret(Uint8Array.of(42), { needed: 3, shares: 5 }, bytesOf(7));
    const secrets = new Set<number>();
    for (let guess = 0; guess < 256; guess++) {
      const joined = joinShares([first!, second!, { point: 3, bytes: Uint8Array.of(guess) }], 3);
      if (joined.ok) secrets.add(joined.value[0]!);
    }
    expect(secrets.size).toBe(256);
  });

  it("over all random bytes, a single share takes each value equally often, whatever the secret", () => {
    for (const secret of [0, 1, 200]) {
      const seen = new Set<number>();
      for (let byte = 0; byte < 256; byte++)
        seen.add(splitSecret(Uint8Array.of(secret), { needed: 2, shares: 2 }, () => Uint8Array.of(byte))[1]!.bytes[0]!);
      expect(seen.size).toBe(256);
    }
  });

  it("refuses shares that do not belong together, by name", () => {
    const [a, b, c] = splitSecret(Uint8Array.of(1, 2), { needed: 3, shares: 3 }, bytesOf(1)) as [Share, Share, Share];
    expect(joinShares([a, b], 3)).toMatchObject({ code: "shares-too-few", detail: "2 of the 3 that are needed" });
    expect(joinShares([], 1)).toMatchObject({ code: "shares-too-few" });
    expect(joinShares([a, a, b], 3)).toMatchObject({ code: "shares-mismatch" });
    expect(joinShares([a, b, { ...c, point: 0 }], 3)).toMatchObject({ code: "shares-mismatch" });
    expect(joinShares([a, b, { ...c, bytes: Uint8Array.of(1) }], 3)).toMatchObject({ code: "shares-mismatch" });
  });
});
