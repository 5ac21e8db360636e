// The incrementally kept cache against its plain twin: everything counted anew from who is there.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type NodeId, nodeIdOfPublicKey } from "../base/index.ts";
import { isInside, locationOf, regionOf } from "./index.ts";
import type { DrawMember } from "./neighbourhood.ts";
import { spreadOf, witnessesRound } from "./neighbourhood.ts";
import {
  blockOf,
  cachedMembers,
  contacts,
  createNodeCache,
  doubt,
  endVouches,
  estimateOf,
  forget,
  know,
  knownBy,
  type NodeCache,
  neighbourhoodOf,
  vouch,
} from "./node-cache.ts";

const hasher = {
  sha256: (...parts: readonly Uint8Array[]) =>
    new Uint8Array(parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()),
};

function memberOf(seed: number, version = 0): DrawMember {
  const publicKey = hasher.sha256(new TextEncoder().encode(`member ${seed}`));
  const certificate = hasher.sha256(publicKey, Uint8Array.of(version)).slice(0, 31);
  const node = nodeIdOfPublicKey(publicKey);
  return { node, publicKey, location: locationOf(hasher, publicKey), certificate, processes: true };
}
const population = Array.from({ length: 4_000 }, (_, i) => memberOf(i));
const self = population[0]!;
const cacheOf = (count: number, cacheNodes = 16): NodeCache => {
  const cache = createNodeCache({ self, colluding: 2, alpha: 1e-3, cacheNodes });
  for (const member of population.slice(0, count)) know(cache, member);
  return cache;
};

function expectAsCountedAnew(cache: NodeCache, up: ReadonlyMap<NodeId, DrawMember>): void {
  expect(new Map(cache.members)).toEqual(new Map(up));
  const inside = (depth: number) =>
    [...up.values()].filter(({ location }) => isInside(regionOf("xor", self.location, 2 ** -depth), location));
  let depth = 32;
  while (depth > 0 && inside(depth).length < 2 * cache.order.cacheNodes) depth--;
  expect(blockOf(cache)).toEqual({ depth, nodes: inside(depth).length });
  expect(new Set([...cachedMembers(cache)].map(({ node }) => node))).toEqual(
    new Set(inside(depth).map(({ node }) => node)),
  );
  for (const member of up.values()) expect(knownBy(cache, member.certificate)).toBe(member);
  expect(cache.byCertificate.size).toBe(up.size);
}

it("after any joins, departures, suspicions and vouches it holds what counting anew gives", () => {
  const node = fc.integer({ min: 1, max: 60 });
  const happening = fc.oneof(
    fc.record({ what: fc.constant("know" as const), node, version: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ what: fc.constant("forget" as const), node }),
    fc.record({ what: fc.constant("vouch" as const), node, untilMs: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ what: fc.constant("doubt" as const), nodes: fc.array(node, { maxLength: 4 }) }),
    fc.record({ what: fc.constant("time" as const), nowMs: fc.integer({ min: 1, max: 9 }) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
      const cache = createNodeCache({ self, colluding: 2, alpha: 1e-3, cacheNodes: 4 });
      const known = new Map<NodeId, DrawMember>();
      const vouched = new Map<NodeId, { member: DrawMember; untilMs: number }>();
      let suspected = new Set<NodeId>();
      for (const one of happenings) {
        if (one.what === "know") {
          const member = memberOf(one.node, one.version);
          know(cache, member);
          known.set(member.node, member);
          vouched.delete(member.node);
        } else if (one.what === "forget") {
          forget(cache, population[one.node]!.node);
          known.delete(population[one.node]!.node);
          vouched.delete(population[one.node]!.node);
        } else if (one.what === "vouch") {
          const member = population[one.node]!;
          vouch(cache, member, one.untilMs);
          if (!known.has(member.node)) vouched.set(member.node, { member, untilMs: one.untilMs });
        } else if (one.what === "time") {
          endVouches(cache, one.nowMs);
          for (const [id, { untilMs }] of vouched) if (one.nowMs >= untilMs) vouched.delete(id);
        } else suspected = new Set(one.nodes.map((index) => population[index]!.node).filter((id) => known.has(id)));
        doubt(
          cache,
          [...suspected].filter((id) => known.has(id)),
        );
      }
      const up = new Map<NodeId, DrawMember>([[self.node, self]]);
      for (const [id, member] of known) if (!suspected.has(id)) up.set(id, member);
      for (const [id, { member }] of vouched) up.set(id, member);
      expectAsCountedAnew(cache, up);
    }),
    { numRuns: 150 },
  );
});

it("membership knows better than an attested cache: it neither brings back the suspected nor ends the known", () => {
  const cache = cacheOf(5);
  const [, suspected, known] = population as [DrawMember, DrawMember, DrawMember];
  doubt(cache, [suspected.node]);
  vouch(cache, suspected, 10);
  vouch(cache, known, 10);
  expect(cache.members.has(suspected.node)).toBe(false);
  endVouches(cache, 20);
  expect(cache.members.has(known.node)).toBe(true);
  doubt(cache, []);
  expect(cache.members.has(suspected.node)).toBe(true);
});

it("a small network is counted; in a large one N follows from the density of the block, and the truth is in the interval", () => {
  expect(estimateOf(cacheOf(31))).toMatchObject({ nodes: 31, error: 0, depth: 0, cached: 31 });
  let misses = 0;
  for (let i = 0; i < 60; i++) {
    const cache = createNodeCache({ self: population[i]!, colluding: 2, alpha: 1e-3, cacheNodes: 128 });
    for (const member of population) know(cache, member);
    const { nodes, low, high, error, depth, cached } = estimateOf(cache);
    expect(depth).toBeGreaterThan(0);
    expect(cached).toBeLessThan(700);
    expect(error).toBeLessThan(0.16);
    expect(Math.abs(nodes / 4_000 - 1)).toBeLessThan(0.3);
    if (low > 4_000 || high < 4_000) misses++;
  }
  expect(misses).toBeLessThanOrEqual(6); // 3 of 60 are to be expected
});

it("two honest nodes whose estimates differ ask for, and take, the same witnesses and a spread that the other takes", () => {
  const caches = [0, 700, 1_900, 3_999].map((i) => {
    const cache = createNodeCache({ self: population[i]!, colluding: 40, alpha: 1e-6, cacheNodes: 128 });
    for (const member of population) know(cache, member);
    return cache;
  });
  const views = caches.map((cache) => {
    const near = neighbourhoodOf(cache);
    if (!near.ok) throw new Error(near.code);
    return near.value;
  });
  expect(new Set(views.map(({ nodes }) => nodes)).size).toBeGreaterThan(1);
  for (const centre of population.slice(0, 200)) {
    const asked = views.map((near) =>
      witnessesRound(near, centre.location, centre.node)!.nodes.map(({ node }) => node),
    );
    for (const names of asked) expect(names).toEqual(asked[0]);
  }
  const spreads = views.map(spreadOf);
  expect(Math.max(...spreads) - Math.min(...spreads)).toBeLessThanOrEqual(1);
  // The block holds all of R3 also where the other reckons with half as many nodes.
  for (const [i, cache] of caches.entries()) expect(blockOf(cache).depth).toBeLessThanOrEqual(spreads[i]! - 1);
});

it("an estimate that is wrong by a factor of two changes neither k nor the witnesses: a liar that hides gains nothing", () => {
  const near = (nodes: number) => {
    const cache = cacheOf(1_000, 16);
    const found = blockOf(cache);
    const estimate = { nodes, low: nodes, high: nodes, confidence: 0.95, error: 0 };
    cache.estimated = { found: found.nodes - 1, depth: found.depth, estimate };
    const made = neighbourhoodOf(cache);
    if (!made.ok) throw new Error(made.code);
    return made.value;
  };
  const views = [500, 1_000, 2_000].map(near);
  for (const centre of population.slice(0, 300)) {
    const [small, right, large] = views.map((view) => witnessesRound(view, centre.location, null)?.row.k);
    expect([small, large]).toEqual([right, right]);
  }
});

it("news of a liar go to a few in each shell", () => {
  const cache = cacheOf(4_000);
  const told = contacts(cache);
  expect(new Set(told).size).toBe(told.length);
  expect(told).not.toContain(self.node);
  expect(told.length).toBeLessThan(3 * 16);
  for (const shell of cache.shells)
    if ([...shell.keys()].some((node) => node !== self.node))
      expect(told.filter((node) => shell.has(node)).length).toBeGreaterThan(0);
});
