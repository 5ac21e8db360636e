import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { degreesOf, type KTable, kTable } from "../../core/draw/index.ts";
import { Lots } from "./lots.ts";
import { Look, reachesOf } from "./neighbours.ts";
import { makeRing, positionOf, type Ring } from "./ring.ts";
import { sortedUnits } from "./sort.ts";

function tableOf(nodes: number, colluding: number, alpha: number): KTable {
  const table = kTable({ nodes, colluding, alpha });
  if (!table.ok) throw new Error(table.detail);
  return table.value;
}

describe("the ring", () => {
  it("sorts as a comparison sort does", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 3_000 }), (seed, count) => {
        const lots = new Lots(seed, "place");
        const sorted = new Float64Array(count);
        sortedUnits(lots, sorted);
        expect(sorted).toEqual(Float64Array.from({ length: count }, (_, i) => lots.seek(i).unit()).sort());
      }),
      { numRuns: 30 },
    );
  });

  it("finds positions from any guess as a scan does", () => {
    const places = new Float64Array(200);
    sortedUnits(new Lots(1, "place"), places);
    const place = fc.oneof(
      fc.double({ min: -0.1, max: 1.1, noNaN: true }),
      fc.nat(199).map((i) => places[i]!),
    );
    fc.assert(
      fc.property(place, fc.integer({ min: -5, max: 210 }), (sought, guess) => {
        const scan = places.findIndex((each) => each >= sought);
        expect(positionOf(places, sought, guess)).toBe(scan < 0 ? 200 : scan);
      }),
      { numRuns: 2_000 },
    );
  });

  it("has exactly so many colluding nodes, repeats both ends, and follows from its seed", () => {
    for (const colluding of [1, 70, 500, 950]) {
      const ring = makeRing({ nodes: 1_000, colluding, seed: 5, reach: 40 });
      const { margin, nodes, places, keys } = ring;
      expect(keys.subarray(margin, margin + nodes).reduce((sum, key) => sum + (key & 1), 0)).toBe(colluding);
      expect([...places]).toEqual([...places].sort((a, b) => a - b));
      for (let i = 0; i < margin; i++) {
        expect(keys[i]).toBe(keys[i + nodes]);
        expect(places[i]! + 1).toBeCloseTo(places[i + nodes]!, 14);
      }
      expect(makeRing({ nodes: 1_000, colluding, seed: 5, reach: 40 })).toEqual(ring);
      expect(makeRing({ nodes: 1_000, colluding, seed: 6, reach: 40 }).places).not.toEqual(places);
    }
  });
});

/** What `Look` sees, from the definition: all distances, sorted. */
function plainLook(ring: Ring, { rows }: KTable, place: number, but: number) {
  const { nodes, margin, places, keys } = ring;
  const others = Array.from({ length: nodes }, (_, i) => {
    const way = Math.abs(places[margin + i]! - place);
    return { away: Math.min(way, 1 - way), hostile: (keys[margin + i]! & 1) === 1, i };
  })
    .filter(({ i }) => margin + i !== but)
    .sort((a, b) => a.away - b.away);
  const hostile = others.filter((other) => other.hostile);
  const row = rows.find(({ k, rs }) => (others[k - 1]?.away ?? 2) < rs / 2);
  return {
    k: row?.k ?? 0,
    colluding: others.slice(0, row?.k ?? 0).filter((other) => other.hostile).length,
    captured: rows.some(({ k, rs }) => (hostile[k - 1]?.away ?? 2) < rs / 2),
  };
}

describe("a look round a point", () => {
  it("sees what the definition says, for nodes and for points between them", () => {
    const table = tableOf(400, 40, 0.01);
    const ring = makeRing({ nodes: 400, colluding: 40, seed: 3, reach: 200 });
    const look = new Look();
    const captured = [0, 0];
    for (let i = 0; i < 400; i++) {
      const at = ring.margin + i;
      const { k, colluding, captured: all } = look.round(ring, reachesOf(table), ring.places[at]!, at, at);
      expect({ k, colluding, captured: all }).toEqual(plainLook(ring, table, ring.places[at]!, at));
      captured[0]! += all ? 1 : 0;
      const point = (i + 0.3) / 400;
      const right = positionOf(ring.places, point, 0);
      const seen = look.round(ring, reachesOf(table), point, right, -1);
      expect({ k: seen.k, colluding: seen.colluding, captured: seen.captured }).toEqual(
        plainLook(ring, table, point, -1),
      );
      captured[1]! += seen.captured ? 1 : 0;
    }
    expect(Math.min(...captured)).toBeGreaterThan(0);
  });

  it("agrees with the exact distribution of k over nodes", () => {
    const table = tableOf(100_000, 1_000, 1e-6);
    const ring = makeRing({ nodes: 100_000, colluding: 1_000, seed: 1, reach: 100 });
    const look = new Look();
    const reaches = reachesOf(table);
    const counts = new Array<number>(table.rows.length + 1).fill(0);
    for (let at = ring.margin; at < ring.margin + ring.nodes; at++) {
      counts[look.round(ring, reaches, ring.places[at]!, at, at).k]!++;
    }
    degreesOf(table).shares.forEach((share, row) => {
      expect(Math.abs(counts[row + 1]! / ring.nodes - share), `k ${row + 1}`).toBeLessThan(0.01);
    });
  });
});
