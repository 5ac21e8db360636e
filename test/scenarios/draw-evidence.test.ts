// A witness that changes its value once it has seen the others' (SEP2P §3.4, §3.5): whoever notices holds the proof.
import { expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import { type Evidence, verifyEvidence } from "../../src/core/cache/index.ts";
import { beaconStatement, candidatesDigest, disclosureStatement, signedLie } from "../../src/core/draw/index.ts";
import { type DrawNetwork, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

const otherValue = new Uint8Array(32).fill(9);

/** One witness signs another value than the one it committed to, over the list that it was shown. */
function spoil(network: DrawNetwork, what: "beacon-reveal" | "roster-disclose") {
  const lists = new Map<NodeId, readonly Uint8Array[]>();
  let liar: NodeId | null = null;
  network.simulation.intercept = (from, to, message) => {
    if (message.type === "beacon-list" || message.type === "roster-commitments") lists.set(to, message.commitments);
    if (message.type !== what || (liar !== null && liar !== from)) return message;
    liar = from;
    const { signer } = network.node(from);
    const list = lists.get(from)!;
    if (message.type === "beacon-reveal") {
      const { part, draw } = message;
      const signature = signer.sign(beaconStatement(draw, list, otherValue, part.atMs));
      return { ...message, part: { ...part, random: otherValue, signature } };
    }
    if (message.type !== "roster-disclose") return message;
    const { lot, beacon } = network.node(from).state!.rosters.get(`${message.draw}/${message.attempt}`)!;
    const region = { lot, spread: beacon.header.spread };
    const named = candidatesDigest(network.crypto, message.disclosure.candidates);
    const changed = { ...message.disclosure, random: otherValue };
    const signature = signer.sign(
      disclosureStatement(message.draw, message.attempt, region, list, { random: otherValue, named }),
    );
    return { ...message, disclosure: { ...changed, signature } };
  };
  return () => liar;
}

/** Who was named with what it signed. */
function convicted({ happened, crypto }: DrawNetwork) {
  return happened.flatMap(({ effect }) => {
    if (effect.type !== "culprit" || effect.refusal.code !== "draw-value-changed") return [];
    const statement = signedLie(crypto, effect.evidence, effect.draw);
    return statement === null ? [] : [{ node: effect.refusal.blame as NodeId, statement }];
  });
}

it.each(["beacon-reveal", "roster-disclose"] as const)("a changed value in a %s convicts its signer", (what) => {
  const network = drawNetwork({ seed: 3, ...population });
  const liar = spoil(network, what);
  network.draw(network.nodes[0]!);
  const isConvicted = () => convicted(network).length > 0;
  expect(network.simulation.run({ forMs: 60_000, until: isConvicted }).at).toBe("reached");
  for (const { node, statement } of convicted(network)) {
    expect(node).toBe(liar());
    const evidence: Evidence = { kind: "broken-commitment", node, statement };
    expect(verifyEvidence(evidence, network.rules, network.crypto)).toMatchObject({ ok: true });
    const [framed] = network.nodes.filter(({ member }) => member.node !== node);
    const another: Evidence = { ...evidence, node: framed!.member.node };
    expect(verifyEvidence(another, network.rules, network.crypto)).toMatchObject({ code: "lie-unproven" });
  }
});

it("a value that somebody spoils on the way convicts nobody", () => {
  const network = drawNetwork({ seed: 3, ...population });
  network.simulation.intercept = (_, __, message) =>
    message.type === "roster-disclose"
      ? { ...message, disclosure: { ...message.disclosure, random: otherValue } }
      : message;
  network.draw(network.nodes[0]!);
  network.simulation.run({
    forMs: 60_000,
    until: () => network.happened.some(({ effect }) => effect.type === "not-drawn"),
  });
  expect(convicted(network)).toEqual([]);
});
