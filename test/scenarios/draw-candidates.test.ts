// How many candidates a roster's witness names (SEP2P §3.5, step 4): all it knows, or it declines. Were a long list cut, all
// honest witnesses would leave out the same keys, and a colluding one could name just those of them that it likes.
import { describe, expect, it } from "vitest";
import { publicKeyBytes } from "../../src/core/base/index.ts";
import { encodeDrawMessage, drawLimits as limits, spreadOf } from "../../src/core/draw/index.ts";
import { limits as overlayLimits } from "../../src/io/overlay/limits.ts";
import { type DrawNetwork, drawNetwork } from "../../src/sim/draw-protocol/index.ts";

const cacheNodes = limits.maxCacheNodes;
/** The most nodes of which a witness believes that they fill its R3 less than twice. */
const believed = 4 * cacheNodes - 1;

/** All witnesses reckon with `believed` nodes, and the trigger with so few that its R3 is everything: one step more. */
function networkOf(nodes: number): DrawNetwork {
  const network = drawNetwork({ seed: 3, nodes, colluding: 20, alpha: 1e-3, wire: false, cacheNodes });
  const { table } = network;
  for (const [i, node] of network.nodes.entries()) {
    const [geometry, members] = ["xor", node.members] as const;
    node.near = () => ({ geometry, table, members, cacheNodes, nodes: i === 0 ? 2 * cacheNodes - 1 : believed });
  }
  const [trigger, witness] = network.nodes;
  expect(spreadOf(witness!.near!()) - spreadOf(trigger!.near!())).toBe(limits.spreadTolerance);
  return network;
}

function drawIn(network: DrawNetwork) {
  const named: number[] = [];
  network.simulation.onSend = (_from, _to, message) => {
    if (message.type === "roster-disclose") named.push(message.disclosure.candidates.length / publicKeyBytes);
  };
  network.draw(network.nodes[0]!, { actors: 32 });
  const end = () => network.happened.find(({ effect }) => effect.type === "drawn" || effect.type === "not-drawn");
  network.simulation.run({ forMs: 120_000, until: () => end() !== undefined });
  return { end: end()?.effect.type, named: [...new Set(named)] };
}

describe("a witness of a roster", () => {
  it.each([
    ["as many candidates as it reckons with at most", believed],
    ["as many more as chance can make it", limits.maxCandidates],
  ])("names %s: %d", (_, nodes) => {
    expect(drawIn(networkOf(nodes))).toEqual({ end: "drawn", named: [nodes] });
  });

  it("declines where there are more, and leaves out none", () => {
    const network = networkOf(limits.maxCandidates + 1);
    expect(drawIn(network)).toEqual({ end: "not-drawn", named: [] });
    const declined = network.refusals.filter(({ refusal }) => refusal.code === "draw-spread");
    expect(declined).not.toHaveLength(0);
    expect(declined.every(({ refusal }) => refusal.blame === undefined)).toBe(true); // it is nobody's fault
  });

  it("may know what fills the largest R3, and five deviations more", () => {
    const most = cacheNodes * 2 ** (1 + limits.spreadTolerance);
    expect(limits.maxCandidates).toBeGreaterThanOrEqual(most + 5 * Math.sqrt(2 * most));
  });
});

it("the lists of all witnesses go into one message, with a certificate of each that is drawn", () => {
  const witness = "1".repeat(52);
  const candidates = new Uint8Array(publicKeyBytes * limits.maxCandidates);
  const disclosure = { witness, random: new Uint8Array(32), candidates, signature: new Uint8Array(64) };
  const message = {
    type: "roster-list",
    draw: "ab".repeat(32),
    attempt: limits.maxAttempts,
    disclosures: Array.from({ length: limits.maxWitnesses }, () => disclosure),
    papers: Array.from({ length: limits.maxActors }, () => new Uint8Array(limits.maxCertificateBytes)),
  };
  const { length } = encodeDrawMessage(message as unknown as Parameters<typeof encodeDrawMessage>[0]);
  expect(length).toBeLessThan(limits.maxMessageBytes);
  expect(limits.maxMessageBytes).toBeLessThanOrEqual(overlayLimits.maxMessageBytes);
});
