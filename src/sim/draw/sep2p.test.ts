// The fast path itself against the live machines, draw by draw: given the places, keys, lots and random values of a network
// that drew, it takes as many tries, witnesses, messages and operations, and draws the same processors. Each live node
// knows its own cache only, as in the fast path, so that not every witness names everybody.
import { describe, expect, it } from "vitest";
import type { Crypto, NodeId } from "../../core/base/index.ts";
import {
  type Disclosure,
  type DrawMember,
  isInside,
  kTable,
  locationOf,
  lotOf,
  regionOf,
  spreadOf,
  xorAll,
} from "../../core/draw/index.ts";
import { type DrawNode, drawNetwork } from "../draw-protocol/index.ts";
import { countBeacon } from "./accounting.ts";
import { Look, reachesOf } from "./neighbours.ts";
import type { DrawOrder } from "./order.ts";
import { emptyOutcome } from "./outcome.ts";
import { positionOf, type Ring } from "./ring.ts";
import { Sep2p } from "./strategies/sep2p.ts";

const assumed = { nodes: 10_000, colluding: 100, alpha: 1e-6 };
const draws = 24;

/** Shares of the ring in double precision: the first 53 bits of each location. */
function placeOf(location: Uint8Array): number {
  let place = 0;
  for (let i = 6; i >= 0; i--) place = (place + location[i]!) / 256;
  return place;
}

function away(a: number, b: number): number {
  const way = Math.abs(a - b);
  return Math.min(way, 1 - way);
}

/** The first 30 bits, and room for the one that says who colludes: what the fast path has of a key. */
function rankOf(bytes: Uint8Array): number {
  return (((bytes[0]! << 22) | (bytes[1]! << 14) | (bytes[2]! << 6) | (bytes[3]! >> 2)) << 1) & 0x7fff_ffff;
}

function ringOf(members: readonly DrawMember[]): Ring {
  const sorted = members
    .map((member) => ({ place: placeOf(member.location), key: rankOf(member.publicKey) }))
    .sort((a, b) => a.place - b.place);
  const nodes = sorted.length;
  const places = new Float64Array(new SharedArrayBuffer(8 * 3 * nodes));
  const keys = new Int32Array(new SharedArrayBuffer(4 * 3 * nodes));
  for (let i = 0; i < 3 * nodes; i++) {
    places[i] = sorted[i % nodes]!.place + (Math.floor(i / nodes) - 1);
    keys[i] = sorted[i % nodes]!.key;
  }
  return { nodes, colluding: 0, margin: nodes, places, keys };
}

describe.each([
  { cacheNodes: 512, actors: 32, moves: false },
  { cacheNodes: 32, actors: 36, moves: true },
])("the fast path and live draws, with R3 of $cacheNodes nodes or more for $actors processors", (size) => {
  const { cacheNodes, actors, moves } = size;
  const network = drawNetwork({ seed: 12, ...assumed, geometry: "ring", wire: false, cacheNodes });
  const { simulation, crypto } = network;
  const counted = { operations: 0, messages: 0 };
  const port = crypto as { -readonly [K in keyof Crypto]: Crypto[K] };
  const { verify } = port;
  port.verify = (...args) => {
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
  const table = kTable(assumed);
  if (!table.ok) throw new Error(table.detail);
  const around = { geometry: "ring", table: network.table, nodes: assumed.nodes, cacheNodes } as const;
  const share = 2 ** -spreadOf({ ...around, members: new Map() });
  const members = network.nodes.map(({ member }) => member);
  const places = members.map(({ location }) => placeOf(location));
  const ring = ringOf(members);
  const order: DrawOrder = {
    ...assumed,
    ...{ actors, cache: assumed.nodes * share, strategy: "sep2p", overlay: "chord", seed: 1, setters: 1, tries: 1 },
  };
  const reaches = reachesOf(table.value);

  /** Its own cache, looked for when it is asked for: a few nodes of all take part. */
  function knowsItsCache(node: DrawNode): void {
    let cache: Map<NodeId, DrawMember> | null = null;
    const own = placeOf(node.member.location);
    node.near = () => {
      cache ??= new Map(members.filter((_, i) => away(places[i]!, own) < share / 2).map((one) => [one.node, one]));
      return { ...around, members: cache };
    };
  }
  for (const node of network.nodes) knowsItsCache(node);

  it("agree on tries, witnesses, messages, operations, and on every processor", { timeout: 120_000 }, () => {
    const seen = { moved: 0, lacking: 0, drawn: 0 };
    for (let draw = 0; draw < draws; draw++) {
      const trigger = network.nodes[draw * 7]!;
      const everybody = new Map(members.map((member) => [member.node, member]));
      trigger.near = () => ({ ...around, members: everybody }); // it must find the setter, which look-ups do elsewhere
      const before = { ...counted };
      let disclosures: readonly Disclosure[] = [];
      simulation.onSend = (_from, _to, message) => {
        // Certificates of drawn nodes that the setter has to ask for are not in the fast path: it counts operations there.
        if (message.type !== "roster-want" && message.type !== "roster-papers") counted.messages++;
        if (message.type === "roster-list") disclosures = message.disclosures;
      };
      const happened = network.happened.length;
      network.draw(trigger, { actors, ticket: `draw ${draw}` });
      simulation.run({ forMs: 60_000, until: () => network.happened.length > happened });
      const { effect } = network.happened[happened]!;
      if (effect.type !== "drawn" || effect.restarts > 0) throw new Error(JSON.stringify(effect));
      knowsItsCache(trigger);
      const { beacon, roster, list } = effect;

      // Who was drawn colludes in the fast path's network, and nobody else: so its attacker has all processors exactly when
      // they are the same. Those near the lots stay honest, that nobody lies and no row is filled.
      const fell = Array.from({ length: roster.attempt + 1 }, (_, i) => lotOf(crypto, roster.random, i));
      const near = fell.map((one) => regionOf("ring", one, table.value.rows.at(-1)!.rs));
      const isNear = ({ location }: DrawMember) => near.some((region) => isInside(region, location));
      const drawn = new Set(roster.actors.filter((node) => !isNear(network.node(node).member)));
      const marked = { ...ring, keys: new Int32Array(new SharedArrayBuffer(ring.keys.byteLength)) };
      marked.keys.set(ring.keys);
      for (const member of members.filter(({ node }) => drawn.has(node))) {
        const at = positionOf(ring.places, placeOf(member.location), ring.margin);
        for (const turn of [-ring.nodes, 0, ring.nodes]) marked.keys[at + turn]! |= 1;
      }
      const outcome = emptyOutcome();
      const own = placeOf(locationOf(crypto, trigger.member.publicKey));
      const at = positionOf(ring.places, own, ring.margin);
      countBeacon(outcome, new Look().round(ring, reaches, own, at, at).k);
      let attempt = 0;
      const place = () => placeOf(lotOf(crypto, roster.random, attempt++));
      const lots = { unit: place, key: () => rankOf(xorAll(disclosures.map(({ random }) => random))) };
      const first = place();
      const lot = { place: first, right: positionOf(ring.places, first, ring.margin), itself: -1 };
      new Sep2p(marked, table.value, order).roster(lot, lots, outcome);

      const { beaconWitnesses, rosterWitnesses, relocations, captured, corrupted } = outcome;
      expect({ beaconWitnesses, rosterWitnesses, relocations, captured, corrupted }).toEqual({
        beaconWitnesses: beacon.parts.length,
        rosterWitnesses: list.witnesses.length,
        relocations: roster.attempt,
        captured: 0,
        corrupted: drawn.size,
      });
      expect(counted.messages - before.messages, "messages").toBe(outcome.totalMessages);
      expect(counted.operations - before.operations, "operations").toBe(outcome.totalCrypto);
      seen.moved += relocations;
      seen.drawn += drawn.size;
      seen.lacking += outcome.lacking;
    }
    expect(seen.moved > 0).toBe(moves);
    expect(seen.lacking).toBeGreaterThan(0);
    expect(seen.drawn).toBeGreaterThan((draws * actors) / 8);
  });
});
