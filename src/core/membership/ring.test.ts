import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NodeId, nodeIdOfPublicKey } from "../base/index.ts";
import { limits } from "./limits.ts";
import { createRings, type Placed, place, positionsOf, remove, ringNeighbours, wouldBeNeighbour } from "./ring.ts";

const sha256 = (...parts: readonly (Uint8Array | string)[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

function shuffled<T extends { readonly node: NodeId }>(list: readonly T[], seed: number): T[] {
  const rank = (item: T): string => Buffer.from(sha256(`${seed}`, item.node)).toString("hex");
  return [...list].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function population(count: number, seed: number): Placed[] {
  return Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(sha256(`key ${seed} ${i}`));
    return { node: nodeIdOfPublicKey(key), positions: positionsOf({ sha256 }, key) };
  });
}

function ringsOf(self: Placed, all: readonly Placed[]) {
  const rings = createRings(self.positions);
  for (const other of all) if (other !== self) place(rings, other);
  return rings;
}

/** How many nodes a breadth-first walk from the first one reaches, and in how many steps. */
function walk(links: Map<NodeId, Set<NodeId>>): { reached: number; steps: number } {
  const seen = new Set([links.keys().next().value!]);
  let frontier = [...seen];
  let steps = -1;
  for (; frontier.length > 0; steps++)
    frontier = frontier.flatMap((node) =>
      [...links.get(node)!].filter((next) => links.has(next) && !seen.has(next) && seen.add(next)),
    );
  return { reached: seen.size, steps };
}

describe("rings", () => {
  it("gives links on which both ends agree, at most eight each, in whatever order the nodes were heard of", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer(), (count, seed) => {
        const all = population(count, seed);
        const links = new Map(all.map((self) => [self.node, ringNeighbours(ringsOf(self, all))]));
        const reordered = shuffled(all, seed);
        for (const self of all) {
          expect(ringNeighbours(ringsOf(self, reordered))).toEqual(links.get(self.node));
          expect(links.get(self.node)!.size).toBeLessThanOrEqual(limits.maxNeighbours);
          for (const other of links.get(self.node)!) expect(links.get(other)!.has(self.node)).toBe(true);
        }
        expect(walk(links).reached).toBe(count);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps what placing one by one gives when nodes leave again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 30 }), fc.integer(), (count, seed) => {
        const [self, ...others] = population(count, seed) as [Placed, ...Placed[]];
        const rings = ringsOf(self, others);
        let rest = others;
        for (const leaving of shuffled(others, seed).slice(0, count >> 1)) {
          rest = rest.filter((other) => other !== leaving);
          const wasNeighbour = ringNeighbours(rings).has(leaving.node);
          expect(remove(rings, leaving.node, () => rest)).toBe(wasNeighbour);
          expect(ringNeighbours(rings)).toEqual(ringNeighbours(ringsOf(self, rest)));
          expect(wouldBeNeighbour(rings, leaving)).toBe(
            ringNeighbours(ringsOf(self, [...rest, leaving])).has(leaving.node),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("connects a thousand in a few hops, and stays connected when a third die at once", () => {
    for (let seed = 0; seed < 5; seed++) {
      const all = population(1_000, seed);
      const links = new Map(all.map((self) => [self.node, ringNeighbours(ringsOf(self, all))]));
      const whole = walk(links);
      expect(whole.reached).toBe(1_000);
      expect(whole.steps).toBeLessThanOrEqual(7);
      for (const dead of shuffled(all, seed).slice(0, 333)) links.delete(dead.node);
      expect(walk(links).reached).toBeGreaterThan(667 - 5); // an expander loses at most a few stragglers
    }
  });
});
