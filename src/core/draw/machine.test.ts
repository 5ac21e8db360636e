import { expect, it } from "vitest";
import { drawNetwork } from "../../sim/draw-protocol/index.ts";
import type { NodeId } from "../base/index.ts";
import { stepDraw } from "./index.ts";

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
