import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { degreesOf } from "./degree.ts";
import { type DrawParameters, type KTable, kTable, largestRegion } from "./k-table.ts";
import { limits } from "./limits.ts";
import { networkRisk, tableForNetworkRisk } from "./network-risk.ts";
import { atLeast, fewerThan } from "./tails.ts";

function tableOf(parameters: DrawParameters): KTable {
  const table = kTable(parameters);
  if (!table.ok) throw new Error(table.detail);
  return table.value;
}

/** Small and fast (Vigna's splitmix over 32 bits): the same places in every run. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** On a ring of circumference 1: inside the arc of size rs round the centre? */
function inArc(centre: number, rs: number, place: number): boolean {
  const way = Math.abs(centre - place);
  return 2 * Math.min(way, 1 - way) < rs;
}

describe("the k-table", () => {
  const parameters = fc
    .record({
      nodes: fc.double({ min: 1, max: 9, noNaN: true }).map((exponent) => Math.ceil(10 ** exponent)),
      part: fc.double({ min: -6, max: -0.5, noNaN: true }).map((exponent) => 10 ** exponent),
      alpha: fc.double({ min: -30, max: -1, noNaN: true }).map((exponent) => 10 ** exponent),
    })
    .map(({ nodes, part, alpha }) => ({ nodes, alpha, colluding: Math.max(1, Math.floor(nodes * part)) }));

  it("has in each row the largest region that is safe, and ends at the first that practically every node can fill", () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const { nodes, colluding, alpha } = given;
        const { rows } = tableOf(given);
        let cumulated = 0;
        rows.forEach((row, index) => {
          const { k, rs } = row;
          expect(k).toBe(index + 1);
          expect(row.risk).toBe(atLeast(k, colluding, rs));
          expect(row.risk).toBeLessThan(alpha);
          if (rs < 1) expect(atLeast(k, colluding, rs * (1 + 1e-12))).toBeGreaterThanOrEqual(alpha);
          else expect(k).toBe(colluding + 1);
          expect(row.miss).toBe(fewerThan(k, nodes, rs));
          expect(row.finds + row.miss).toBeCloseTo(1, 12);
          expect(row.expected).toBe(nodes * rs);
          expect(row.miss <= alpha).toBe(index === rows.length - 1);
          if (index > 0) expect(rs).toBeGreaterThan(rows[index - 1]!.rs);
          cumulated += row.risk;
          expect(row.cumulatedRisk).toBe(cumulated);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("with more witnesses than colluding nodes takes them from everywhere", () => {
    expect(tableOf({ nodes: 1_000, colluding: 1, alpha: 1e-10 }).rows.at(-1)).toMatchObject({ k: 2, rs: 1, risk: 0 });
  });

  const faulty: [DrawParameters, string][] = [
    [{ nodes: 1, colluding: 1, alpha: 1e-6 }, "nodes"],
    [{ nodes: 10.5, colluding: 1, alpha: 1e-6 }, "nodes"],
    [{ nodes: limits.maxNodes + 1, colluding: 1, alpha: 1e-6 }, "nodes"],
    [{ nodes: Number.NaN, colluding: 1, alpha: 1e-6 }, "nodes"],
    [{ nodes: 10, colluding: 0, alpha: 1e-6 }, "colluding"],
    [{ nodes: 10, colluding: 10, alpha: 1e-6 }, "colluding"],
    [{ nodes: 10, colluding: 1, alpha: 0 }, "alpha"],
    [{ nodes: 10, colluding: 1, alpha: 0.2 }, "alpha"],
    [{ nodes: 10, colluding: 1, alpha: Number.NaN }, "alpha"],
  ];
  for (const [given, blamed] of faulty) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      const refused = kTable(given);
      expect(refused).toMatchObject({ ok: false, code: "draw-parameters" });
      expect(refused.ok ? "" : refused.detail).toContain(`${blamed}: `);
    });
  }

  it("refuses to go on for ever where nearly all nodes collude", () => {
    const given = { nodes: 1_000_000_000, colluding: 900_000_000, alpha: 1e-10 };
    expect(kTable(given)).toMatchObject({ ok: false, code: "draw-table-too-long" });
  });
});

describe("the share of nodes that use each row", () => {
  it("is a distribution, the rest of which is what the last row misses at most", () => {
    const table = tableOf({ nodes: 100_000, colluding: 1_000, alpha: 1e-6 });
    const { shares, none, average } = degreesOf(table);
    expect(shares.reduce((sum, share) => sum + share, none)).toBeCloseTo(1, 12);
    expect(shares[0]).toBeCloseTo(table.rows[0]!.finds, 12);
    expect(none).toBeLessThanOrEqual(table.rows.at(-1)!.miss);
    expect(average).toBeGreaterThan(1);
  });

  it("is what counting nodes on rings gives", () => {
    const table = tableOf({ nodes: 400, colluding: 8, alpha: 1e-3 });
    const { shares } = degreesOf(table);
    const counts = shares.map(() => 0);
    const random = uniform(1);
    const trials = 4_000;
    for (let trial = 0; trial < trials; trial++) {
      const places = Array.from({ length: 400 }, random);
      const row = table.rows.findIndex(({ k, rs }) => places.filter((place) => inArc(0.5, rs, place)).length >= k);
      if (row >= 0) counts[row]!++;
    }
    shares.forEach((share, row) => {
      const spread = Math.sqrt(trials * share * (1 - share));
      expect(Math.abs(counts[row]! - trials * share), `row ${row}`).toBeLessThanOrEqual(4 * spread + 1);
    });
  });
});

describe("network-wide risk", () => {
  const cases = [1e-6, 1e-10].flatMap((target) =>
    [
      [10_000, 100],
      [10_000_000, 100_000],
      [1_000_000_000, 10_000_000],
    ].map(([nodes, colluding]) => ({ nodes: nodes!, colluding: colluding!, target })),
  );
  for (const order of cases) {
    it(`stays below ${order.target} with ${order.colluding} of ${order.nodes}, without giving much away`, () => {
      const table = tableForNetworkRisk(order);
      if (!table.ok) throw new Error(table.detail);
      const { alpha, rows } = table.value;
      expect(alpha * order.colluding * limits.maxWitnesses).toBeLessThanOrEqual(order.target * (1 + 1e-12));
      expect(networkRisk(table.value)).toBeLessThan(order.target);
      expect(networkRisk(table.value)).toBeGreaterThan(order.target / 3);
      expect(rows.length).toBeGreaterThan(
        tableOf({ nodes: order.nodes, colluding: order.colluding, alpha: order.target }).rows.length,
      );
    });
  }

  it("is refused for a target that is none", () => {
    for (const target of [0, 0.5, 1e-31, Number.NaN]) {
      expect(tableForNetworkRisk({ nodes: 100, colluding: 2, target })).toMatchObject({ code: "draw-parameters" });
    }
  });

  it("is not exceeded by attackers who try each of their nodes and each k that a verifier takes", () => {
    const assumed = { colluding: 30, alpha: 1e-3 };
    const bound = networkRisk(assumed);
    const regions = Array.from({ length: 29 }, (_, i) => ({ k: i + 1, rs: largestRegion(i + 1, 30, 1e-3) }));
    const random = uniform(7);
    const trials = 3_000;
    let broken = 0;
    for (let trial = 0; trial < trials; trial++) {
      const places = Array.from({ length: 30 }, random);
      const weak = places.some((trigger, own) =>
        regions.some(
          ({ k, rs }) => places.filter((place, other) => other !== own && inArc(trigger, rs, place)).length >= k,
        ),
      );
      if (weak) broken++;
    }
    expect(bound).toBeLessThan(0.5);
    expect(broken / trials).toBeLessThan(bound + 3 * Math.sqrt(bound / trials));
    expect(broken / trials).toBeGreaterThan(bound / 5); // a bound, and not idle: close triggers share their misfortune
  });
});
