// PBDS §6.1, Gossip protocol for peer discovery: one test per rule, the rule restated in our words.
import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import { view } from "../../src/core/membership/index.ts";
import {
  linkOfOptions,
  MemberBench,
  MemberNetwork,
  sends,
  simulateMembership,
  told,
} from "../../src/sim/membership/index.ts";

describe("PBDS §6.1 gossip", () => {
  it("¶1 'provided the multiaddress of at least one node': one known address is enough to find everybody", () => {
    const network = new MemberNetwork({ nodes: 12, seed: 1, link: linkOfOptions({}), startWithinMs: 0, wire: true });
    for (const [i, node] of network.nodes.entries()) {
      network.simulation.run({ forMs: 0 });
      // Everybody is given the first node's address and nothing else; the first one is given none.
      expect(network.state(node)!.config.seeds).toEqual(i === 0 ? [] : [network.members[0]!.address]);
    }
    expect(network.runUntil(() => network.simulation.nowMs > 0 && network.converged(), 30_000).at).toBe("reached");
  });

  it("¶1 'on startup, the daemon dials the known peer': a start dials the seed, and nobody else", () => {
    const bench = new MemberBench(0, { seeds: ["/dns4/first.example/tcp/4001"] });
    const dials = bench.take({ type: "start" }).effects.filter((effect) => effect.type === "dial");
    expect(dials).toEqual([{ type: "dial", node: null, addresses: ["/dns4/first.example/tcp/4001"] }]);
  });

  it("¶1 'and exchanges network information': who meets a stranger tells it who it is and where", () => {
    const bench = new MemberBench(1);
    bench.take({ type: "start" });
    const [other] = bench.others;
    const { effects } = bench.contact(other!);
    const tells = sends(effects, "tell");
    expect(tells).toHaveLength(1);
    expect(tells[0]).toMatchObject({ to: other!.node, message: { items: [bench.state.self!.wire] } });
    expect(bench.state.self!.record.addresses).toEqual([bench.self.address]);
  });

  it("¶1 'it adds the new address to its set of known addresses'", () => {
    const bench = new MemberBench(2).meetAll();
    const newcomer = new MemberBench(3).others[2]!; // of the same authority: the third identity of the same seed
    bench.hear(bench.others[0]!.node, { type: "tell", items: [bench.record(newcomer, 7)] });
    expect(view(bench.state).find((record) => record.node === newcomer.node)).toMatchObject({
      addresses: [newcomer.address],
      sequence: 7,
    });
  });

  it("¶1 'then it shares that new address with all its known peers': each is told once, but not who told it", () => {
    const bench = new MemberBench(5).meetAll();
    const newcomer = new MemberBench(6).others[5]!;
    const [teller, ...rest] = bench.others;
    bench.hear(teller!.node, { type: "tell", items: [bench.record(newcomer, 7)] });
    const tells = told(bench.pass(500));
    expect(new Set(tells.map((tell) => tell.to))).toEqual(new Set<NodeId>(rest.map((member) => member.node)));
    expect(tells.every((tell) => tell.kinds.length === 1)).toBe(true);
    expect(told(bench.pass(5_000))).toEqual([]); // once
  });

  it("¶2 'an address already contained … it ignores': it is neither stored again nor shared", () => {
    const bench = new MemberBench(4).meetAll();
    const known = bench.record(bench.others[3]!, 1);
    const before = view(bench.state);
    for (const teller of bench.others) {
      const { effects, code } = bench.hear(teller.node, { type: "tell", items: [structuredClone(known)] });
      expect(code).toBeUndefined();
      expect(effects.filter((effect) => effect.type === "send" || effect.type === "persist")).toEqual([]);
    }
    expect(told(bench.pass(5_000))).toEqual([]);
    expect(view(bench.state)).toEqual(before);
  });

  it("¶2 'will eventually converge across the network': under loss too, everybody knows everybody", () => {
    for (let seed = 0; seed < 10; seed++)
      expect(simulateMembership({ nodes: 16, seed, loss: 0.05, silentForMs: 0 }).converged, `seed ${seed}`).toBe(true);
  });

  it("¶2 'no more gossip RPC calls will be made when all peer addresses are known': zero, for an hour", () => {
    for (let seed = 0; seed < 5; seed++) {
      const report = simulateMembership({ nodes: 16, seed, loss: 0.05, silentForMs: 3_600_000 });
      expect(report, `seed ${seed}`).toMatchObject({ converged: true, gossipAfterConvergence: 0 });
    }
  });
});
