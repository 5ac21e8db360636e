import { describe, expect, it } from "vitest";
import { contributionBytes, encodePlain, plainTerms } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedCrypto } from "../../sim/kernel/index.ts";
import { type Digest, fromCanonical, type NodeId, toHex, type VertexId } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import type { Terms } from "../terms/index.ts";
import { Gatherer } from "./gatherer.ts";
import { limits } from "./limits.ts";
import { encodeContribution } from "./messages.ts";
import { contributionContext, uses } from "./sealing.ts";
import { gathererOf, hashOfTag, recordsOf } from "./tags.ts";

const random = new Random(3);
const hasher = simulatedCrypto();
const nowMs = 1_000_000;
const round = "cd".repeat(32) as Digest;
const cell = "gather-1" as VertexId;
const [forwarder, other] = ["forwarder", "other"] as NodeId[] as [NodeId, NodeId];
const coins = new Coins({ fill: (into) => into.set(random.bytes(into.length)) });
const { sealer, keyPair } = countedSealing(random);

function tagFor(place: number): Uint8Array {
  for (;;) {
    const tag = random.bytes(16);
    if (gathererOf(hasher, hashOfTag(hasher, tag), round, 2) === place) return tag;
  }
}

function gathering(maximumPeople = 1_000) {
  const keys = keyPair();
  const tally = plainTerms.createTally({} as Terms);
  const gatherer = new Gatherer({
    ...{ hasher, opener: keys.opener, round, cell, place: 0, gatherers: 2, maximumPeople, tally },
  });
  const seal = (plain: Uint8Array, to = cell) => {
    const sealed = sealer.seal(keys.publicKey, uses.contribution, contributionContext(round, to), plain);
    if (!sealed.ok) throw new Error(sealed.code);
    return sealed.value;
  };
  const send = (tag: Uint8Array, contribution: Uint8Array, from = forwarder) =>
    gatherer.deliver(from, seal(encodeContribution({ tag, contribution })), nowMs);
  const add = (...tags: Uint8Array[]) => gatherer.addTags(tags.map((tag) => hashOfTag(hasher, tag)));
  /** Those were all, and so many are people. */
  const last = (asked: number) => gatherer.addTags(recordsOf({ hashes: new Uint8Array(0), asked: [asked, 0] }));
  const end = () => {
    const part = gatherer.end(coins);
    return part === null ? null : (fromCanonical(part) as { value: { sum: number; silent: number } }).value;
  };
  return { gatherer, seal, send, add, last, end };
}

describe("a gatherer", () => {
  it("counts what comes under its tags, each once, whoever brings it", () => {
    const { send, add, last, end } = gathering();
    const [a, b] = [tagFor(0), tagFor(0)];
    add(a, b);
    last(2);
    expect(send(a, encodePlain(0, 5, ""))).toMatchObject({ ok: true });
    expect(send(a, encodePlain(0, 5, ""), other)).toMatchObject({ code: "ask-tag-used" });
    expect(send(a, encodePlain(0, 90, ""), other)).toMatchObject({ code: "ask-tag-used" });
    expect(send(b, encodePlain(0, 7, ""))).toMatchObject({ ok: true });
    expect(end()).toMatchObject({ sum: 1_012, silent: 1_000 });
  });

  it("takes nothing under tags that nobody was given, or that are another's", () => {
    const { gatherer, send, add, last, end } = gathering();
    const foreign = tagFor(1);
    add(foreign);
    last(0);
    expect(send(foreign, encodePlain(0, 5, ""))).toMatchObject({ code: "ask-tag-unknown" });
    expect(send(tagFor(0), encodePlain(0, 5, ""))).toMatchObject({ ok: true }); // it waits
    expect(gatherer.come(0).tags.length).toBe(0);
    expect(end()).toMatchObject({ sum: 1_000, silent: 1_000 });
  });

  it("lets a message wait for its tag", () => {
    const { gatherer, send, add, last, end } = gathering();
    const tag = tagFor(0);
    expect(send(tag, encodePlain(0, 5, ""))).toMatchObject({ ok: true });
    expect(send(tag, encodePlain(0, 6, ""))).toMatchObject({ code: "ask-tag-used" });
    add(tag, tag);
    last(1);
    expect(toHex(gatherer.come(0).tags)).toBe(toHex(hashOfTag(hasher, tag)));
    expect(end()).toMatchObject({ sum: 1_005, silent: 1_000 });
  });

  it("counts nothing of what is out of bounds, no number, too long or bent; its sender was silent", () => {
    const { gatherer, seal, send, add, last, end } = gathering();
    const tags = Array.from({ length: 4 }, () => tagFor(0));
    add(...tags);
    last(4);
    for (const [i, value] of [1e9, -1, Number.NaN].entries())
      expect(send(tags[i]!, encodePlain(0, value, ""))).toMatchObject({ code: "terms-contribution" });
    expect(send(tags[3]!, new Uint8Array(contributionBytes + 1))).toMatchObject({ code: "terms-contribution" });
    // There is no second try: what is refused could otherwise be asked about.
    expect(send(tags[0]!, encodePlain(0, 5, ""))).toMatchObject({ code: "ask-tag-used" });
    const long = seal(new Uint8Array(10 * 1024 * 1024));
    expect(gatherer.deliver(forwarder, long, nowMs)).toMatchObject({ code: "ask-content" });
    expect(gatherer.deliver(forwarder, seal(new Uint8Array(3)), nowMs)).toMatchObject({ ok: false });
    expect(end()).toMatchObject({ sum: 1_000, silent: 1_004 });
  });

  it("does not open what was sealed for another cell", () => {
    const { gatherer, seal, add } = gathering();
    const tag = tagFor(0);
    add(tag);
    const sealed = seal(encodeContribution({ tag, contribution: encodePlain(0, 5, "") }), "gather-2" as VertexId);
    expect(gatherer.deliver(forwarder, sealed, nowMs)).toMatchObject({ code: "sealed-unreadable" });
  });

  it("hears no more of who sends junk, and still of others", () => {
    const { gatherer, send, add } = gathering();
    const tag = tagFor(0);
    add(tag);
    for (let i = 0; i < limits.maxJunkPerSender; i++) gatherer.deliver(forwarder, random.bytes(100), nowMs);
    expect(send(tag, encodePlain(0, 5, ""))).toMatchObject({ code: "ask-flood" });
    expect(send(tag, encodePlain(0, 5, ""), other)).toMatchObject({ ok: true });
  });

  it("does not blame who brought messages whose tags came late", () => {
    const { send, add } = gathering();
    const tags = Array.from({ length: limits.maxJunkPerSender + 10 }, () => tagFor(0));
    for (const tag of tags.slice(0, limits.maxJunkPerSender)) send(tag, encodePlain(0, 1, ""));
    expect(send(tags.at(-1)!, encodePlain(0, 1, ""))).toMatchObject({ code: "ask-flood" });
    add(...tags);
    expect(send(tags.at(-1)!, encodePlain(0, 1, ""))).toMatchObject({ ok: true });
  });

  it("says what has come, in pages, each of it once", () => {
    const { gatherer, send, add } = gathering(limits.comePerPage + 10);
    const tags = Array.from({ length: limits.comePerPage + 3 }, () => tagFor(0));
    const hashes = tags.map((tag) => toHex(hashOfTag(hasher, tag)));
    add(...tags);
    expect(gatherer.come(0)).toEqual({ from: 0, tags: new Uint8Array(0) });
    for (const tag of tags.slice(0, 2).reverse()) send(tag, encodePlain(0, 5, ""));
    expect(toHex(gatherer.come(0).tags)).toBe(hashes[1]! + hashes[0]!);
    for (const tag of tags.slice(2)) send(tag, encodePlain(0, 5, ""));
    expect(gatherer.come(0).tags.length).toBe(32 * limits.comePerPage);
    expect(gatherer.come(limits.comePerPage)).toMatchObject({ from: limits.comePerPage });
    expect(toHex(gatherer.come(limits.comePerPage).tags)).toBe(hashes.slice(limits.comePerPage).join(""));
    expect(gatherer.come(tags.length).tags.length).toBe(0);
  });

  it("hands on no part when not all tags came: it was found too few, or they had gone with the cell before it", () => {
    expect(gathering().end()).toBeNull();
    const { add, end } = gathering();
    add(tagFor(0), tagFor(1));
    expect(end()).toBeNull();
    const nobody = gathering();
    nobody.add(tagFor(1));
    nobody.last(0);
    expect(nobody.end()).toMatchObject({ sum: 1_000, silent: 1_000 });
  });

  it("says of the silent what it was told, noise and all: it cannot tell them from blanks", () => {
    for (const [told, silent] of [
      [7, 1_006],
      [-3, 996],
    ] as const) {
      const { send, add, last, end } = gathering();
      const tags = Array.from({ length: 20 }, () => tagFor(0));
      add(...tags);
      last(told);
      // What stands in for another has all sent to all again; the first word holds.
      last(told + 5);
      send(tags[0]!, encodePlain(0, 5, ""));
      expect(end()).toMatchObject({ silent });
    }
  });

  it("takes no more tags than there may be people", () => {
    const { gatherer, send, add } = gathering(2);
    const tags = Array.from({ length: 3 }, () => tagFor(0));
    add(...tags);
    for (const tag of tags) send(tag, encodePlain(0, 5, ""));
    expect(gatherer.come(0).tags.length).toBe(2 * 32);
  });

  it("hands on one part, and nothing after it", () => {
    const { send, add, last, end } = gathering();
    const tag = tagFor(0);
    add(tag);
    last(1);
    expect(end()).toMatchObject({ sum: 1_000, silent: 1_001 });
    expect(end()).toBeNull();
    expect(send(tag, encodePlain(0, 5, ""))).toMatchObject({ code: "ask-over" });
  });
});
