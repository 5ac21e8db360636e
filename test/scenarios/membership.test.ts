// Scenarios of membership at small scale: many seeds, every message encoded and decoded as live.
import { describe, expect, it } from "vitest";
import { addressOf, linkOfOptions, MemberNetwork, simulateMembership } from "../../src/sim/membership/index.ts";

const rough = linkOfOptions({ loss: 0.05, duplication: 0.02, reorder: 0.2 });

function settled(nodes: number, seed: number, late = 0): MemberNetwork {
  const network = new MemberNetwork({ nodes, seed, link: rough, startWithinMs: 500, wire: true, late });
  const among = network.nodes.slice(0, nodes);
  expect(network.runUntil(() => network.simulation.nowMs > 500 && network.converged(among), 60_000).at).toBe("reached");
  network.simulation.run({ forMs: 30_000 });
  return network;
}

describe("membership, many seeds", () => {
  it("converges under loss, duplication and reordering, and is then silent, from 2 to 24 nodes", () => {
    for (let seed = 0; seed < 24; seed++) {
      const report = simulateMembership({
        nodes: 2 + seed,
        seed,
        loss: 0.05,
        duplication: 0.02,
        reorder: 0.2,
        startWithinMs: 200 * (seed % 4),
        silentForMs: 120_000,
        wire: true,
      });
      expect(report, `seed ${seed}`).toMatchObject({
        converged: true,
        gossipAfterConvergence: 0,
        outcome: "time-limit",
      });
      expect(report.maxNeighbours).toBeLessThanOrEqual(8);
      expect(report.probes).toBeGreaterThan(0);
    }
  });

  it("converges also where a fifth of all messages is lost", () => {
    for (let seed = 0; seed < 5; seed++)
      expect(simulateMembership({ nodes: 15, seed, loss: 0.2, silentForMs: 0, wire: true }).converged).toBe(true);
  });

  it("replays: one seed, one trace; another seed, another", () => {
    const trace = (seed: number): string => simulateMembership({ nodes: 12, seed, loss: 0.05 }).traceHash;
    expect(trace(3)).toBe(trace(3));
    expect(trace(3)).not.toBe(trace(4));
  });

  it("forgets a node that died without a word, everywhere, and takes it back when it starts again", () => {
    for (let seed = 0; seed < 8; seed++) {
      const network = settled(5 + seed, seed);
      const dead = network.nodes[1 + (seed % 4)]!;
      network.simulation.crash(dead);
      const others = network.nodes.filter((node) => node !== dead);
      expect(network.runUntil(() => network.converged(others), 90_000).at, `seed ${seed}`).toBe("reached");
      network.simulation.run({ forMs: 60_000 });
      expect(network.converged(others), "no zombie").toBe(true);
      network.simulation.restart(dead);
      expect(network.runUntil(() => network.converged(), 60_000).at, `seed ${seed}`).toBe("reached");
    }
  });

  it("follows a node that moves", () => {
    for (let seed = 0; seed < 8; seed++) {
      const network = settled(4 + seed, seed);
      const moving = network.members[seed % 4]!;
      network.move(moving, addressOf(5000 + seed));
      const known = (): boolean =>
        network.nodes.every(
          (node) => network.state(node)?.members.get(moving.node)?.record.addresses[0] === moving.address,
        );
      expect(network.runUntil(known, 60_000).at, `seed ${seed}`).toBe("reached");
      expect(network.runUntil(() => network.converged(), 60_000).at).toBe("reached");
    }
  });

  it("goes on as two networks when cut in two, and is one again after the cut heals, also after an hour", () => {
    for (const [seed, cutMs] of [
      [0, 60_000],
      [1, 600_000],
      [2, 3_600_000],
      [3, 120_000],
    ] as const) {
      const network = settled(6 + 4 * seed, seed);
      const half = Math.floor(network.nodes.length / 2);
      const [left, right] = [network.nodes.slice(0, half), network.nodes.slice(half)];
      network.simulation.partition([left, right]);
      const apart = (): boolean => network.converged(left) && network.converged(right);
      expect(network.runUntil(apart, 300_000).at, `seed ${seed}`).toBe("reached");
      network.simulation.run({ forMs: cutMs });
      expect(apart()).toBe(true);
      network.simulation.heal();
      expect(network.runUntil(() => network.converged(), 1_300_000).at, `seed ${seed}`).toBe("reached");
      network.simulation.run({ forMs: 90_000 });
      const before = network.gossipMessages;
      network.simulation.run({ forMs: 300_000 });
      expect(network.gossipMessages - before, "silent after healing").toBe(0);
    }
  });

  it("heals a cut without any seed: the forgotten are called back", () => {
    for (let seed = 30; seed < 34; seed++) {
      const network = settled(10, seed);
      network.move(network.members[0]!, addressOf(7_000)); // nobody listens at the seed's address any more
      const at = network.simulation.nowMs;
      expect(network.runUntil(() => network.simulation.nowMs > at + 100 && network.converged(), 60_000).at).toBe(
        "reached",
      );
      const [left, right] = [network.nodes.slice(0, 5), network.nodes.slice(5)];
      network.simulation.partition([left, right]);
      expect(network.runUntil(() => network.converged(left) && network.converged(right), 300_000).at).toBe("reached");
      network.simulation.heal();
      expect(network.runUntil(() => network.converged(), 300_000).at, `seed ${seed}`).toBe("reached");
    }
  });

  it("restarts without any seed: after all went down, the disks know the others", () => {
    const network = settled(6, 11);
    for (const node of network.nodes) network.simulation.crash(node, { loseLastWrites: 1 });
    network.simulation.run({ forMs: 10_000 });
    const live = network.nodes.slice(1); // the seed is gone for good
    for (const node of live) network.simulation.restart(node);
    expect(network.runUntil(() => network.converged(live), 120_000).at).toBe("reached");
  });

  it("never goes back in its sequence, whatever the disk loses", () => {
    const network = settled(3, 12);
    const node = network.nodes[1]!;
    let last = network.state(node)!.sequence;
    for (let crash = 0; crash < 6; crash++) {
      network.simulation.crash(node, { loseLastWrites: crash });
      network.simulation.run({ forMs: 50 });
      network.simulation.restart(node);
      network.simulation.run({ forMs: 500 });
      const now = network.state(node)!.sequence;
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    expect(network.runUntil(() => network.converged(), 30_000).at).toBe("reached");
  });

  it("forgets who says goodbye at once, and does not call it back", () => {
    const network = settled(7, 13, 1);
    const analyst = network.members[7]!;
    network.simulation.restart(analyst.node);
    expect(network.runUntil(() => network.converged(), 30_000).at).toBe("reached");
    network.inject(analyst.node, { type: "leave", nowMs: network.nowMs(analyst.node) });
    network.simulation.run({ forMs: 10 });
    const others = network.nodes.slice(0, 7);
    const gone = (): boolean => others.every((node) => !network.state(node)!.members.has(analyst.node));
    expect(network.runUntil(gone, 3_000).at).toBe("reached"); // far sooner than a death is noticed
    network.simulation.crash(analyst.node);
    network.simulation.run({ forMs: 120_000 });
    expect(gone()).toBe(true);
  });

  it("removes a revoked node everywhere and for ever, also in who was away and in who restarts", () => {
    const network = settled(8, 14);
    const [revoked, away] = [network.nodes[2]!, network.nodes[5]!];
    network.simulation.crash(away);
    const revocation = network.authority.revoke(revoked);
    network.inject(network.nodes[4]!, { type: "revocation", nowMs: network.nowMs(network.nodes[4]!), revocation });
    const rest = network.nodes.filter((node) => node !== revoked && node !== away);
    const banned = (nodes: typeof rest): boolean =>
      nodes.every((node) => network.state(node)?.banned.has(revoked) && !network.state(node)?.members.has(revoked));
    expect(network.runUntil(() => banned(rest), 5_000).at).toBe("reached");
    network.simulation.restart(away);
    expect(network.runUntil(() => banned([...rest, away]), 60_000).at).toBe("reached");
    network.simulation.crash(rest[0]!);
    network.simulation.restart(rest[0]!);
    network.simulation.run({ forMs: 60_000 });
    expect(banned([...rest, away])).toBe(true);
  });

  it("survives random crashes, restarts and cuts, and converges when they end", () => {
    for (let seed = 100; seed < 112; seed++) {
      const network = settled(10, seed);
      const { simulation } = network;
      for (let fault = 0; fault < 12; fault++) {
        const node = simulation.random.pick(network.nodes);
        if (simulation.random.chance(0.5)) simulation.crash(node, { loseLastWrites: simulation.random.below(3) });
        else simulation.crashDuringNextStep(node, simulation.random.below(3));
        if (simulation.random.chance(0.3))
          simulation.partition([simulation.random.shuffled(network.nodes).slice(0, 4)]);
        simulation.run({ forMs: simulation.random.between(100, 40_000) });
        if (simulation.random.chance(0.5)) simulation.heal();
        simulation.restart(node);
      }
      simulation.heal();
      for (const node of network.nodes) simulation.restart(node);
      expect(network.runUntil(() => network.converged(), 1_500_000).at, `seed ${seed}`).toBe("reached");
    }
  });
});
