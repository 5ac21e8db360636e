// Whoever has a part in a draw may vanish at any step, or leave in order (SEP2P §3.6, failures and disconnections).
import { describe, expect, it } from "vitest";
import { type NodeId, toHex } from "../../src/core/base/index.ts";
import { type DrawMessage, drawLimits, isBusy } from "../../src/core/draw/index.ts";
import { type DrawNetwork, drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

/** By the message that its last act would have been. */
const steps = {
  witness: ["beacon-commit", "beacon-reveal"],
  "roster witness": ["roster-commit", "roster-disclose", "roster-sign"],
  setter: ["roster-ask", "roster-commitments", "roster-list", "roster-done"],
} as const satisfies Record<string, readonly DrawMessage["type"][]>;
const cases = Object.entries(steps).flatMap(([role, types]) => types.map((type) => [role, type] as const));

/** The first that would send it is down instead, and after a while nobody counts on it any more. */
function vanishing(network: DrawNetwork, type: DrawMessage["type"], keep: readonly NodeId[]): () => NodeId | null {
  let gone: NodeId | null = null;
  network.simulation.intercept = (from, _, message) => {
    if (gone === null && message.type === type && !keep.includes(from)) {
      gone = from;
      network.simulation.after(0, () => network.simulation.crash(from));
      network.simulation.after(12_000, () => {
        const members = new Map([...network.nodes[0]!.members].filter(([node]) => node !== from));
        for (const node of network.nodes) node.members = members;
      });
    }
    return from === gone ? null : message;
  };
  return () => gone;
}

describe("a node that vanishes", () => {
  it.each(cases)("as %s, before its %s: is named, and the trigger gets a roster", (_, type) => {
    const network = drawNetwork({ seed: 4, ...population });
    const trigger = network.nodes[0]!;
    const gone = vanishing(network, type, [trigger.member.node]);
    network.draw(trigger);
    network.simulation.run({
      forMs: 120_000,
      until: () => network.happened.some(({ effect }) => effect.type === "drawn"),
    });
    const drawn = network.happened.find(({ effect }) => effect.type === "drawn")?.effect;
    expect(drawn).toMatchObject({ type: "drawn" });
    const named = network.happened.flatMap(({ node, effect }) =>
      node === trigger.member.node && effect.type === "culprit"
        ? [`${effect.refusal.code} ${effect.refusal.blame}`]
        : [],
    );
    expect(named).toContain(`draw-silent ${gone()}`);
  });

  it("as trigger: its witnesses forget the draw when it is of no use any more", () => {
    const network = drawNetwork({ seed: 4, ...population });
    const trigger = network.nodes[0]!;
    vanishing(network, "beacon-list", []);
    network.draw(trigger);
    network.simulation.run({ forMs: 5_000 });
    const open = () => network.nodes.reduce((sum, { state }) => sum + (state?.beacons.size ?? 0), 0);
    expect(open()).toBeGreaterThan(1);
    network.simulation.run({ forMs: drawLimits.maxAgeMs });
    expect(open()).toBe(0);
  });
});

describe("a node that restarts", () => {
  // A beacon witness has forgotten its value, so the draw begins anew; a roster witness has it on its disk.
  it.each([
    ["beacon-commit", 1],
    ["roster-commit", 0],
  ] as const)("after its %s: commits to no second value for the same draw", (type, restarts) => {
    const network = drawNetwork({ seed: 4, ...population });
    const { simulation } = network;
    const values = new Map<string, Set<string>>();
    let gone: NodeId | null = null;
    simulation.intercept = (from, _, message) => {
      if (message.type !== type) return message;
      const key = `${message.draw} ${from}`;
      values.set(key, (values.get(key) ?? new Set()).add(toHex(message.commitment)));
      // Lost on the way, so that it is asked again.
      const isLost = gone === null && from !== network.nodes[0]!.member.node;
      if (isLost) {
        gone = from;
        simulation.after(1, () => simulation.crash(from));
        simulation.after(500, () => simulation.restart(from));
      }
      return isLost ? null : message;
    };
    network.draw(network.nodes[0]!);
    simulation.run({ forMs: 120_000, until: () => network.happened.some(({ effect }) => effect.type === "drawn") });
    expect(network.happened.at(-1)?.effect).toMatchObject({ type: "drawn", restarts });
    expect([...values.values()].map(({ size }) => size)).toEqual([...values].map(() => 1));
    const refused = restarts === 0 ? [] : [{ node: gone, refusal: { code: "draw-sequence" } }];
    expect(network.refusals).toMatchObject(refused);
  });
});

describe("a node that leaves in order finishes first", () => {
  it.each([
    ["beacon-commit", "beacon-reveal"],
    ["roster-commit", "roster-sign"],
    ["roster-ask", "roster-done"],
  ] as const)("between %s and %s", (from, until) => {
    const network = drawNetwork({ seed: 4, ...population });
    let [watched, began, ended]: [NodeId | null, boolean, boolean] = [null, false, false];
    const busy: boolean[] = [];
    network.simulation.invariant("busy", () => {
      if (watched !== null) busy.push(isBusy(network.node(watched).state!));
      return undefined;
    });
    network.simulation.intercept = (sender, _, message) => {
      if (message.type === from && watched === null && sender !== network.nodes[0]!.member.node) watched = sender;
      if (sender === watched && message.type === from) began = true;
      if (sender === watched && message.type === until) ended = true;
      return message;
    };
    network.draw(network.nodes[0]!);
    network.simulation.run({ forMs: 120_000, until: () => ended });
    expect({ began, ended }).toEqual({ began: true, ended: true });
    expect(busy.slice(0, -1)).not.toContain(false); // each step until the last
    network.simulation.run({ forMs: 2_000 });
    expect(isBusy(network.node(watched!).state!)).toBe(false);
  });
});
