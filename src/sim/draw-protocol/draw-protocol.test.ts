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
