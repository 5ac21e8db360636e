// Every field of a beacon and of a roster, changed alone: the exact refusal. What verifying costs: counted.
import { describe, expect, it } from "vitest";
import { countingPorts, drawn, flipped, swapped } from "../../../test/support/draw.ts";
import { drawNetwork, purpose } from "../../sim/draw-protocol/index.ts";
import { type Digest, fromCanonical, type NodeId, type RefusalCode, toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Beacon, DrawHeader, Roster } from "./messages.ts";
import { isInside, regionOf } from "./region.ts";
import { drawOf, lotOf, rosterStatement, sealStatement } from "./statement.ts";
import { verifyBeacon, verifyDrawn, verifyRoster } from "./verify.ts";

const { network, trigger, beacon, roster, list, nowMs } = drawn();
const { rules, ports } = network;
const [k1, k2] = [beacon.parts.length, list.witnesses.length];
const lot = lotOf(ports.crypto, roster.random, roster.attempt);
const place = trigger.member.location;
const elsewhere = drawNetwork({ seed: 2, nodes: 20, colluding: 2, alpha: 1e-3 });
const foreign = elsewhere.nodes[0]!.member.certificate;
const namesOf = (papers: readonly { readonly certificate: Uint8Array }[]) =>
  papers.map(({ certificate }) => {
    const member = ports.certify(certificate);
    if (!member.ok) throw new Error("an honest certificate");
    return member.value.node;
  });
const of = (centre: Uint8Array, k: number, inside: boolean, but: readonly NodeId[]) =>
  network.nodes.find(
    ({ member }) =>
      !but.includes(member.node) &&
      isInside(regionOf(rules.geometry, centre as typeof lot, rules.sizeOf(k)), member.location) === inside,
  )!.member.certificate;
const outside = (centre: Uint8Array, k: number) => of(centre, k, false, []);
const late = limits.maxAgeMs + 1_000;
const digest = "cd".repeat(32) as Digest;
const replaced = <T>(list: readonly T[], at: number, change: (one: T) => T): T[] =>
  list.map((one, i) => (i === at ? change(one) : one));

it("the order of a roster's witnesses says nothing: in every order it is the same roster", () => {
  const of = (witnesses: Roster["witnesses"]) => {
    const verified = verifyRoster({ ...roster, witnesses }, rules, ports, { nowMs, purpose });
    if (!verified.ok) throw new Error(verified.code);
    const { witnesses: members, ...rest } = verified.value;
    return { ...rest, witnesses: members.map(({ node }) => node).sort() };
  };
  expect(k1).toBeGreaterThan(2);
  const said = of(roster.witnesses);
  expect(said.actors).toEqual(roster.actors);
  for (const order of [swapped(roster.witnesses), roster.witnesses.toReversed()]) expect(of(order)).toEqual(said);
});

/** `round`: the centre of the region that its witnesses live in. */
const rosterLies = (round: Uint8Array, k: number): [string, (roster: Roster) => Roster, RefusalCode][] => [
  ["network", (r) => ({ ...r, header: { ...r.header, network: "another" } }), "draw-other-network"],
  [
    "trigger",
    (r) => ({ ...r, header: { ...r.header, trigger: farNode() } }),
    round === place ? "draw-not-legitimate" : "draw-roster-forged",
  ],
  ["sequence", (r) => ({ ...r, header: { ...r.header, sequence: r.header.sequence + 1 } }), "draw-roster-forged"],
  ["purpose", (r) => ({ ...r, header: { ...r.header, purpose: digest } }), "draw-roster-forged"],
  ["actors wanted", (r) => ({ ...r, header: { ...r.header, actors: 9 } }), "draw-roster-forged"],
  ["spread", (r) => ({ ...r, header: { ...r.header, spread: r.header.spread + 1 } }), "draw-roster-forged"],
  ["time", (r) => ({ ...r, header: { ...r.header, atMs: r.header.atMs + 1 } }), "draw-roster-forged"],
  ["time, too old", (r) => ({ ...r, header: { ...r.header, atMs: nowMs - late } }), "draw-stale"],
  ["time, of the future", (r) => ({ ...r, header: { ...r.header, atMs: nowMs + 61_000 } }), "draw-stale"],
  ["random", (r) => ({ ...r, random: flipped(r.random) }), "draw-roster-forged"],
  ["attempt", (r) => ({ ...r, attempt: 1 }), round === place ? "draw-roster-forged" : "draw-not-legitimate"],
  ["actors, other order", (r) => ({ ...r, actors: swapped(r.actors) }), "draw-roster-forged"],
  ["actors, one exchanged", (r) => ({ ...r, actors: [...r.actors.slice(1), stranger()] }), "draw-roster-forged"],
  ["actors, one dropped", (r) => ({ ...r, actors: r.actors.slice(1) }), "draw-roster-forged"],
  ["actors, one more", (r) => ({ ...r, actors: [...r.actors, stranger()] }), "draw-roster-forged"],
  ["actors, one twice", (r) => ({ ...r, actors: [r.actors[1]!, ...r.actors.slice(1)] }), "draw-roster-forged"],
  ["actors and their number", (r) => shorter(r), "draw-roster-forged"],
  ...(["first", "last"] as const).flatMap((which): [string, (roster: Roster) => Roster, RefusalCode][] => {
    const at = which === "first" ? 0 : k - 1;
    const witness = (change: (one: Roster["witnesses"][number]) => Roster["witnesses"][number]) => (r: Roster) => ({
      ...r,
      witnesses: replaced(r.witnesses, at, change),
    });
    return [
      [
        `${which} witness' signature`,
        witness((w) => ({ ...w, signature: flipped(w.signature) })),
        "draw-roster-forged",
      ],
      [`${which} witness' time`, witness((w) => ({ ...w, atMs: w.atMs + 1 })), "draw-roster-forged"],
      [`${which} witness' time, too old`, witness((w) => ({ ...w, atMs: nowMs - late })), "draw-stale"],
      [`${which} witness' time, before the draw`, witness((w) => ({ ...w, atMs: nowMs - 63_000 })), "draw-stale"],
      [`${which} witness' time, of the future`, witness((w) => ({ ...w, atMs: nowMs + 61_000 })), "draw-stale"],
      [
        `${which} witness' certificate, damaged`,
        witness((w) => ({ ...w, certificate: flipped(w.certificate, 60) })),
        "bad-signature",
      ],
      [`${which} witness' certificate, none`, witness((w) => ({ ...w, certificate: new Uint8Array() })), "malformed"],
      [
        `${which} witness' certificate, of another network`,
        witness((w) => ({ ...w, certificate: foreign })),
        "bad-signature",
      ],
      [
        `${which} witness' certificate, of a node outside the region`,
        witness((w) => ({ ...w, certificate: outside(round, k) })),
        "draw-not-legitimate",
      ],
    ];
  }),
  [
    "witnesses, other order",
    (r) => ({ ...r, witnesses: swapped(r.witnesses).map((w, i) => ({ ...w, signature: r.witnesses[i]!.signature })) }),
    "draw-roster-forged",
  ],
  [
    "a witness that did not sign, of the region",
    (r) => ({
      ...r,
      witnesses: [
        ...r.witnesses.slice(1),
        { ...r.witnesses[0]!, certificate: of(round, k, true, namesOf(r.witnesses)) },
      ],
    }),
    "draw-roster-forged",
  ],
  ["a witness less", (r) => ({ ...r, witnesses: r.witnesses.slice(0, -1) }), "draw-not-legitimate"],
  ["another witness less", (r) => ({ ...r, witnesses: r.witnesses.slice(1) }), "draw-not-legitimate"],
  [
    "a witness more, of the region",
    (r) => ({
      ...r,
      witnesses: [...r.witnesses, { ...r.witnesses[0]!, certificate: of(round, k + 1, true, namesOf(r.witnesses)) }],
    }),
    "draw-roster-forged",
  ],
  [
    "a witness twice",
    (r) => ({ ...r, witnesses: [r.witnesses[0]!, ...r.witnesses.slice(0, -1)] }),
    "draw-same-witness",
  ],
  [
    "a witness more, a second time",
    (r) => ({ ...r, witnesses: [...r.witnesses, r.witnesses[0]!] }),
    "draw-same-witness",
  ],
  ["no witness", (r) => ({ ...r, witnesses: [] }), "draw-degree"],
];

function stranger(): NodeId {
  return network.nodes.find(({ member }) => !roster.actors.includes(member.node))!.member.node;
}
function shorter(r: Roster): Roster {
  return { ...r, header: { ...r.header, actors: 7 }, actors: r.actors.slice(0, 7) };
}

const beaconLies: [string, (beacon: Beacon) => Beacon, RefusalCode][] = [
  ["network", (b) => ({ ...b, header: { ...b.header, network: "another" } }), "draw-other-network"],
  ["trigger", (b) => ({ ...b, header: { ...b.header, trigger: farNode() } }), "draw-not-legitimate"],
  ["sequence", (b) => ({ ...b, header: { ...b.header, sequence: b.header.sequence + 1 } }), "draw-beacon-forged"],
  ["purpose", (b) => ({ ...b, header: { ...b.header, purpose: digest } }), "draw-beacon-forged"],
  ["actors wanted", (b) => ({ ...b, header: { ...b.header, actors: 9 } }), "draw-beacon-forged"],
  ["spread", (b) => ({ ...b, header: { ...b.header, spread: b.header.spread + 1 } }), "draw-beacon-forged"],
  ["time", (b) => ({ ...b, header: { ...b.header, atMs: b.header.atMs + 1 } }), "draw-beacon-forged"],
  ["time, too old", (b) => ({ ...b, header: { ...b.header, atMs: nowMs - late } }), "draw-stale"],
  ["time, of the future", (b) => ({ ...b, header: { ...b.header, atMs: nowMs + 61_000 } }), "draw-stale"],
  ...[0, k1 - 1].flatMap((at): [string, (beacon: Beacon) => Beacon, RefusalCode][] => {
    const part = (change: (one: Beacon["parts"][number]) => Beacon["parts"][number]) => (b: Beacon) => ({
      ...b,
      parts: replaced(b.parts, at, change),
    });
    return [
      [`part ${at}: value`, part((p) => ({ ...p, random: flipped(p.random) })), "draw-beacon-forged"],
      [`part ${at}: signature`, part((p) => ({ ...p, signature: flipped(p.signature) })), "draw-beacon-forged"],
      [`part ${at}: time`, part((p) => ({ ...p, atMs: p.atMs + 1 })), "draw-beacon-forged"],
      [`part ${at}: time, too old`, part((p) => ({ ...p, atMs: nowMs - late })), "draw-stale"],
      [`part ${at}: time, of the future`, part((p) => ({ ...p, atMs: nowMs + 61_000 })), "draw-stale"],
      [
        `part ${at}: certificate, damaged`,
        part((p) => ({ ...p, certificate: flipped(p.certificate, 60) })),
        "bad-signature",
      ],
      [`part ${at}: certificate, of another network`, part((p) => ({ ...p, certificate: foreign })), "bad-signature"],
      [
        `part ${at}: certificate, of a node outside the region`,
        part((p) => ({ ...p, certificate: outside(place, k1) })),
        "draw-not-legitimate",
      ],
    ];
  }),
  ["parts, other order", (b) => ({ ...b, parts: swapped(b.parts) }), "draw-beacon-forged"],
  ["a part less", (b) => ({ ...b, parts: b.parts.slice(0, -1) }), "draw-not-legitimate"],
  ["another part less", (b) => ({ ...b, parts: b.parts.slice(1) }), "draw-not-legitimate"],
  ["a part twice", (b) => ({ ...b, parts: [b.parts[0]!, ...b.parts.slice(0, -1)] }), "draw-same-witness"],
  [
    "a part more, the trigger's",
    (b) => ({ ...b, parts: [...b.parts, { ...b.parts[0]!, certificate: trigger.member.certificate }] }),
    "draw-own-witness",
  ],
  ["no part", (b) => ({ ...b, parts: [] }), "draw-degree"],
];

function farNode(): NodeId {
  return network.nodes.find(
    ({ member }) =>
      !isInside(
        regionOf(rules.geometry, member.location, rules.sizeOf(k1)),
        network.node(namesOf(beacon.parts)[0]!).member.location,
      ),
  )!.member.node;
}

describe("a roster", () => {
  it("verifies, for its purpose and for no other", () => {
    expect(verifyRoster(roster, rules, ports, { nowMs })).toMatchObject({ ok: true });
    expect(verifyRoster(roster, rules, ports, { nowMs, purpose })).toMatchObject({ ok: true });
    const other = verifyRoster(roster, rules, ports, { nowMs, purpose: digest });
    expect(other).toMatchObject({ ok: false, code: "draw-other-purpose", blame: trigger.member.node });
    expect(k1).toBeGreaterThan(2); // else the table below says little
  });

  it("is of use for ten minutes", () => {
    const about = (afterMs: number) => verifyRoster(roster, rules, ports, { nowMs: roster.header.atMs + afterMs });
    expect(about(limits.maxAgeMs)).toMatchObject({ ok: true });
    expect(about(limits.maxAgeMs + 1)).toMatchObject({ code: "draw-stale" });
  });

  it.each(rosterLies(place, k1))("with another %s is refused", (_, lie, code) => {
    expect(verifyRoster(lie(roster), rules, ports, { nowMs })).toMatchObject({ ok: false, code });
  });

  it("costs 2k asymmetric operations: k certificates and k signatures", () => {
    const { ports: counting, counts } = countingPorts(network);
    expect(verifyRoster(roster, rules, counting, { nowMs })).toMatchObject({ ok: true });
    expect(counts).toEqual({ certificates: k1, signatures: k1 });
  });

  it("that is too old, for something else or too short costs none", () => {
    const { ports: counting, counts } = countingPorts(network);
    verifyRoster(roster, rules, counting, { nowMs: nowMs + late });
    verifyRoster(roster, rules, counting, { nowMs, purpose: digest });
    verifyRoster({ ...roster, actors: roster.actors.slice(1) }, rules, counting, { nowMs });
    expect(counts).toEqual({ certificates: 0, signatures: 0 });
  });

  it("is not what the witnesses round the lot signed", () => {
    expect(verifyRoster(list, rules, ports, { nowMs })).toMatchObject({ ok: false });
    expect(verifyDrawn(roster, roster.random, rules, ports, nowMs)).toMatchObject({ ok: false });
  });

  // One colluding node suffices to find such a value in about 1/α hashes, before anybody has asked for a draw.
  it("is not to be forged by who chooses a random value whose lot falls beside her own node", () => {
    const liar = network.nodes[42]!;
    const region = regionOf(rules.geometry, liar.member.location, rules.sizeOf(1));
    const random = new Uint8Array(32);
    const near = (value: Uint8Array) => isInside(region, lotOf(ports.crypto, value, 0));
    for (let i = 0; i < 1_000_000 && !near(random); i++) new DataView(random.buffer).setUint32(0, i);
    expect(near(random)).toBe(true);
    const actors = [liar.member.node];
    const header: DrawHeader = { ...roster.header, actors: 1 };
    const draw = drawOf(ports.crypto, header);
    const forged = (statement: typeof rosterStatement): Roster => {
      const signature = liar.signer.sign(statement(draw, random, 0, actors, nowMs));
      const { certificate } = liar.member;
      return { header, random, attempt: 0, actors, witnesses: [{ certificate, atMs: nowMs, signature }] };
    };
    const byLot = forged(rosterStatement);
    expect(verifyDrawn(byLot, random, rules, ports, nowMs)).toMatchObject({ ok: true }); // so it never stands alone
    expect(verifyDrawn(byLot, roster.random, rules, ports, nowMs)).toMatchObject({ ok: false });
    expect(verifyRoster(byLot, rules, ports, { nowMs })).toMatchObject({ ok: false, code: "draw-not-legitimate" });
    const sealed = verifyRoster(forged(sealStatement), rules, ports, { nowMs });
    expect(sealed).toMatchObject({ ok: false, code: "draw-not-legitimate" });
  });
});

describe("what the witnesses round the lot signed", () => {
  it("verifies for the value that it was drawn by", () => {
    expect(verifyDrawn(list, list.random, rules, ports, nowMs)).toMatchObject({ ok: true });
    expect(k2).toBeGreaterThan(2); // else the table below says little
  });

  it.each(rosterLies(lot, k2))("with another %s is refused", (_, lie, code) => {
    expect(verifyDrawn(lie(list), list.random, rules, ports, nowMs)).toMatchObject({ ok: false, code });
  });
});

describe("a beacon", () => {
  it("verifies from its transcript alone", () => {
    const copied = fromCanonical(toCanonical(beacon));
    if (!copied.ok) throw new Error(copied.code);
    const { ports: counting, counts } = countingPorts(network);
    const verified = verifyBeacon(copied.value as Beacon, rules, counting, nowMs);
    expect(verified).toMatchObject({ ok: true, value: { random: roster.random } });
    expect(counts).toEqual({ certificates: k1, signatures: k1 });
    expect(k1).toBeGreaterThan(2);
  });

  it.each(beaconLies)("with another %s is refused", (_, lie, code) => {
    expect(verifyBeacon(lie(beacon), rules, ports, nowMs)).toMatchObject({ ok: false, code });
  });
});
