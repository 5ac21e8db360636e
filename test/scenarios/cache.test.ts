// Attested caches (SEP2P §3.6): joining through them, and what becomes of those who lie about them.
import { expect, it } from "vitest";
import { toHex } from "../../src/core/base/index.ts";
import {
  attestationBody,
  bundleBody,
  type CacheMessage,
  digestOfList,
  type EvidenceKind,
  hasKey,
  listBody,
  readList,
  type Signed,
  sortedKeys,
  verifyEvidence,
} from "../../src/core/cache/index.ts";
import { estimateOf } from "../../src/core/draw/index.ts";
import { type CacheNetwork, type CacheNode, cacheNetwork } from "../../src/sim/cache/index.ts";
import { roughLink } from "../../src/sim/kernel/index.ts";

const population = { nodes: 120, colluding: 6, alpha: 1e-3 } as const;
type Given = Extract<CacheMessage, { type: "cache-given" }>;

const settle = (network: CacheNetwork, forMs = 40_000) => network.simulation.run({ forMs });

it("everybody gets its neighbours' caches attested by k witnesses, without a refusal, and then falls silent", () => {
  const network = cacheNetwork({ seed: 1, ...population });
  const witnesses: number[] = [];
  network.simulation.onSend = (_, __, message) => {
    if (message.type === "cache-given") witnesses.push(message.attestations.length);
  };
  settle(network);
  for (const { state } of network.nodes) expect(state!.joined?.from.length).toBeGreaterThan(0);
  expect(Math.min(...witnesses)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...witnesses)).toBeGreaterThanOrEqual(3); // rows of the k-table
  expect([...network.simulation.counts.refusals]).toEqual([]);
  const before = network.simulation.counts.sent;
  network.simulation.run({ forMs: 30 * 60_000 });
  expect(network.simulation.counts.sent).toBe(before);
});

it("a newcomer that was told of few learns of all its neighbourhood, and N with it", () => {
  const network = cacheNetwork({ seed: 2, ...population, known: 119 });
  settle(network); // nobody joins any more, so nobody asks the newcomer
  const newcomer = network.nodes[119]!;
  network.tell(newcomer);
  for (const other of network.nodes.slice(0, 9)) network.tell(other, [newcomer]);
  network.simulation.restart(newcomer.member.node);
  expect(estimateOf(newcomer.cache).nodes).toBe(10);
  settle(network);
  expect(newcomer.cache.members.size).toBe(120);
  expect(estimateOf(newcomer.cache).nodes).toBe(120);
  expect(newcomer.cache.vouched.size).toBe(110);
});

it("a witness that knows more than the owner makes the list whole", () => {
  const network = cacheNetwork({ seed: 3, ...population, known: 119 });
  const newcomer = network.nodes[119]!;
  const hidden = network.nodes[50]!;
  network.tell(newcomer);
  for (const other of network.nodes) if (other !== hidden) network.tell(other, [newcomer]);
  // Half of all have never heard of it: the others tell them when they attest.
  network.gone(
    hidden,
    network.nodes.slice(0, 119).filter((other, i) => i % 2 === 0 && other !== hidden),
  );
  network.simulation.restart(newcomer.member.node);
  settle(network, 60_000);
  expect(newcomer.cache.members.has(hidden.member.node)).toBe(true);
});

it("joins in spite of loss, doubled and late messages, and crashes", () => {
  const network = cacheNetwork({ seed: 4, ...population, link: roughLink });
  for (let i = 0; i < 20; i++) {
    const { node } = network.nodes[i * 6]!.member;
    network.simulation.after(3_000 + 200 * i, () => network.simulation.crash(node));
    network.simulation.after(9_000 + 200 * i, () => network.simulation.restart(node));
  }
  settle(network, 5 * 60_000);
  for (const { state } of network.nodes) expect(state!.joined).not.toBeNull();
  expect(network.reported).toEqual([]);
});

/** The list that a liar hands out, attested by those who may: signed with the keys of the owner and of its witnesses. */
function lyingBundle(network: CacheNetwork, liar: CacheNode, given: Given, without: CacheNode): Given {
  const { crypto } = network;
  const honest = readList(given.list.body)!;
  const keys: Uint8Array[] = [];
  for (let at = 0; at < honest.keys.length; at += 32) keys.push(honest.keys.slice(at, at + 32));
  const left = sortedKeys(keys.filter((key) => toHex(key) !== toHex(without.member.publicKey)));
  const list = signedBy(liar, listBody({ ...honest, keys: left }));
  const digest = digestOfList(crypto, list.body);
  const attestations = given.attestations.map(({ by, atMs }) => {
    const { signer } = network.node(by);
    return { by, atMs, signature: signer.sign(attestationBody(digest, by, atMs)) };
  });
  return { ...given, list, attestations, signature: liar.signer.sign(bundleBody(digest, attestations)) };
}

function signedBy({ signer }: CacheNode, body: Uint8Array): Signed & { body: Uint8Array; signature: Uint8Array } {
  return { body, signature: signer.sign(body) };
}

function expectEverybodyKnows(network: CacheNetwork, liar: CacheNode, kind: EvidenceKind): void {
  for (const { member, state } of network.nodes) {
    if (member.node === liar.member.node) continue;
    const evidence = state!.evidence.get(liar.member.node);
    expect(evidence?.kind).toBe(kind);
    expect(verifyEvidence(evidence!, network.rules, network.crypto)).toMatchObject({ ok: true });
  }
  expect(new Set(network.reported.map(({ evidence }) => evidence.node))).toEqual(new Set([liar.member.node]));
}

it("who leaves a node out of its cache that it had promised to list is proven a liar, whoever attests it", () => {
  const network = cacheNetwork({ seed: 5, ...population, known: 119 });
  settle(network); // promises are given
  const newcomer = network.nodes[119]!;
  let liar: CacheNode | null = null;
  network.simulation.intercept = (from, to, message) => {
    if (message.type !== "cache-given" || to !== newcomer.member.node || liar !== null) return message;
    const victim = network.nodes.find(({ state }) => state?.held.has(from));
    if (victim === undefined) return message;
    liar = network.node(from);
    return lyingBundle(network, liar, message, victim);
  };
  network.tell(newcomer);
  for (const other of network.nodes) network.tell(other, [newcomer]);
  network.simulation.restart(newcomer.member.node);
  settle(network);
  expectEverybodyKnows(network, liar!, "hidden-member");
});

it("who hands out a cache under a false signature is proven a liar", () => {
  const network = cacheNetwork({ seed: 6, ...population });
  let liar: CacheNode | null = null;
  network.simulation.intercept = (from, _, message) => {
    if (message.type !== "cache-given" || (liar !== null && liar !== network.node(from))) return message;
    liar = network.node(from);
    const attestations = message.attestations.map((one, i) => (i > 0 ? one : { ...one, atMs: one.atMs + 1 }));
    const digest = digestOfList(network.crypto, message.list.body);
    return { ...message, attestations, signature: liar.signer.sign(bundleBody(digest, attestations)) };
  };
  settle(network);
  expectEverybodyKnows(network, liar!, "forged-list");
  expect(network.simulation.counts.refusals.get("cache-forged")).toBeGreaterThan(0);
});

it("who shows a witness two caches under one version is proven a liar", () => {
  const network = cacheNetwork({ seed: 7, ...population });
  let liar: CacheNode | null = null;
  network.simulation.onSend = (from, to, message) => {
    if (message.type !== "cache-attest" || liar !== null) return;
    liar = network.node(from);
    const honest = readList(message.list.body)!;
    const list = signedBy(liar, listBody({ ...honest, keys: honest.keys.slice(32) }));
    network.simulation.after(5, () => network.simulation.send(from, to, { ...message, list }));
  };
  settle(network);
  expectEverybodyKnows(network, liar!, "conflict");
  expect(network.simulation.counts.refusals.get("cache-two-lists")).toBe(1);
});

it("a liar that falls silent, or leaves, does not escape its conviction", () => {
  const network = cacheNetwork({ seed: 6, ...population });
  settle(network);
  const liar = network.nodes[7]!;
  const list = (keys: readonly CacheNode[]) =>
    signedBy(
      liar,
      listBody({
        network: network.rules.network,
        owner: liar.member.node,
        version: 9,
        atMs: 1,
        depth: 0,
        keys: sortedKeys(keys.map(({ member }) => member.publicKey)),
      }),
    );
  network.gone(liar);
  network.simulation.crash(liar.member.node);
  const [first, second] = [list(network.nodes.slice(0, 5)), list(network.nodes.slice(5, 9))];
  network.give(network.nodes[0]!, { kind: "conflict", node: liar.member.node, first, second });
  settle(network);
  expectEverybodyKnows(network, liar, "conflict");
});

it("evidence is on disk, and reaches who was away when it came to light", () => {
  const network = cacheNetwork({ seed: 8, ...population });
  const [finder, liar, away] = [network.nodes[3]!, network.nodes[4]!, network.nodes[5]!];
  network.simulation.crash(away.member.node);
  const list = { network: network.rules.network, owner: liar.member.node, version: 1, atMs: 1, depth: 0 };
  const [first, second] = [liar, away].map(({ member }) =>
    signedBy(liar, listBody({ ...list, keys: member.publicKey })),
  );
  network.give(finder, { kind: "conflict", node: liar.member.node, first: first!, second: second! });
  settle(network, 10_000);
  network.simulation.crash(finder.member.node);
  network.simulation.restart(finder.member.node);
  network.simulation.restart(away.member.node);
  settle(network);
  expectEverybodyKnows(network, liar, "conflict");
});

it("who refuses to give its cache is noticed by those who asked, who join all the same, and nothing is said of it to others", () => {
  const network = cacheNetwork({ seed: 11, ...population });
  const sulking = network.nodes[7]!.member.node;
  network.simulation.intercept = (from, _, message) =>
    from === sulking && message.type === "cache-given" ? null : message;
  settle(network);
  for (const { state } of network.nodes) expect(state!.joined).not.toBeNull();
  expect(network.silent.length).toBeGreaterThan(0);
  expect(new Set(network.silent.map(({ of }) => of))).toEqual(new Set([sulking]));
  expect(network.reported).toEqual([]);
});

it("nobody can be told of evidence that proves nothing, nor of strangers", () => {
  const network = cacheNetwork({ seed: 9, ...population });
  settle(network);
  const [liar, victim, target] = network.nodes as [CacheNode, CacheNode, CacheNode];
  const signed = signedBy(liar, new Uint8Array(8));
  network.simulation.send(liar.member.node, target.member.node, {
    type: "evidence",
    evidence: { kind: "broken-commitment", node: victim.member.node, statement: signed },
  });
  settle(network, 1_000);
  expect(network.simulation.counts.refusals.get("lie-unproven")).toBe(1);
  expect(network.reported).toEqual([]);
});

it("in a network where much goes wrong nothing that honest nodes sign convicts any of them", () => {
  const network = cacheNetwork({
    seed: 10,
    ...population,
    known: 100,
    link: roughLink,
  });
  const { simulation, rules, crypto } = network;
  const lists = new Map<string, Map<string, Signed>>();
  const promises = new Map<string, Signed[]>();
  const bundles: { from: string; given: Given }[] = [];
  simulation.onSend = (from, _, message) => {
    if (message.type === "cache-attest" || message.type === "cache-given")
      lists.set(from, (lists.get(from) ?? new Map()).set(toHex(message.list.body), message.list));
    if (message.type === "cache-given") bundles.push({ from, given: message });
    if (message.type === "cache-acknowledged")
      promises.set(from, [...(promises.get(from) ?? []), message.acknowledgement]);
  };
  for (let i = 0; i < 60; i++) {
    const one = network.nodes[simulation.random.between(0, 99)]!;
    const newcomer = network.nodes[100 + (i % 20)]!;
    simulation.after(2_000 * i, () => simulation.setClockSkew(one.member.node, simulation.random.between(-3e5, 3e5)));
    simulation.after(2_000 * i + 300, () => simulation.crash(one.member.node));
    simulation.after(2_000 * i + 600, () => network.gone(one));
    simulation.after(2_000 * i + 1_200, () => network.tell(one));
    simulation.after(2_000 * i + 1_400, () => simulation.restart(one.member.node));
    simulation.after(2_000 * i + 1_500, () => {
      network.tell(newcomer);
      for (const other of network.nodes) network.tell(other, [newcomer]);
      simulation.restart(newcomer.member.node);
    });
  }
  simulation.run({ forMs: 200_000 });
  expect(network.reported).toEqual([]);
  let tried = 0;
  const convicts = (evidence: Parameters<typeof verifyEvidence>[0]) => {
    tried++;
    return verifyEvidence(evidence, rules, crypto).ok;
  };
  for (const { member } of network.nodes) {
    const { node } = member;
    const own = [...(lists.get(node)?.values() ?? [])].map((one) => ({ ...one }));
    for (const [i, second] of own.entries()) {
      const first = own[i - 1];
      if (first !== undefined) expect(convicts({ kind: "conflict", node, first, second })).toBe(false);
      for (const acknowledgement of promises.get(node) ?? [])
        expect(convicts({ kind: "hidden-member", node, acknowledgement: { ...acknowledgement }, list: second })).toBe(
          false,
        );
    }
    expect(new Set(own.map(({ body }) => readList(body)!.version)).size).toBe(own.length);
  }
  for (const { from, given } of bundles) {
    const { attestations, signature, list } = given;
    expect(convicts({ kind: "forged-list", node: from as never, list: list.body, attestations, signature })).toBe(
      false,
    );
  }
  expect(tried).toBeGreaterThan(500);
  expect(
    [...lists.values()].some((own) =>
      [...own.values()].some((one) => hasKey(readList(one.body)!, network.nodes[0]!.member.publicKey)),
    ),
  ).toBe(true);
});
