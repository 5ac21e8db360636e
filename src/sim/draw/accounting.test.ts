// The fast path against the live machines: the same places, every count.
import { describe, expect, it } from "vitest";
import type { Crypto } from "../../core/base/index.ts";
import { kTable, locationOf, verifyRoster } from "../../core/draw/index.ts";
import { drawNetwork } from "../draw-protocol/index.ts";
import { countBeacon, countRoster, countVisit } from "./accounting.ts";
import { Look, reachesOf } from "./neighbours.ts";
import { emptyOutcome } from "./outcome.ts";
import { positionOf, type Ring } from "./ring.ts";

const parameters = { nodes: 600, colluding: 12, alpha: 1e-3 };
const draws = 25;
const actors = 8;

/** Shares of the ring in double precision: the first 53 bits of each location. */
function placeOf(location: Uint8Array): number {
  let place = 0;
  for (let i = 6; i >= 0; i--) place = (place + location[i]!) / 256;
  return place;
}

function ringOf(places: readonly number[]): Ring {
  const sorted = Float64Array.from(places).sort();
  const nodes = sorted.length;
  const all = new Float64Array(new SharedArrayBuffer(8 * 3 * nodes));
  for (let i = 0; i < 3 * nodes; i++) all[i] = sorted[i % nodes]! + (Math.floor(i / nodes) - 1);
  return {
    nodes,
    colluding: 0,
    margin: nodes,
    places: all,
    keys: new Int32Array(new SharedArrayBuffer(4 * 3 * nodes)),
  };
}

describe("the fast path and the live machines", () => {
  const network = drawNetwork({ seed: 11, ...parameters, geometry: "ring", wire: false });
  const counted = { operations: 0 };
  const crypto = network.crypto as { -readonly [K in keyof Crypto]: Crypto[K] };
  const { verify } = crypto;
  crypto.verify = (...args) => {
    counted.operations++;
    return verify(...args);
  };
  for (const { signer } of network.nodes) {
    const { sign } = signer;
    (signer as { sign: typeof sign }).sign = (message) => {
      counted.operations++;
      return sign(message);
    };
  }
  const table = kTable(parameters);
  if (!table.ok) throw new Error(table.detail);
  const ring = ringOf(network.nodes.map(({ member }) => placeOf(member.location)));
  const reaches = reachesOf(table.value);

  it("agree on k, on every message and on every asymmetric operation of each draw", () => {
    const seen = new Set<string>();
    for (let draw = 0; draw < draws; draw++) {
      const trigger = network.nodes[draw * 7]!;
      const before = { operations: counted.operations, sent: network.simulation.counts.sent };
      const happened = network.happened.length;
      network.draw(trigger, { actors, ticket: `draw ${draw}` });
      network.simulation.run({ forMs: 60_000, until: () => network.happened.length > happened });
      const { effect } = network.happened[happened]!;
      if (effect.type !== "drawn") throw new Error(JSON.stringify(effect));
      const { beacon, roster, restarts } = effect;
      expect({ restarts, attempt: roster.attempt }).toEqual({ restarts: 0, attempt: 0 });

      const place = placeOf(locationOf(crypto, trigger.member.publicKey));
      const at = ring.places.indexOf(place);
      const [k1, k2] = [beacon.parts.length, roster.witnesses.length];
      expect(new Look().round(ring, reaches, place, at, at).k, "witnesses of the beacon").toBe(k1);

      const now = { operations: counted.operations, sent: network.simulation.counts.sent };
      const verified = verifyRoster(roster, network.rules, network.ports, { nowMs: roster.header.atMs + 1_000 });
      if (!verified.ok) throw new Error(verified.code);
      expect(counted.operations - now.operations, "operations to verify").toBe(2 * k2);
      const lot = placeOf(verified.value.lot);
      const right = positionOf(ring.places, lot, ring.margin);
      expect(new Look().round(ring, reaches, lot, right, -1).k, "witnesses of the roster").toBe(k2);

      const outcome = emptyOutcome();
      countBeacon(outcome, k1);
      countVisit(outcome);
      countRoster(outcome, k2, 0, actors);
      expect(now.sent - before.sent, "messages").toBe(outcome.totalMessages);
      expect(now.operations - before.operations, "operations").toBe(outcome.totalCrypto);
      seen.add(`${k1} ${k2}`);
    }
    expect(seen.size).toBeGreaterThan(2); // not always the same two numbers
  });
});
