// Draws where every node reckons with its own estimate of N (SEP2P §3.6): honest ones differ and get on; a liar gets nowhere.
import { expect, it } from "vitest";
import {
  createNodeCache,
  estimateOf,
  know,
  neighbourhoodOf,
  verifyRoster,
  witnessesRound,
} from "../../src/core/draw/index.ts";
import { type DrawNode, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { draw } from "../support/draw.ts";

const order = { colluding: 20, alpha: 1e-3, cacheNodes: 32 } as const;
const nodes = 500; // sixteen times the cache, nearly: estimates fall on both sides of a power of two

/** As live: each has a cache of its own, and from it N, the table and the size of R3. */
function estimating({ seed, hide = 0 }: { seed: number; hide?: number }) {
  const network = drawNetwork({ seed, nodes, colluding: order.colluding, alpha: order.alpha });
  const shown = network.nodes.slice(0, nodes - hide);
  const estimates = network.nodes.map((node) => {
    const cache = createNodeCache({ self: node.member, ...order });
    for (const { member } of shown) know(cache, member);
    const near = neighbourhoodOf(cache);
    if (!near.ok) throw new Error(near.code);
    node.near = () => near.value;
    return estimateOf(cache);
  });
  return { network, estimates };
}

it("no honest draw fails because two nodes reckon with different numbers", () => {
  const { network, estimates } = estimating({ seed: 1 });
  const spreads = new Set(estimates.map((estimate) => Math.floor(Math.log2(estimate.nodes / order.cacheNodes))));
  expect(spreads.size).toBe(2); // they do differ
  expect(estimates.every(({ depth }) => depth > 0)).toBe(true);
  const missed = estimates.filter(({ low, high }) => low > nodes || high < nodes).length;
  expect(missed / nodes).toBeLessThan(0.08);
  const used = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const { roster, nowMs } = draw(network, network.nodes[i * 12]!);
    expect(verifyRoster(roster, network.rules, network.ports, { nowMs })).toMatchObject({ ok: true });
    used.add(roster.header.spread);
  }
  expect(network.happened.every(({ effect }) => effect.type === "drawn" && effect.restarts === 0)).toBe(true);
  expect([...network.simulation.counts.refusals]).toEqual([]);
  expect(used.size).toBe(2);
});

/** It says what its own estimate does not say. */
function lying(node: DrawNode, factor: number): void {
  const honest = node.near!();
  node.near = () => ({ ...honest, nodes: Math.round(honest.nodes * factor) });
}

it("a trigger that makes N look small or large gets no beacon, and one that beacon witnesses let pass no roster", () => {
  const { network } = estimating({ seed: 2 });
  const refusedBy = () => network.simulation.counts.refusals.get("draw-spread") ?? 0;
  const outcome = (trigger: DrawNode) => {
    const before = network.happened.length;
    network.draw(trigger);
    const ended = () => network.happened.slice(before).find(({ effect }) => effect.type !== "culprit");
    network.simulation.run({ forMs: 60_000, until: () => ended() !== undefined });
    return ended()?.effect.type;
  };
  const [small, large, third] = network.nodes as [DrawNode, DrawNode, DrawNode];
  lying(small, 1 / 4); // R3 larger than what honest nodes know: the rest would be left to whoever knows it
  expect(outcome(small)).toBe("not-drawn");
  const first = refusedBy();
  expect(first).toBeGreaterThan(0);
  lying(large, 4); // R3 that holds few
  expect(outcome(large)).toBe("not-drawn");
  const second = refusedBy();
  expect(second).toBeGreaterThan(first);
  const near = third.near!();
  const beacon = new Set(witnessesRound(near, third.member.location, third.member.node)!.nodes.map(({ node }) => node));
  for (const node of network.nodes) if (node !== third && !beacon.has(node.member.node)) lying(node, 8);
  expect(outcome(third)).toBe("not-drawn");
  expect(refusedBy()).toBeGreaterThan(second);
});

it("nodes that hide make N look smaller by their own share, and no more", () => {
  const [all, fewer] = [estimating({ seed: 4 }), estimating({ seed: 4, hide: order.colluding })];
  const mean = (of: typeof all) => of.estimates.reduce((sum, { nodes: n }) => sum + n, 0) / nodes;
  expect(mean(fewer) / mean(all)).toBeGreaterThan(1 - 2 * (order.colluding / nodes));
});
