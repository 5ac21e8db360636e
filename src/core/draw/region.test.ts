import { createHash } from "node:crypto";
import { peerIdFromString } from "@libp2p/peer-id";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeIdOfPublicKey } from "../base/index.ts";
import { type Location, locationOf, locationOfHash, numberOf } from "./location.ts";
import { distance, geometries, isInside, pointsOf, regionOf } from "./region.ts";

const sha256 = (...parts: readonly (Uint8Array | string)[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const space = 1n << 256n;
const at = (value: bigint): Location => {
  const hex = (((value % space) + space) % space).toString(16).padStart(64, "0");
  return locationOfHash(new Uint8Array(Buffer.from(hex, "hex")));
};
const place = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(locationOfHash);
/** Sizes from a few points to all, evenly over the orders of magnitude. */
const share = fc.oneof(
  fc.constant(1),
  fc.tuple(fc.double({ min: 0.5, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })).map(([m, e]) => m * 2 ** -e),
);

describe("locations", () => {
  it("a node's is the hash of its id's multihash, as Kademlia has it, and from its key alone", () => {
    for (let i = 0; i < 20; i++) {
      const key = sha256(`key ${i}`);
      const id = peerIdFromString(nodeIdOfPublicKey(key));
      expect(locationOf({ sha256 }, key)).toEqual(sha256(id.toMultihash().bytes));
    }
  });

  it("are read as big-endian numbers", () => {
    fc.assert(
      fc.property(place, (x) => {
        expect(numberOf(x)).toBe(BigInt(`0x${Buffer.from(x).toString("hex")}`));
      }),
    );
  });
});

describe("a region of size rs", () => {
  it("has floor(rs · 2^256) points, computed without rounding", () => {
    fc.assert(
      fc.property(share, (rs) => {
        const bits = new DataView(new Float64Array([rs]).buffer).getBigUint64(0, true); // the number's own bits
        const significand = (bits & ((1n << 52n) - 1n)) | (1n << 52n);
        const exponent = (bits >> 52n) - 1075n;
        const points = exponent + 256n < 0n ? significand >> -(exponent + 256n) : significand << (exponent + 256n);
        expect(pointsOf(rs)).toBe(points === 0n ? 1n : points);
      }),
    );
    expect(pointsOf(1)).toBe(space);
    expect(pointsOf(2 ** -256)).toBe(1n);
  });

  it("on the ring is an arc with p in the middle: all points up to its ends, none beyond, at most one point short of rs", () => {
    fc.assert(
      fc.property(place, share, (centre, rs) => {
        const region = regionOf("ring", centre, rs);
        if (region.reach === space) return;
        const p = numberOf(centre);
        for (const side of [1n, -1n]) {
          expect(isInside(region, at(p + side * (region.reach - 1n)))).toBe(true);
          if (region.reach * 2n < space) expect(isInside(region, at(p + side * region.reach))).toBe(false);
        }
        const short = pointsOf(rs) - (2n * region.reach - 1n);
        expect(short === 0n || short === 1n).toBe(true);
      }),
    );
  });

  it("on the torus is a square with p in the middle: its side is the root of rs, at most one point short", () => {
    fc.assert(
      fc.property(place, share, (centre, rs) => {
        const region = regionOf("torus", centre, rs);
        if (region.reach === space) return;
        const axis = 1n << 128n;
        const [across, along] = [numberOf(centre) / axis, numberOf(centre) % axis];
        const wrapped = (x: bigint, y: bigint) =>
          at((((x % axis) + axis) % axis) * axis + (((y % axis) + axis) % axis));
        const [edge, beyond] = [region.reach - 1n, region.reach];
        for (const side of [1n, -1n]) {
          expect(isInside(region, wrapped(across + side * edge, along - side * edge))).toBe(true);
          if (beyond * 2n >= axis) continue;
          expect(isInside(region, wrapped(across + side * beyond, along))).toBe(false);
          expect(isInside(region, wrapped(across, along + side * beyond))).toBe(false);
        }
        const points = pointsOf(rs);
        const width = 2n * region.reach - 1n;
        expect(width ** 2n <= points && (width + 2n) ** 2n > points).toBe(true);
      }),
    );
  });

  it("of Kademlia has exactly rs: the points at distances below it, and no other", () => {
    fc.assert(
      fc.property(place, share, (centre, rs) => {
        const region = regionOf("xor", centre, rs);
        expect(region.reach).toBe(pointsOf(rs));
        expect(isInside(region, at(numberOf(centre) ^ (region.reach - 1n)))).toBe(true);
        if (region.reach < space) expect(isInside(region, at(numberOf(centre) ^ region.reach))).toBe(false);
      }),
    );
  });

  for (const geometry of geometries) {
    it(`(${geometry}) has its centre inside, lies in every larger one, and is mutual`, () => {
      const pair = fc.tuple(place, fc.oneof(place, fc.bigInt(0n, 1n << 80n))); // any two places, and close ones
      fc.assert(
        fc.property(pair, share, share, ([p, other], a, b) => {
          const x = typeof other === "bigint" ? at(numberOf(p) + other) : other;
          const [small, large] = a < b ? [a, b] : [b, a];
          expect(isInside(regionOf(geometry, p, small), p)).toBe(true);
          expect(isInside(regionOf(geometry, p, small), x)).toBe(isInside(regionOf(geometry, x, small), p));
          if (isInside(regionOf(geometry, p, small), x)) expect(isInside(regionOf(geometry, p, large), x)).toBe(true);
          expect(isInside(regionOf(geometry, p, 1), x)).toBe(true);
          expect(distance(geometry, p, x)).toBe(distance(geometry, x, p));
          expect(distance(geometry, p, p)).toBe(0n);
        }),
      );
    });

    it(`(${geometry}) catches a share rs of uniform places, wherever it lies`, () => {
      const places = Array.from({ length: 20_000 }, (_, i) => locationOfHash(sha256(`place ${i}`)));
      for (const [index, rs] of [0.01, 0.1, 0.3, 0.77].entries()) {
        const region = regionOf(geometry, locationOfHash(sha256(`centre ${index}`)), rs);
        const found = places.filter((x) => isInside(region, x)).length;
        const spread = Math.sqrt(places.length * rs * (1 - rs));
        expect(Math.abs(found - places.length * rs)).toBeLessThan(4 * spread);
      }
    });
  }

  it("that is no share is a programmer's error", () => {
    for (const rs of [0, -0.1, 1.1, Number.NaN]) expect(() => regionOf("ring", at(0n), rs)).toThrow(/share/);
  });
});
