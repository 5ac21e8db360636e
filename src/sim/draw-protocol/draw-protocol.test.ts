import { expect, it } from "vitest";
import { verifyBeacon, verifyRoster } from "../../core/draw/index.ts";
import { drawNetwork, purpose } from "./index.ts";

it.each(["xor", "ring", "torus"] as const)("a trigger gets a roster that anybody verifies (%s)", (geometry) => {
  const network = drawNetwork({ seed: 1, nodes: 100, colluding: 2, alpha: 1e-3, geometry });
  const [trigger] = network.nodes;
  network.draw(trigger!);
  expect(network.simulation.run({ forMs: 60_000, until: () => network.happened.length > 0 }).at).toBe("reached");
  const { effect } = network.happened[0]!;
  if (effect.type !== "drawn") throw new Error(JSON.stringify(network.happened));
  const nowMs = effect.roster.header.atMs + 1_000;
  expect(verifyBeacon(effect.beacon, network.rules, network.ports, nowMs)).toMatchObject({ ok: true });
  const verified = verifyRoster(effect.roster, network.rules, network.ports, { nowMs, purpose });
  expect(verified).toMatchObject({ ok: true });
  expect(effect.roster.actors.length).toBe(8);
  expect(effect.restarts).toBe(0);
  expect(network.simulation.counts.refusals.size).toBe(0);
});

it("a lot does not fall again for nobody's attestation", () => {
  const network = drawNetwork({ seed: 3, nodes: 60, colluding: 2, alpha: 1e-3 });
  const [trigger, liar] = network.nodes;
  network.draw(trigger!);
  network.simulation.run({ forMs: 60_000, until: () => network.happened.length > 0 });
  const { effect } = network.happened[0]!;
  if (effect.type !== "drawn") throw new Error("it was not drawn");
  const { beacon } = effect;
  for (const target of network.nodes)
    network.simulation.send(liar!.member.node, target.member.node, {
      type: "roster-start",
      beacon,
      attempt: 1,
      sparse: [[]],
    });
  network.simulation.run({ forMs: 60_000 });
  expect(network.simulation.counts.refusals.get("draw-unsigned")).toBe(60);
  expect(network.nodes.every(({ state }) => state!.settings.size === 0)).toBe(true);
});
