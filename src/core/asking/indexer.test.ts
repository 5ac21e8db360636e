import { describe, expect, it } from "vitest";
import { askingWorld } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedIdentity } from "../../sim/kernel/index.ts";
import { fromHex, type NodeId, toCanonical, toHex } from "../base/index.ts";
import type { CertifiedAnalyst } from "./commission.ts";
import { Indexer } from "./indexer.ts";
import { limits } from "./limits.ts";
import { encodeShares, type PlacedShare } from "./messages.ts";
import { entriesPerForwarder } from "./passing-quota.ts";
import { nothing, uses } from "./sealing.ts";

const world = askingWorld({ owners: 0, sealing: countedSealing });
const plan = world.planned();
const bytes = toCanonical(plan);
const nowMs = world.nowMs;
const self = "self" as NodeId;
const commissions = world.commissions(self);
const read = commissions.read(bytes, nowMs, { young: true });
if (!read.ok) throw new Error(read.code);
const { find, wanted } = read.value;
const keys = [...wanted.keys].map(fromHex);
const random = new Random(8);
const members = 500;
const quota = entriesPerForwarder(members);
const forwarders = Array.from({ length: 3 }, () => simulatedIdentity(random.fork()).node) as [NodeId, NodeId, NodeId];

function indexing(
  stored: Iterable<readonly [string, Uint8Array]> = [],
  certified: CertifiedAnalyst | null = { principal: plan.analyst.principal, roles: ["analyst"] },
) {
  const { publicKey, opener } = world.sealing.keyPair();
  const ports = {
    opener,
    commission: (of: Uint8Array, at: number) => commissions.read(of, at, { young: true }),
    certified: () => certified,
    members: () => members,
  };
  const indexer = new Indexer(ports, stored);
  const disk = new Map<string, Uint8Array>();
  // A forwarder that goes slowly: a thousand in a minute.
  let spentMs = 0;
  const publish = (changed: Partial<PlacedShare> = {}, from = forwarders[0], use = uses.share) => {
    const share = {
      key: keys[0]!,
      point: 2,
      label: random.bytes(16),
      share: random.bytes(64),
      untilMs: nowMs + limits.entryMs,
      ...changed,
    };
    const sealed = world.sealing.sealer.seal(publicKey, use, nothing, encodeShares([share]));
    if (!sealed.ok) throw new Error(sealed.code);
    const kept = indexer.publish(from, sealed.value, nowMs + spentMs++ * 60);
    if (kept.ok) for (const { key, value } of kept.value) value === null ? disk.delete(key) : disk.set(key, value);
    return kept;
  };
  const lookup = (changed: { keys?: Uint8Array[]; from?: number; plan?: Uint8Array } = {}, asker = find, at = nowMs) =>
    indexer.lookup(asker, { type: "lookup", number: 7, plan: bytes, keys: [keys[0]!], from: 0, ...changed }, at);
  return { indexer, publish, lookup, disk };
}

describe("an indexer", () => {
  it("gives nothing for the draw of a node that has no certificate here, or not an analyst's", () => {
    const { principal } = plan.analyst;
    const others: (CertifiedAnalyst | null)[] = [
      null,
      { principal, roles: ["owner"] },
      { principal: "somebody else", roles: ["analyst"] },
    ];
    for (const certified of others) {
      const { publish, lookup } = indexing([], certified);
      expect(publish().ok).toBe(true);
      expect(lookup()).toMatchObject({ ok: false, code: "ask-analyst-uncertified" });
    }
  });

  it("gives the finder of a question the shares that it needs", () => {
    const { publish, lookup } = indexing();
    const label = random.bytes(16);
    const share = random.bytes(64);
    publish({ label, share });
    publish({ key: random.bytes(32) });
    expect(lookup()).toEqual({
      ok: true,
      value: { type: "shares", number: 7, shares: [{ key: 0, point: 2, label, share }] },
    });
  });

  it("gives nothing to anybody else, for any other key, or under an old roster", () => {
    const { publish, lookup } = indexing();
    publish();
    expect(lookup({}, plan.analyst.node)).toMatchObject({ code: "ask-not-finder" });
    expect(lookup({}, read.ok ? read.value.gatherers[0]!.nodes[0]! : self)).toMatchObject({ code: "ask-not-finder" });
    expect(lookup({ keys: [keys[0]!, random.bytes(32)] })).toMatchObject({ code: "ask-not-needed" });
    expect(lookup({ plan: toCanonical({ ...plan, purpose: "other" }) })).toMatchObject({ code: "ask-other-roles" });
    expect(lookup({}, find, nowMs + 11 * 60_000)).toMatchObject({ code: "draw-stale" });
  });

  it("keeps one share of one label", () => {
    const { publish, indexer } = indexing();
    const label = random.bytes(16);
    expect(publish({ label })).toMatchObject({ ok: true });
    expect(publish({ label, point: 3 }, forwarders[1])).toMatchObject({ code: "ask-label-taken" });
    expect(indexer.size).toBe(1);
  });

  it("takes no share that was sealed for another use, is over, or would never be", () => {
    const { publish } = indexing();
    expect(publish({}, forwarders[0], uses.layer)).toMatchObject({ code: "sealed-unreadable" });
    expect(publish({ untilMs: nowMs })).toMatchObject({ code: "ask-entry-time" });
    expect(publish({ untilMs: nowMs + limits.maxEntryMs + 3_600_000 })).toMatchObject({ code: "ask-entry-time" });
    expect(publish({ share: random.bytes(65) })).toMatchObject({ code: "ask-content" });
    expect(publish({ point: 0 })).toMatchObject({ code: "ask-content" });
  });

  it("lets a forwarder fill its own quota only, until what it brought is over", () => {
    const { publish, indexer } = indexing();
    for (let i = 0; i < quota; i++) publish({ untilMs: nowMs + 3_600_000 });
    expect(publish()).toMatchObject({ code: "ask-index-full" });
    expect(publish({}, forwarders[1])).toMatchObject({ ok: true });
    expect(indexer.expire(nowMs + 3_600_000)).toHaveLength(quota);
    expect(indexer.size).toBe(1);
    expect(publish()).toMatchObject({ ok: true });
  });

  it("opens so much of one sender and no more in a minute, and looks into so many false plans", () => {
    const { indexer, publish, lookup } = indexing();
    for (let i = 0; i < limits.publishesPerWindow; i++) indexer.publish(forwarders[2], random.bytes(60), nowMs);
    expect(indexer.publish(forwarders[2], random.bytes(60), nowMs)).toMatchObject({ code: "ask-flood" });
    expect(publish()).toMatchObject({ ok: true });
    const forged = toCanonical({ ...plan, purpose: "other" });
    for (let i = 0; i < limits.badPlansPerWindow; i++) lookup({ plan: forged }, forwarders[2]);
    expect(lookup({ plan: forged }, forwarders[2])).toMatchObject({ code: "ask-flood" });
    // One id of a plan costs as much to verify as another, and whoever saw the plan can make up ids.
    const seen = toCanonical({ ...plan, id: "ab".repeat(16) });
    for (let i = 0; i < limits.badPlansPerWindow; i++) lookup({ plan: seen }, forwarders[1]);
    expect(lookup({ plan: seen }, forwarders[1])).toMatchObject({ code: "ask-flood" });
    expect(lookup()).toMatchObject({ ok: true });
  });

  it("does not hand out what is over", () => {
    const { publish, lookup } = indexing();
    publish({ untilMs: nowMs + 500 });
    publish({ untilMs: nowMs + 5_000 });
    const later = lookup({}, find, nowMs + 500);
    expect(later.ok && later.value.shares.length).toBe(1);
  });

  it("answers in pages, each entry once", () => {
    const { publish, lookup } = indexing();
    const count = limits.sharesPerPage + 10;
    for (let i = 0; i < count; i++) publish({ key: keys[i % 2]! }, forwarders[i % 3]!);
    const labels: string[] = [];
    let from: number | undefined = 0;
    let pages = 0;
    while (from !== undefined) {
      const page = lookup({ keys: [keys[0]!, keys[1]!], from });
      if (!page.ok) throw new Error(page.code);
      for (const { label } of page.value.shares) labels.push(toHex(label));
      from = page.value.next;
      pages++;
    }
    expect(pages).toBe(2);
    expect(labels).toHaveLength(count);
    expect(new Set(labels).size).toBe(count);
  });

  it("has all of it again after a restart", () => {
    const { publish, disk } = indexing();
    for (let i = 0; i < 5; i++) publish();
    const { indexer } = indexing(disk);
    expect(indexer.size).toBe(5);
    expect(
      indexer
        .expire(nowMs + limits.entryMs)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([...disk.keys()].sort());
  });
});
