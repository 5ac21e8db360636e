// SEP2P §3.3 to §3.6, the selection protocol: one test per rule, the rule restated in our words.
import { expect, it } from "vitest";
import { type NodeId, nodeIdOfPublicKey } from "../../src/core/base/index.ts";
import {
  candidatesRound,
  type DrawMember,
  type DrawMessage,
  isInside,
  locationOf,
  lotOf,
  regionOf,
  verifyRoster,
  xorAll,
} from "../../src/core/draw/index.ts";
import { drawNetwork } from "../../src/sim/draw-protocol/index.ts";
import { countingPorts, type Drawing, draw, drawn, population } from "../support/draw.ts";

function messages<Type extends DrawMessage["type"]>({ sent }: Pick<Drawing, "sent">, type: Type) {
  return sent.flatMap(({ message }) =>
    message.type === type ? [message as Extract<DrawMessage, { type: Type }>] : [],
  );
}

it("§3.5 end: a verifier makes 2k asymmetric operations, however many actors there are", () => {
  const network = drawNetwork({ seed: 5, ...population });
  const costs = [1, 2, 8, 32, 100].map((actors, i) => {
    const { roster, nowMs } = draw(network, network.nodes[i * 13]!, actors);
    const { ports, counts } = countingPorts(network);
    expect(verifyRoster(roster, network.rules, ports, { nowMs })).toMatchObject({ ok: true });
    expect(roster.actors.length).toBe(actors);
    const k = roster.witnesses.length;
    expect(counts).toEqual({ certificates: k, signatures: k });
    return k;
  });
  expect(Math.max(...costs)).toBeLessThanOrEqual(5); // rows of the k-table
});

it("§3.3 definition 4: who is legitimate follows from a certificate and a point, and from nothing else", () => {
  const { network, roster, list, beacon, trigger } = drawn({ seed: 3 });
  const { rules, ports } = network;
  const insideOf = (papers: readonly { readonly certificate: Uint8Array }[], centre: DrawMember["location"]) =>
    papers.map(({ certificate }) => {
      const member = ports.certify(certificate);
      if (!member.ok) throw new Error(member.code);
      expect(member.value.location).toEqual(locationOf(ports.crypto, member.value.publicKey));
      return isInside(regionOf(rules.geometry, centre, rules.sizeOf(papers.length)), member.value.location);
    });
  expect(insideOf(beacon.parts, trigger.member.location)).not.toContain(false);
  expect(insideOf(list.witnesses, lotOf(ports.crypto, list.random, 0))).not.toContain(false);
  // Beyond the paper: who seals a roster lives round its trigger, whose place nobody chose for this draw.
  expect(insideOf(roster.witnesses, trigger.member.location)).not.toContain(false);
});

it("§3.4: RND_T is the XOR of all witnesses' values, and the hash of it is where the lot falls", () => {
  const { network, roster, beacon } = drawn({ seed: 4 });
  expect(roster.random).toEqual(xorAll(beacon.parts.map(({ random }) => random)));
  expect(lotOf(network.crypto, roster.random, 0)).toEqual(network.crypto.sha256(roster.random));
});

it("§3.4 steps 2 to 4: no witness shows its value before all have committed to theirs", () => {
  const { sent } = drawn({ seed: 4 });
  const order = sent.map(({ message }) => message.type).filter((type) => /commit|reveal|disclose/.test(type));
  for (const [first, then] of [
    ["beacon-commit", "beacon-reveal"],
    ["roster-commit", "roster-disclose"],
  ] as const)
    expect(order.lastIndexOf(first)).toBeLessThan(order.indexOf(then));
});

it("§3.5 steps 8c to 8e: the union of all candidates, sorted by public key XOR RND_S, the first A", () => {
  const drawing = drawn({ seed: 6, actors: 12 });
  const [list] = messages(drawing, "roster-list");
  const random = xorAll(list!.disclosures.map((one) => one.random));
  const candidates = new Map<NodeId, Uint8Array>();
  for (const disclosure of list!.disclosures)
    for (let at = 0; at < disclosure.candidates.length; at += 32) {
      const key = disclosure.candidates.slice(at, at + 32);
      candidates.set(nodeIdOfPublicKey(key), key);
    }
  const sorted = [...candidates]
    .map(([node, key]) => ({ node, rank: Buffer.from(xorAll([key, random])) }))
    .sort((a, b) => Buffer.compare(a.rank, b.rank));
  expect(drawing.roster.actors).toEqual(sorted.slice(0, 12).map(({ node }) => node));
  expect(candidates.size).toBe(200);
});

it("§3.6 sparse R3: k witnesses attest it, the point is hashed again, and a roster comes from there", () => {
  // Half of the space is R3, and holds the 102 candidates asked for only now and then.
  const actors = 102;
  let moved: Drawing | null = null;
  for (let seed = 1; moved === null && seed < 20; seed++) {
    const network = drawNetwork({ seed, ...population });
    const trigger = network.nodes[0]!;
    trigger.members = Object.defineProperty(new Map(trigger.members), "size", { value: 1_100 });
    const region = (lot: DrawMember["location"]) =>
      candidatesRound({ geometry: "xor", members: network.nodes[1]!.members, table: null!, nodes: 200 }, lot, 1);
    const drawing = draw(network, trigger, actors);
    const { roster } = drawing;
    for (let attempt = 0; attempt <= roster.attempt; attempt++) {
      const enough = region(lotOf(network.crypto, roster.random, attempt)).length >= actors;
      expect(enough, `attempt ${attempt}`).toBe(attempt === roster.attempt);
    }
    if (roster.attempt === 0) continue;
    moved = drawing;
  }
  const { network, roster, nowMs } = moved!;
  expect(messages(moved!, "roster-sparse").length).toBeGreaterThanOrEqual(roster.witnesses.length);
  const point = network.crypto.sha256(network.crypto.sha256(roster.random));
  const lot = roster.attempt === 1 ? point : lotOf(network.crypto, roster.random, roster.attempt);
  const verified = verifyRoster(roster, network.rules, network.ports, { nowMs });
  expect(verified).toMatchObject({ ok: true, value: { lot } });
  for (const actor of roster.actors)
    expect(isInside(regionOf("xor", lot as DrawMember["location"], 0.5), network.node(actor).member.location)).toBe(
      true,
    );
});

it("§3.6 the smallest k that its neighbourhood can fill is the one a node must use", () => {
  const network = drawNetwork({ seed: 7, ...population });
  for (let i = 0; i < 12; i++) {
    const { beacon, trigger } = draw(network, network.nodes[i * 16]!);
    const away = (k: number) => {
      const region = regionOf("xor", trigger.member.location, network.rules.sizeOf(k));
      return network.nodes.filter(({ member }) => member !== trigger.member && isInside(region, member.location))
        .length;
    };
    const k = beacon.parts.length;
    expect(away(k)).toBeGreaterThanOrEqual(k);
    for (let less = 1; less < k; less++) expect(away(less)).toBeLessThan(less);
  }
});
