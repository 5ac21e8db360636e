// A node that floods a setter with beacons it made up (SEP2P §3.5, step 3): the setter asks its witnesses before anybody has
// verified a beacon, so each start has a place until it is found out, and is answered again for a while. It keeps nobody out.
import { expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import { type DrawMessage, drawLimits } from "../../src/core/draw/index.ts";
import { drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

type Start = Extract<DrawMessage, { type: "roster-start" }>;

it("as many forged starts as a setter has places for keep no honest trigger waiting", () => {
  const network = drawNetwork({ seed: 5, ...population });
  const { simulation } = network;
  const [trigger, liar] = network.nodes;
  const by = liar!.member.node;
  let setter: NodeId | null = null;
  const forge = ({ beacon, ...start }: Start, sequence: number): Start => ({
    ...start,
    beacon: { ...beacon, header: { ...beacon.header, trigger: by, sequence } },
  });
  simulation.intercept = (_from, to, message) => {
    if (message.type !== "roster-start" || setter !== null) return message;
    setter = to;
    for (let i = 1; i <= drawLimits.maxOpenDraws; i++) simulation.send(by, to, forge(message, i));
    return null; // lost on the way: the honest one comes again when all forged ones are there
  };
  network.draw(trigger!);
  const end = () => network.happened.find(({ effect }) => effect.type === "drawn" || effect.type === "not-drawn");
  simulation.run({ forMs: 60_000, until: () => end() !== undefined });

  expect(end()!.effect).toMatchObject({ type: "drawn", restarts: 0 });
  const refused = network.refusals.filter(({ node, from }) => node === setter && from === by);
  expect(refused.filter(({ refusal }) => refusal.code === "draw-rate" && refusal.blame === by)).toHaveLength(
    drawLimits.maxOpenDraws - drawLimits.drawsPerWindow,
  );
  const places = [...network.node(setter!).state!.settings.values()].map(({ beacon }) => beacon.header.trigger);
  expect(places.filter((node) => node === by)).toHaveLength(drawLimits.drawsPerWindow);
});
