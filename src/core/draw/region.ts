// "The region of size rs centred on p", by the overlay's own geometry (DESIGN §5):
//   ring   Chord's: the arc of which p is the middle
//   torus  CAN's, in two dimensions of 128 bits: the square of which p is the middle
//   xor    Kademlia's: all points whose distance p ⊕ x is small
// In each the region holds a share rs of all points, so PL and PC (tails.ts) hold unchanged. Arithmetic is on whole
// numbers, so every node gives the same answer. In all three, x is in p's region exactly when p is in x's.
import { assert, unreachable } from "../base/index.ts";
import { type Location, locationBits, numberOf } from "./location.ts";

export type Geometry = "ring" | "torus" | "xor";
export const geometries = ["ring", "torus", "xor"] as const satisfies readonly Geometry[];

export interface Region {
  readonly geometry: Geometry;
  readonly centre: Location;
  /** Size as a share of the space. */
  readonly rs: number;
  /** Points are inside whose `distance` from the centre is below this. */
  readonly reach: bigint;
  /** Its leading 32 bits: they settle nearly every XOR distance without whole numbers. */
  readonly lead: number;
}

const space = 1n << locationBits;
const leadShift = locationBits - 32n;
const axisBits = locationBits / 2n;
const axis = 1n << axisBits;

export function regionOf(geometry: Geometry, centre: Location, rs: number): Region {
  const reach = reachOf(geometry, pointsOf(rs));
  return { geometry, centre, rs, reach, lead: Number(reach >> leadShift) };
}

/** Definition 4: whoever is at that place is legitimate with respect to the region. */
export function isInside(region: Region, location: Location): boolean {
  if (region.geometry === "xor") {
    const lead = leadDistance(region.centre, location);
    if (lead !== region.lead) return lead < region.lead;
  }
  return distance(region.geometry, region.centre, location) < region.reach;
}

/** Leading 32 bits of the XOR distance. */
export function leadDistance(a: Uint8Array, b: Uint8Array): number {
  return (((a[0]! ^ b[0]!) << 24) | ((a[1]! ^ b[1]!) << 16) | ((a[2]! ^ b[2]!) << 8) | (a[3]! ^ b[3]!)) >>> 0;
}

/** How far one place is from another: symmetric, 0 for the place itself. The setter of a point is the node nearest to it. */
export function distance(geometry: Geometry, from: Location, to: Location): bigint {
  const [a, b] = [numberOf(from), numberOf(to)];
  switch (geometry) {
    case "xor":
      return a ^ b;
    case "ring":
      return shorterWay(a, b, space);
    case "torus": {
      const across = shorterWay(a >> axisBits, b >> axisBits, axis);
      const along = shorterWay(a % axis, b % axis, axis);
      return across > along ? across : along;
    }
    default:
      return unreachable(geometry);
  }
}

/** Both ways round: never more than half of it. */
function shorterWay(a: bigint, b: bigint, round: bigint): bigint {
  const way = a > b ? a - b : b - a;
  return way * 2n > round ? round - way : way;
}

/**
 * A ball in ring and torus reaches as far to one side as to the other, so it has an odd number of points on each axis: one
 * fewer than asked for, perhaps, never one more. Only the whole space has all.
 */
function reachOf(geometry: Geometry, points: bigint): bigint {
  if (points === space) return space;
  switch (geometry) {
    case "xor":
      return points;
    case "ring":
      return (points + 1n) / 2n;
    case "torus":
      return (squareRoot(points) + 1n) / 2n;
    default:
      return unreachable(geometry);
  }
}

/** How many points a share of the space has, rounded down, at least the centre: exact, as a share is a binary fraction. */
export function pointsOf(rs: number): bigint {
  assert(rs > 0 && rs <= 1, "a region's size is a share of the space");
  let significand = rs;
  let exponent = 0;
  for (; !Number.isInteger(significand); exponent++) significand *= 2;
  const points = (BigInt(significand) << locationBits) >> BigInt(exponent);
  return points > 0n ? points : 1n;
}

/** Rounded down, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
