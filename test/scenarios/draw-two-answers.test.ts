// A region that k witnesses attested to be too sparse, and a roster from there all the same (SEP2P §3.5, §3.6). It takes k
// colluders, which is what α is for; whoever signed both is proven a liar even so, and the trigger waits for the next lot.
import { expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import { evidenceFrom, verifyEvidence } from "../../src/core/cache/index.ts";
import { type DrawMessage, type Roster, rosterStatement, xorAll } from "../../src/core/draw/index.ts";
import { type DrawNetwork, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

type Moved = Extract<DrawMessage, { type: "roster-moved" }>;

/** Half of the space is R3, and holds the 102 candidates asked for only now and then. */
function untilMoved(seed: number): { network: DrawNetwork; moved: () => { from: NodeId; message: Moved } | null } {
  const network = drawNetwork({ seed, ...population });
  const trigger = network.nodes[0]!;
  trigger.members = Object.defineProperty(new Map(trigger.members), "size", { value: 1_100 });
  let moved: { from: NodeId; message: Moved } | null = null;
  network.simulation.onSend = (from, _, message) => {
    if (message.type === "roster-moved") moved ??= { from, message };
  };
  network.draw(trigger, { actors: 102 });
  network.simulation.run({ forMs: 60_000, until: () => attempt(network) > 0 });
  return { network, moved: () => moved };
}

const triggered = (network: DrawNetwork) => [...network.nodes[0]!.state!.triggered.values()][0];
const attempt = (network: DrawNetwork) => triggered(network)?.attempt ?? 0;

it("who attested that a region is too sparse and signs a roster from there is proven a liar", () => {
  let staged: ReturnType<typeof untilMoved> | null = null;
  for (let seed = 1; staged === null && seed < 20; seed++) {
    const tried = untilMoved(seed);
    if (tried.moved() !== null) staged = tried;
  }
  const { network, moved } = staged!;
  const { from, message } = moved()!;
  const { header, draw, beacon } = triggered(network)!;
  const random = xorAll(beacon!.parts.map((part) => part.random));
  const actors = network.nodes.slice(0, 102).map(({ member }) => member.node);
  const nodes = message.signed.map(({ certificate }) => {
    const member = network.ports.certify(certificate);
    return network.node(member.ok ? member.value.node : ("" as NodeId));
  });
  const witnesses = message.signed.map(({ certificate, atMs }, i) => {
    const signature = nodes[i]!.signer.sign(rosterStatement(draw, random, 0, actors, atMs));
    return { certificate, atMs, signature };
  });
  const roster: Roster = { header, random, attempt: 0, actors, witnesses };
  const [before, trigger] = [network.happened.length, network.nodes[0]!.member.node];
  network.simulation.send(from, trigger, { type: "roster-done", roster });
  const isOver = () => network.happened.some(({ effect }) => effect.type === "drawn" || effect.type === "not-drawn");
  network.simulation.run({ forMs: 120_000, until: isOver });
  const told = network.happened.slice(before).map(({ effect }) => effect);
  const drawn = told.find((effect) => effect.type === "drawn");
  expect(drawn?.roster.attempt).toBeGreaterThan(0);
  const proven = told.flatMap((effect) => {
    const evidence = effect.type === "culprit" ? evidenceFrom(network.crypto, effect) : null;
    return evidence !== null && verifyEvidence(evidence, network.rules, network.crypto).ok ? [evidence.node] : [];
  });
  expect(proven.sort()).toEqual(nodes.map(({ member }) => member.node).sort());
});
