// The fast path against the live machines: the same places, every count.
import { describe, expect, it } from "vitest";
import type { Crypto } from "../../core/base/index.ts";
import { kTable, locationOf, lotOf, verifyRoster } from "../../core/draw/index.ts";
import { drawNetwork } from "../draw-protocol/index.ts";
import { countBeacon, countRoster, countSeal, countSparse, countVisit } from "./accounting.ts";
import { Look, reachesOf } from "./neighbours.ts";
import { emptyOutcome } from "./outcome.ts";
import { positionOf, type Ring } from "./ring.ts";

/** Small, and as many nodes as the paper's smallest network (§4.1); with few that process, so that R3 is often too sparse. */
const sizes = [
  { nodes: 600, colluding: 12, alpha: 1e-3, draws: 25, actors: 8, relocates: false },
  { nodes: 10_000, colluding: 100, alpha: 1e-6, draws: 40, actors: 32, relocates: false },
  { nodes: 10_000, colluding: 100, alpha: 1e-6, draws: 40, actors: 32, relocates: true },
];
/** R3 of 2^-7 of 10,000 nodes holds 78, of which every other may be drawn: 39, give or take 6. */
const scarce = { cacheNodes: 64, processesEvery: 2 };

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

describe.each(sizes)("the fast path and the live machines at $nodes nodes, relocations: $relocates", (size) => {
  const { draws, actors, relocates, ...parameters } = size;
  const network = drawNetwork({
    seed: 11,
    ...parameters,
    geometry: "ring",
    wire: false,
    ...(relocates ? scarce : {}),
  });
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
  const processors = ringOf(
    network.nodes.filter(({ member }) => member.processes).map(({ member }) => placeOf(member.location)),
  );
  const reaches = reachesOf(table.value);
  const drawn = new Set<string>();
  let relocations = 0;

  /** Those who may be drawn within a share of the ring round the place. */
  function candidatesIn(share: number, place: number): number {
    const [from, to] = [place - share / 2, place + share / 2];
    const count = positionOf(processors.places, to, 0) - positionOf(processors.places, from, 0);
    return Math.min(processors.nodes, count);
  }

  it("agree on k, on every message and on every asymmetric operation of each draw", { timeout: 120_000 }, () => {
    for (let draw = 0; draw < draws; draw++) {
      const trigger = network.nodes[draw * 7]!;
      const before = { operations: counted.operations, sent: network.simulation.counts.sent };
      const happened = network.happened.length;
      network.draw(trigger, { actors, ticket: `draw ${draw}` });
      network.simulation.run({ forMs: 60_000, until: () => network.happened.length > happened });
      const { effect } = network.happened[happened]!;
      if (effect.type !== "drawn") throw new Error(JSON.stringify(effect));
      const { beacon, roster, list, restarts } = effect;
      const now = { operations: counted.operations, sent: network.simulation.counts.sent };
      expect(restarts).toBe(0);

      const place = placeOf(locationOf(crypto, trigger.member.publicKey));
      const at = ring.places.indexOf(place);
      const [k1, k2] = [beacon.parts.length, list.witnesses.length];
      expect(new Look().round(ring, reaches, place, at, at).k, "witnesses of the beacon").toBe(k1);

      const outcome = emptyOutcome();
      countBeacon(outcome, k1);
      const share = 2 ** -beacon.header.spread;
      let attesting = 0;
      for (let attempt = 0; ; attempt++) {
        const lot = placeOf(lotOf(crypto, roster.random, attempt));
        const { k } = new Look().round(ring, reaches, lot, positionOf(ring.places, lot, ring.margin), -1);
        const found = candidatesIn(share, lot);
        countVisit(outcome);
        if (found >= actors) {
          expect({ attempt, k }, "attempt and witnesses of the roster").toEqual({ attempt: roster.attempt, k: k2 });
          countRoster(outcome, k2, attesting, actors);
          countSeal(outcome, attesting);
          break;
        }
        countSparse(outcome, k, attesting, found);
        attesting += k;
      }
      relocations += outcome.relocations;
      expect(now.sent - before.sent, "messages").toBe(outcome.totalMessages);
      expect(now.operations - before.operations, "operations").toBe(outcome.totalCrypto);
      drawn.add(`${k1} ${k2}`);

      const verified = verifyRoster(roster, network.rules, network.ports, { nowMs: roster.header.atMs + 1_000 });
      if (!verified.ok) throw new Error(verified.code);
      expect(counted.operations - now.operations, "operations to verify").toBe(2 * k1);
    }
    expect(drawn.size).toBeGreaterThan(2); // not always the same two numbers
    expect(relocations > 0).toBe(relocates);
  });
});
