// The quick ways of this area beside plain ones. Places and keys agree in their leading bytes far more often than by chance.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type NodeId, nodeIdOfPublicKey } from "../base/index.ts";
import type { KTableRow } from "./k-table.ts";
import { type Location, numberOf } from "./location.ts";
import {
  candidatesRound,
  compareBytes,
  type DrawMember,
  type Neighbourhood,
  nearestTo,
  witnessesRound,
} from "./neighbourhood.ts";
import { distance, geometries, isInside, type Region, regionOf } from "./region.ts";

/** 32 bytes: many begin alike, and some differ in the last ones only. */
const bytes = fc
  .tuple(
    fc.array(fc.constantFrom(0x00, 0x01, 0x80, 0xff), { minLength: 6, maxLength: 6 }),
    fc.uint8Array({ minLength: 2, maxLength: 2 }),
    fc.boolean(),
  )
  .map(([lead, end, near]) => {
    const all = new Uint8Array(32);
    all.set(near ? [0, 0, 0, 0] : lead.slice(0, 4));
    all.set(lead.slice(4), 15);
    all.set(end, 30);
    return all;
  });
const member = fc.tuple(bytes, bytes, fc.boolean()).map(
  ([publicKey, location, processes]): DrawMember => ({
    node: nodeIdOfPublicKey(publicKey),
    publicKey,
    location: location as Location,
    certificate: new Uint8Array(0),
    processes,
  }),
);
const rows = fc
  .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })
  .chain((ks) =>
    fc.tuple(
      fc.constant(ks.sort((a, b) => a - b)),
      fc.array(fc.constantFrom(2 ** -40, 2 ** -33, 2 ** -32, 2 ** -17, 0.1, 0.5, 0.75, 1), {
        minLength: ks.length,
        maxLength: ks.length,
      }),
    ),
  )
  .map(([ks, sizes]) => {
    sizes.sort((a, b) => a - b); // more witnesses, a larger region
    return ks.map((k, i): KTableRow => ({ k, rs: sizes[i]! }) as KTableRow);
  });
const around = fc
  .record({ geometry: fc.constantFrom(...geometries), rows, list: fc.array(member, { minLength: 1, maxLength: 40 }) })
  .map(
    ({ geometry, rows, list }): Neighbourhood => ({
      geometry,
      table: { nodes: list.length, colluding: 1, alpha: 1e-6, rows },
      nodes: list.length,
      members: new Map(list.map((one) => [one.node, one])),
    }),
  );
const options = { numRuns: 1_000 };

function sortedByDistance({ geometry, members }: Neighbourhood, centre: Location): DrawMember[] {
  const away = ({ location }: DrawMember) => distance(geometry, centre, location);
  return [...members.values()].sort((a, b) => (away(a) < away(b) ? -1 : away(a) > away(b) ? 1 : 0));
}

it("isInside is a comparison of whole numbers", () => {
  const plainly = ({ centre, reach }: Region, place: Location) => (numberOf(centre) ^ numberOf(place)) < reach;
  const size = fc.oneof(
    fc.constantFrom(1, 0.5, 2 ** -32, 2 ** -33, 2 ** -200),
    fc.double({ min: 1e-12, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(bytes, bytes, size, (a, b, rs) => {
      const region = regionOf("xor", a as Location, rs);
      expect(isInside(region, b as Location)).toBe(plainly(region, b as Location));
    }),
    options,
  );
});

it("witnessesRound sorts everybody, and takes the first row whose region holds its k nearest", () => {
  function plainly(near: Neighbourhood, centre: Location, but: NodeId | null) {
    const sorted = sortedByDistance(near, centre).filter(({ node }) => node !== but);
    for (const row of near.table.rows) {
      const nodes = sorted.slice(0, row.k);
      const region = regionOf(near.geometry, centre, row.rs);
      if (nodes.length === row.k && nodes.every(({ location }) => isInside(region, location))) return { row, nodes };
    }
    return null;
  }
  let found = 0;
  fc.assert(
    fc.property(around, bytes, fc.option(fc.nat()), (near, centre, pick) => {
      const all = [...near.members.keys()];
      const but = pick === null ? null : all[pick % all.length]!;
      const expected = plainly(near, centre as Location, but);
      if (expected !== null) found++;
      expect(witnessesRound(near, centre as Location, but)).toEqual(expected);
    }),
    options,
  );
  expect(found).toBeGreaterThan(100);
});

it("nearestTo is the first of all by distance", () => {
  fc.assert(
    fc.property(around, bytes, (near, centre) => {
      expect(nearestTo(near, centre as Location)).toBe(sortedByDistance(near, centre as Location)[0]);
    }),
    options,
  );
});

it("candidatesRound keeps who processes inside the region, in the order of the bytes", () => {
  fc.assert(
    fc.property(around, bytes, fc.integer({ min: 0, max: 34 }), (near, centre, spread) => {
      const region = regionOf(near.geometry, centre as Location, 2 ** -spread);
      const plainly = [...near.members.values()]
        .filter(({ processes, location }) => processes && isInside(region, location))
        .map(({ publicKey }) => publicKey)
        .sort(compareBytes);
      expect(candidatesRound(near, centre as Location, spread)).toEqual(plainly);
    }),
    options,
  );
});
