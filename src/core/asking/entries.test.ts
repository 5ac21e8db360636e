import { describe, expect, it } from "vitest";
import { Random, simulatedCrypto, simulatedIdentity } from "../../sim/kernel/index.ts";
import { locationOf } from "../draw/index.ts";
import { joinEntry, nameOf, splitEntry } from "./entries.ts";
import { limits } from "./limits.ts";
import { holdersOf, placesAmong } from "./placement.ts";

const hasher = simulatedCrypto();
const random = new Random(5);
const key = hasher.sha256(Uint8Array.of(1));
const contact = () => ({ node: simulatedIdentity(random.fork()).node, pod: random.bytes(16) });
const split = (of = contact(), under = key) => ({ of, shares: splitEntry(hasher, under, of, (n) => random.bytes(n)) });
const bent = ({ point, bytes }: { point: number; bytes: Uint8Array }) => ({
  point,
  bytes: bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
});

describe("an entry", () => {
  it("is joined from any shares that suffice, in any order", () => {
    const { of, shares } = split();
    for (const some of [shares, shares.slice(2), [shares[4]!, shares[0]!, shares[2]!]]) {
      const joined = joinEntry(hasher, key, some);
      expect(joined.ok && nameOf(joined.value)).toBe(nameOf(of));
    }
  });

  it("is not joined from fewer", () => {
    const { shares } = split();
    expect(joinEntry(hasher, key, shares.slice(0, limits.needed - 1))).toMatchObject({ code: "shares-too-few" });
    // The same share from two holders is one.
    expect(joinEntry(hasher, key, [shares[0]!, shares[0]!, shares[1]!])).toMatchObject({ code: "shares-too-few" });
  });

  it("is joined round forged shares as long as enough are honest", () => {
    const { of, shares } = split();
    const forged = [bent(shares[0]!), bent(shares[1]!), ...shares.slice(2)];
    const joined = joinEntry(hasher, key, forged);
    expect(joined.ok && nameOf(joined.value)).toBe(nameOf(of));
    expect(joinEntry(hasher, key, [...shares.slice(0, 3).map(bent), ...shares.slice(3)])).toMatchObject({
      code: "shares-mismatch",
    });
    // Two holders of one share, of which one lies.
    expect(joinEntry(hasher, key, [bent(shares[0]!), ...shares.slice(0, 3)]).ok).toBe(true);
  });

  it("is not joined from shares of two, nor under another key", () => {
    const [a, b] = [split(), split()];
    const mixed = [a.shares[0]!, a.shares[1]!, b.shares[2]!, b.shares[3]!];
    expect(joinEntry(hasher, key, mixed)).toMatchObject({ code: "shares-mismatch" });
    const other = hasher.sha256(Uint8Array.of(2));
    expect(joinEntry(hasher, other, a.shares)).toMatchObject({ code: "shares-mismatch" });
  });

  it("costs a bounded time, whatever came", () => {
    let hashes = 0;
    const counting = {
      sha256: (...parts: Uint8Array[]) => {
        hashes++;
        return hasher.sha256(...parts);
      },
    };
    const junk = Array.from({ length: 5_000 }, (_, i) => ({ point: 1 + (i % 5), bytes: random.bytes(64) }));
    expect(joinEntry(counting, key, junk).ok).toBe(false);
    expect(hashes).toBeLessThanOrEqual(limits.maxJoins);
  });
});

describe("the places of shares", () => {
  const nodes = Array.from({ length: 60 }, () => {
    const { node, signer } = simulatedIdentity(random.fork());
    return { node, location: locationOf(hasher, signer.publicKey) };
  });
  const places = placesAmong("xor", nodes);

  it("are different nodes for different shares, the same for whoever looks", () => {
    for (let i = 0; i < 20; i++) {
      const one = hasher.sha256(Uint8Array.of(i));
      const holders = holdersOf(hasher, one, places);
      const all = holders.flat();
      expect(holders.map((of) => of.length)).toEqual(Array(limits.shares).fill(limits.replicas));
      expect(new Set(all).size).toBe(all.length);
      expect(holdersOf(hasher, one, placesAmong("xor", [...nodes].reverse()))).toEqual(holders);
    }
  });

  it("of different keys are spread over all nodes", () => {
    const used = new Set(
      Array.from({ length: 100 }, (_, i) => holdersOf(hasher, hasher.sha256(Uint8Array.of(i, 1)), places)).flat(2),
    );
    expect(used.size).toBeGreaterThan(50);
  });

  it("are none twice where the network is too small for all", () => {
    const few = placesAmong("xor", nodes.slice(0, 3));
    const holders = holdersOf(hasher, key, few);
    expect(new Set(holders.flat()).size).toBe(holders.flat().length);
    expect(holders.flat().length).toBe(3);
  });
});
