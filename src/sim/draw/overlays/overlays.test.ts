import { describe, expect, it } from "vitest";
import { Lots } from "../lots.ts";
import { makeRing, type Ring } from "../ring.ts";
import { Can } from "./can.ts";
import { Chord } from "./chord.ts";
import { Kademlia } from "./kademlia.ts";
import type { Overlay } from "./overlay.ts";

const ringOf = (nodes: number): Ring => makeRing({ nodes, colluding: 1, seed: 3, reach: 4 });

function averageHops(overlay: Overlay, nodes: number): number {
  const lots = new Lots(9, "lookup");
  let sum = 0;
  for (let lookup = 0; lookup < 500; lookup++) {
    lots.seek(lookup);
    sum += overlay.hops(lots.below(nodes), lots.unit());
  }
  return sum / 500;
}

describe("look-ups", () => {
  it("take half of log₂ N hops on Chord, as its paper says, and one more for the last", () => {
    for (const nodes of [256, 4_096, 65_536]) {
      const hops = averageHops(new Chord(ringOf(nodes)), nodes);
      expect(Math.abs(hops - Math.log2(nodes) / 2), `${nodes}`).toBeLessThan(1.2);
    }
  });

  it("take no hop on Chord where the node manages the point itself, and one where its successor does", () => {
    const ring = ringOf(100);
    const chord = new Chord(ring);
    for (let node = 0; node < 99; node++) {
      const [own, next] = [ring.places[ring.margin + node]!, ring.places[ring.margin + node + 1]!];
      expect(chord.hops(node, own)).toBe(0);
      expect(chord.hops(node, (own + next) / 2)).toBe(1);
    }
  });

  it("never take more hops on Chord than there are bits to agree on", () => {
    const ring = ringOf(1_000);
    const chord = new Chord(ring);
    for (let node = 0; node < 1_000; node += 7) {
      for (let i = 0; i < 50; i++) expect(chord.hops(node, i / 50)).toBeLessThanOrEqual(24);
    }
  });

  it("take about half of √N hops on CAN in two dimensions, as its paper says", () => {
    for (const nodes of [256, 4_096, 65_536]) {
      const hops = averageHops(new Can(nodes, 3), nodes);
      // Boxes are not all equal here, which costs nothing much: large ones are crossed in one hop.
      expect(hops / (Math.sqrt(nodes) / 2), `${nodes}`).toBeGreaterThan(0.75);
      expect(hops / (Math.sqrt(nodes) / 2), `${nodes}`).toBeLessThan(1.1);
    }
  });

  it("take at most log₂ N hops on Kademlia, and fewer the larger the buckets: a bucket of 20 saves four bits a hop", () => {
    for (const nodes of [256, 4_096, 65_536]) {
      const hops = averageHops(new Kademlia(ringOf(nodes), 3), nodes);
      expect(hops, `${nodes}`).toBeGreaterThan(Math.log2(nodes) / 8);
      expect(hops, `${nodes}`).toBeLessThan(Math.log2(nodes) / 3);
    }
  });

  it("end on Kademlia at the node nearest by XOR: from there no hop is taken", () => {
    const ring = ringOf(64);
    const kademlia = new Kademlia(ring, 3);
    const bits = (place: number) => BigInt(Math.floor(place * 2 ** 52));
    for (let i = 0; i < 64; i++) {
      const point = (i + 0.37) / 64;
      const away = (node: number) => bits(ring.places[ring.margin + node]!) ^ bits(point);
      const nearest = [...Array(64).keys()].reduce((best, node) => (away(node) < away(best) ? node : best));
      for (let node = 0; node < 64; node++) {
        const hops = kademlia.hops(node, point);
        if (node === nearest) expect(hops).toBe(0);
        else expect(hops).toBeGreaterThan(0);
      }
    }
  });
});
