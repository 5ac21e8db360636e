// A liar behind an honest forwarder: what it sends fills its own part of the forwarder's quota, wherever that leads.
import { describe, expect, it } from "vitest";
import { encodePlain, plainTerms } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedCrypto, simulatedIdentity } from "../../sim/kernel/index.ts";
import { type Digest, type NodeId, type QueryId, type Result, refuse, type VertexId } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import type { Terms } from "../terms/index.ts";
import { Forwarder } from "./forwarder.ts";
import { Gatherer } from "./gatherer.ts";
import { Indexer } from "./indexer.ts";
import { limits } from "./limits.ts";
import { type AskMessage, encodeContribution, encodeShares, type PlacedShare } from "./messages.ts";
import { entriesPerForwarder, entriesPerSender } from "./passing-quota.ts";
import { wrap } from "./paths.ts";
import { contributionContext, nothing, uses } from "./sealing.ts";
import { hashOfTag } from "./tags.ts";

const random = new Random(31);
const hasher = simulatedCrypto();
const { sealer, keyPair } = countedSealing(random);
const coins = new Coins({ fill: (into) => into.set(random.bytes(into.length)) });
const [query, cell, round] = ["ab".repeat(16) as QueryId, "gather-1" as VertexId, "cd".repeat(32) as Digest];
const members = 500;
const count = () => members;
const named = () => {
  const keys = keyPair();
  return { node: simulatedIdentity(random.fork()).node, sealingKey: keys.publicKey, opener: keys.opener };
};
const [liar, honest] = [named().node, named().node];
const far = named();
/** Has a forwarder in front of it that is honest, and whom the liar chose as others do. */
const [first, second] = [named(), named()];

function network() {
  const known = new Set<NodeId>([first.node, second.node, far.node]);
  const peers = { count, has: (node: NodeId) => known.has(node) };
  const forwarders = new Map(
    [first, second].map(({ node, opener }) => [node, new Forwarder(opener, coins, peers)] as const),
  );
  const indexer = new Indexer({
    opener: far.opener,
    commission: () => refuse("ask-over"),
    certified: () => null,
    members: count,
  });
  const tally = plainTerms.createTally({} as Terms);
  const gatherer = new Gatherer({
    hasher,
    opener: far.opener,
    round,
    cell,
    place: 0,
    gatherers: 1,
    maximumPeople: 10_000,
    tally,
  });

  function arrive(from: NodeId, to: NodeId, message: AskMessage, nowMs: number): Result<unknown> {
    if (message.type === "forward") {
      const passing = forwarders.get(to)!.take(from, message.sealed, nowMs);
      return passing.ok ? arrive(to, passing.value.to, passing.value.message, nowMs) : passing;
    }
    if (message.type === "publish") return indexer.publish(from, message.sealed, nowMs);
    if (message.type === "deliver") return gatherer.deliver(from, message.sealed, nowMs);
    throw new Error(message.type);
  }

  const send = (from: NodeId, message: AskMessage, nowMs: number, path = [first], to = far.node) => {
    const wrapped = wrap(sealer, path, to, message);
    if (!wrapped.ok) throw new Error(wrapped.code);
    return arrive(from, wrapped.value.to, wrapped.value.message, nowMs);
  };
  return { send, gatherer, indexer };
}

function sealed(use: Uint8Array, additional: Uint8Array, plain: Uint8Array): Uint8Array {
  const made = sealer.seal(far.sealingKey, use, additional, plain);
  if (!made.ok) throw new Error(made.code);
  return made.value;
}
const shareUntil = (untilMs: number): PlacedShare => ({
  ...{ key: random.bytes(32), point: 1, label: random.bytes(16) },
  ...{ share: random.bytes(64), untilMs },
});
const publish = (shares: number, untilMs: number): AskMessage => ({
  type: "publish",
  sealed: sealed(uses.share, nothing, encodeShares(Array.from({ length: shares }, () => shareUntil(untilMs)))),
});
const deliver = (bytes: Uint8Array): AskMessage => ({ type: "deliver", query, cell, sealed: bytes });
const contribution = (tag: Uint8Array) =>
  deliver(
    sealed(
      uses.contribution,
      contributionContext(round, cell),
      encodeContribution({ tag, contribution: encodePlain(0, 5, "") }),
    ),
  );

describe("a liar behind an honest forwarder", () => {
  it("does not silence it at a gatherer, however much junk it sends", () => {
    const { send, gatherer } = network();
    const tag = random.bytes(16);
    gatherer.addTags([hashOfTag(hasher, tag)]);
    const refusals = new Set<string>();
    for (let i = 0; i < limits.forwardsPerWindow; i++) {
      const sent = send(liar, i % 2 === 0 ? deliver(random.bytes(60)) : contribution(random.bytes(16)), 0);
      if (!sent.ok) refusals.add(sent.code);
    }
    expect(refusals).toContain("ask-flood");
    expect(send(honest, contribution(tag), 0)).toMatchObject({ ok: true });
  });

  it("nor at an indexer, in a minute or in all the time that entries live", () => {
    const { send, indexer } = network();
    let nowMs = 0;
    for (; nowMs < limits.maxEntryMs; nowMs += 24 * 3_600_000)
      for (let i = 0; i < 30; i++) send(liar, publish(limits.sharesPerPublish, limits.maxEntryMs), nowMs);
    expect(indexer.size).toBeGreaterThan(0);
    expect(indexer.size).toBeLessThanOrEqual(entriesPerForwarder(members) / limits.sendersPerForwarder);
    expect(send(honest, publish(64, limits.maxEntryMs), limits.maxEntryMs - 1)).toMatchObject({ ok: true });
    for (let i = 0; i < 2 * limits.publishesPerWindow; i++) send(liar, { type: "publish", sealed: nothing }, nowMs);
    expect(send(honest, publish(64, nowMs + 1_000), nowMs)).toMatchObject({ ok: true });
  });

  it("nor at the next forwarder, nor what both pass on to one node", () => {
    const { send, gatherer } = network();
    const tag = random.bytes(16);
    gatherer.addTags([hashOfTag(hasher, tag)]);
    const path = [first, second];
    for (let i = 0; i < limits.forwardsPerWindow; i++) send(liar, deliver(random.bytes(60)), 0, path);
    expect(send(honest, contribution(tag), 0, path)).toMatchObject({ ok: true });
  });

  it("and has nothing passed on to nodes that do not exist, whose counts would never end", () => {
    const { send } = network();
    expect(send(liar, deliver(nothing), 0, [first], named().node)).toMatchObject({ code: "peer-unknown" });
  });
});

describe("what cannot be read", () => {
  it("is counted for as many shares as it may hold", () => {
    const nowMs = 1_800_000_000_000;
    const one = encodeShares([shareUntil(nowMs)]).length;
    const many = encodeShares(Array.from({ length: limits.sharesPerPublish }, () => shareUntil(nowMs))).length;
    expect(Math.floor(one / limits.shareBytes)).toBe(1);
    expect(Math.floor(many / limits.shareBytes)).toBeGreaterThanOrEqual(limits.sharesPerPublish);
    expect(many).toBeLessThan(1.2 * limits.sharesPerPublish * limits.shareBytes);
  });
});

describe("the index of an ordinary network", () => {
  /** A concept of a profile is one key, or eleven where it is a number; and everybody. */
  const keysPerPerson = 20;
  /** An entry is renewed before the last one is over: for a while there are two. */
  const overlap = 2;
  /** Who forwards is chosen by chance, in messages of 64 shares; and a message counts a little more than it holds. */
  const uneven = 1.5;

  it.each([
    [10, 4_000, 4],
    [11, 4_000, 4],
    [20, 4_000, 4],
    [69, 4_000, 4],
    [100, 20_000, 20],
    [1_000, 200_000, 1_000],
  ])("has room for everybody twice: %i nodes, %i people in %i houses", (nodes, people, houses) => {
    const processors = Math.max(5, Math.floor(nodes / 2));
    // An indexer holds one share of an entry.
    const sharesPerKey = Math.min(processors, limits.shares * limits.replicas);
    const perIndexer = (people * keysPerPerson * sharesPerKey * overlap) / processors;
    const forwarders = nodes - 2;
    expect(perIndexer).toBeLessThanOrEqual(limits.maxEntries);
    // Under one key, where everybody is entered, all shares lie with the same few.
    const ofEverybody = people * overlap;
    expect(ofEverybody).toBeLessThanOrEqual(limits.maxEntriesPerKey);
    expect((uneven * (perIndexer + ofEverybody)) / forwarders).toBeLessThanOrEqual(entriesPerForwarder(nodes));
    const ofHouse = (perIndexer + ofEverybody) / houses / forwarders;
    expect(uneven * ofHouse).toBeLessThanOrEqual(entriesPerSender(nodes));
  });

  it("leaves to all forwarders together no more than an indexer holds, and to one sender a part of it", () => {
    for (const nodes of [3, 10, 100, 900]) {
      expect((nodes - 2) * entriesPerForwarder(nodes)).toBeLessThanOrEqual(limits.maxEntries);
      expect((nodes - 2) * entriesPerSender(nodes)).toBeLessThanOrEqual(limits.maxEntries / 8);
    }
  });
});
