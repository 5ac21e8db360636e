import { expect, it } from "vitest";
import { drawNetwork } from "../../sim/draw-protocol/index.ts";
import type { NodeId } from "../base/index.ts";
import { drawLimits, stepDraw } from "./index.ts";

it("refuses a sender whose id has the shape of one, and is no key", () => {
  const network = drawNetwork({ seed: 1, nodes: 60, colluding: 3, alpha: 1e-3 });
  const node = network.nodes[1]!;
  const members = node.members;
  const near = { geometry: "xor" as const, table: network.table, nodes: members.size, members };
  const from = `12D3Koo${"z".repeat(45)}` as NodeId;
  const header = {
    network: network.rules.network,
    trigger: from,
    sequence: 1,
    purpose: "ab".repeat(32),
    actors: 4,
    spread: 0,
    atMs: 0,
  };
  const message = { type: "beacon-ask", header, witnesses: [node.member.node] } as never;
  const step = stepDraw(node.state!, { type: "message", from, message, nowMs: 0, random: new Uint8Array(32), near });
  expect(step.refusal).toMatchObject({ code: "draw-unsigned", blame: from });
});

it("who has drawn too often is told when the next draw is possible, and then it is", () => {
  const network = drawNetwork({ seed: 1, nodes: 60, colluding: 3, alpha: 1e-3 });
  const trigger = network.nodes[0]!;
  const ends = () => {
    const before = network.happened.length;
    network.draw(trigger, { actors: 4 });
    network.simulation.run({ forMs: 60_000, until: () => network.happened.length > before });
    const effect = network.happened[before]?.effect;
    return effect?.type === "not-drawn" ? `${effect.refusal.code}: ${effect.refusal.detail}` : effect?.type;
  };
  const all = Array.from({ length: drawLimits.drawsPerWindow }, ends);
  expect(new Set(all)).toEqual(new Set(["drawn"]));
  const said = ends();
  const [, seconds] = /^draw-rate: the next draw is possible in (\d+) s at the latest$/.exec(String(said)) ?? [];
  expect(Number(seconds) * 1_000).toBeGreaterThan(drawLimits.windowMs / 2);
  network.simulation.run({ forMs: (Number(seconds) - 30) * 1_000 });
  expect(ends()).toMatch(/^draw-rate: the next draw is possible in (30|[12]\d) s/);
  network.simulation.run({ forMs: 31_000 });
  expect(ends()).toBe("drawn");
});
