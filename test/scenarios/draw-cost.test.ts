// What `hedgerow draw run` says a draw took, against what the machines of all nodes said and signed.
import { describe, expect, it } from "vitest";
import type { Crypto } from "../../src/core/base/index.ts";
import { drawOf } from "../../src/core/draw/index.ts";
import { costByRule } from "../../src/node/draw-cost.ts";
import { drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { population } from "../support/draw.ts";

describe.each([
  { name: "at the first lot", spread: 0, actors: 8 },
  { name: "after lots in regions too sparse", spread: 1, actors: 102 },
])("the cost by rule of a draw that ends $name", ({ spread, actors }) => {
  const network = drawNetwork({ seed: 2, ...population, wire: false });
  const { simulation } = network;
  const trigger = network.nodes[0]!;
  // It reckons with so many nodes that half of the space is R3, which holds 102 of 200 only now and then.
  const { members } = trigger;
  if (spread > 0) trigger.near = () => ({ geometry: "xor", table: network.table, nodes: 1_100, members });
  let operations = 0;
  const crypto = network.crypto as { -readonly [K in keyof Crypto]: Crypto[K] };
  const { verify } = crypto;
  crypto.verify = (...args) => {
    operations++;
    return verify(...args);
  };
  for (const { signer } of network.nodes) {
    const { sign } = signer;
    (signer as { sign: typeof sign }).sign = (message) => {
      operations++;
      return sign(message);
    };
  }

  it("is the beacon's and the last lot's", () => {
    let [lots, ended] = [0, 0];
    for (let round = 0; round < 12; round++) {
      /** By attempt; what belongs to the beacon by -1. */
      const sent = new Map<number, number>();
      const before = operations;
      simulation.onSend = (_from, _to, message) => {
        const of =
          message.type === "roster-done" ? message.roster.attempt : "attempt" in message ? message.attempt : -1; // seals too
        sent.set(of, (sent.get(of) ?? 0) + 1);
      };
      const happened = network.happened.length;
      network.draw(trigger, { actors, ticket: `draw ${round}` });
      simulation.run({ forMs: 60_000, until: () => network.happened.length > happened });
      const { effect } = network.happened[happened]!;
      simulation.run({ forMs: 11 * 60_000 }); // its rate is not what is looked at
      if (effect.type !== "drawn" || effect.restarts > 0) continue;
      const { beacon, roster, list } = effect;
      expect(drawOf(crypto, beacon.header)).toBe(drawOf(crypto, roster.header));
      const cost = costByRule(beacon, list);
      expect(cost.messages).toBe(sent.get(-1)! + sent.get(roster.attempt)!);
      if (roster.attempt === 0) expect(cost.operations).toBe(operations - before);
      else expect(cost.operations).toBeLessThan(operations - before);
      lots += roster.attempt;
      ended++;
    }
    expect(lots > 0).toBe(spread > 0);
    expect(ended).toBeGreaterThan(6);
  });
});
