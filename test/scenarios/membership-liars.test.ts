// Every message × every lie: the exact refusal, whom it blames, and that the view is as it was.
import { describe, expect, it } from "vitest";
import { refusals } from "../../src/core/base/index.ts";
import {
  decodeMessage,
  encodeMessage,
  type MembershipMessage,
  membershipLimits,
  view,
  type WireItem,
} from "../../src/core/membership/index.ts";
import { MemberBench, sends, strangerId } from "../../src/sim/membership/index.ts";
import { lies, tell } from "./membership-lies.ts";

describe("liars", () => {
  for (const { name, code, blames, lie } of lies)
    it(`${name} → ${code} (${refusals[code].consequence})`, () => {
      const bench = new MemberBench(4).meetAll();
      const before = view(bench.state);
      const message = lie(bench);
      const { code: given, blame, effects } = bench.hear(bench.others[0]!.node, message);
      expect(given).toBe(code);
      if (blames === undefined) expect(blame).toBe(bench.others[0]!.node);
      else expect(blame).not.toBe(bench.others[0]!.node);
      if (code === "conflicting-record") {
        // The one lie that changes the view: the liar is out, by its own two signatures, and all are shown them.
        expect(view(bench.state)).toEqual(before.filter((record) => record.node !== bench.others[0]!.node));
        expect(effects).toContainEqual({ type: "banish", node: bench.others[0]!.node, code });
        const shown = sends(bench.pass(200), "tell");
        expect(new Set(shown.map((send) => send.to))).toEqual(
          new Set(bench.others.slice(1).map((other) => other.node)),
        );
        for (const { message: shownMessage } of shown)
          expect(shownMessage).toMatchObject({ items: [{ kind: "conflict" }] });
      } else {
        expect(view(bench.state)).toEqual(before);
        expect(sends(effects)).toEqual([]);
        expect(sends(bench.pass(200), "tell")).toEqual([]);
      }
    });

  it("blames no honest relay: a proof of another's lie bans the liar, not who shows it", () => {
    const bench = new MemberBench(4).meetAll();
    const [relay, liar] = bench.others;
    const proof = {
      kind: "conflict",
      first: bench.record(liar!, 3),
      second: bench.record(liar!, 3, { name: "two-faced" }),
    } as const;
    const { code, effects } = bench.hear(relay!.node, tell(proof));
    expect(code).toBeUndefined();
    expect(effects).toContainEqual({ type: "banish", node: liar!.node, code: "conflicting-record" });
    expect(bench.state.members.has(relay!.node)).toBe(true);
    // For ever: a newer record does not bring it back, and its messages are refused.
    bench.hear(relay!.node, tell(bench.record(liar!, 4)));
    expect(bench.state.members.has(liar!.node)).toBe(false);
    expect(bench.hear(liar!.node, tell(bench.record(liar!, 5))).code).toBe("conflicting-record");
    expect(bench.contact(liar!).code).toBe("conflicting-record");
  });

  it("hears nothing from who is revoked, and answers its herald with the revocation", () => {
    const bench = new MemberBench(3).meetAll();
    const [revoked, herald] = bench.others;
    expect(
      bench.take({ type: "revocation", revocation: bench.authority.revoke(revoked!.node) }).effects,
    ).toContainEqual({
      type: "banish",
      node: revoked!.node,
      code: "certificate-revoked",
    });
    for (const message of [
      tell(bench.record(revoked!, 9)),
      { type: "probe", nonce: 1, digest: new Uint8Array(8) } as const,
    ])
      expect(bench.hear(revoked!.node, message)).toMatchObject({ code: "certificate-revoked", effects: [] });
    const answer = bench.hear(herald!.node, tell(bench.record(revoked!, 10)));
    expect(sends(answer.effects)).toMatchObject([{ to: herald!.node, message: { items: [{ kind: "revocation" }] } }]);
  });

  it("a false suspicion of a live node costs it one refutation, and too many cost the accuser its hearing", () => {
    const bench = new MemberBench(4).meetAll();
    const [liar, victim] = bench.others;
    for (let round = 1; round <= membershipLimits.maxRefutedPerAccuser; round++) {
      expect(bench.hear(liar!.node, tell(bench.suspicion(liar!, victim!.node, round))).code).toBeUndefined();
      expect(bench.state.suspected.has(victim!.node)).toBe(true);
      expect(bench.hear(victim!.node, tell(bench.record(victim!, round + 1))).code).toBeUndefined();
      expect(bench.state.suspected.has(victim!.node)).toBe(false);
      bench.pass(1_000);
    }
    const last = membershipLimits.maxRefutedPerAccuser + 1;
    expect(bench.hear(liar!.node, tell(bench.suspicion(liar!, victim!.node, last)))).toMatchObject({
      code: "false-suspicion",
      blame: liar!.node,
    });
    expect(bench.state.suspected.has(victim!.node)).toBe(false);
    // Somebody else is still heard.
    bench.hear(bench.others[2]!.node, tell(bench.suspicion(bench.others[2]!, victim!.node, last)));
    expect(bench.state.suspected.has(victim!.node)).toBe(true);
  });

  it("a suspicion of ourselves is refuted at once, with a higher sequence on disk first", () => {
    const bench = new MemberBench(2).meetAll();
    const [liar] = bench.others;
    const before = bench.state.sequence;
    const { effects } = bench.hear(liar!.node, tell(bench.suspicion(liar!, bench.self.node, before)));
    expect(bench.state.sequence).toBeGreaterThan(before);
    const persisted = effects.findIndex((effect) => effect.type === "persist" && effect.key === "membership/sequence");
    const sent = effects.findIndex((effect) => effect.type === "send");
    expect(persisted).toBeGreaterThanOrEqual(0);
    expect(sent).toBeGreaterThan(persisted);
    // The same one again is about a record that is no more: nothing happens.
    expect(bench.hear(liar!.node, tell(bench.suspicion(liar!, bench.self.node, before))).effects).toEqual([]);
  });

  it("a suspicion of a sequence to come, which the victim could not refute, counts for nothing", () => {
    const bench = new MemberBench(3).meetAll();
    const [liar, victim] = bench.others;
    for (const suspect of [victim!.node, bench.self.node]) {
      const sequence = Number.MAX_SAFE_INTEGER;
      expect(bench.hear(liar!.node, tell(bench.suspicion(liar!, suspect, sequence))).effects).toEqual([]);
    }
    expect(bench.state.suspected.size).toBe(0);
  });

  it("a suspicion that nobody refutes ends the member after the time to refute, not before", () => {
    const bench = new MemberBench(3).meetAll();
    const [accuser, dead] = bench.others;
    bench.hear(accuser!.node, tell(bench.suspicion(accuser!, dead!.node, 1)));
    bench.pass(membershipLimits.refuteWithinMs - 100);
    expect(bench.state.members.has(dead!.node)).toBe(true);
    bench.pass(200);
    expect(bench.state.members.has(dead!.node)).toBe(false);
    // Its old record is not believed again; whoever brings it is shown why. A newer one brings it back.
    const zombie = bench.hear(accuser!.node, tell(bench.record(dead!, 1)));
    expect(sends(zombie.effects)).toMatchObject([{ message: { items: [{ kind: "suspicion" }] } }]);
    expect(bench.state.members.has(dead!.node)).toBe(false);
    // Also in an exchange: what the peer holds in good faith is answered with the evidence, and not asked for.
    const probe = sends([...bench.contact(accuser!).effects, ...bench.pass(16_000)], "probe")
      .filter((send) => send.to === accuser!.node)
      .at(-1);
    const nonce = probe?.message.type === "probe" ? probe.message.nonce : -1;
    expect(
      sends(bench.hear(accuser!.node, { type: "alive", nonce, digest: new Uint8Array(8) }).effects, "compare"),
    ).toHaveLength(1);
    const answer = bench.hear(accuser!.node, {
      type: "entries",
      covered: new Uint8Array(8),
      entries: [[dead!.node, 0, 1, new Uint8Array(8)]],
    });
    expect(sends(answer.effects)).toMatchObject([{ message: { type: "tell", items: [{ kind: "suspicion" }] } }]);
    bench.hear(accuser!.node, tell(bench.record(dead!, 2)));
    expect(bench.state.members.has(dead!.node)).toBe(true);
  });

  it("a flood is refused as soon as the sender's share is used up, and forgiven with time", () => {
    for (const message of [
      { type: "probe", nonce: 1, digest: new Uint8Array(8) },
      { type: "compare", buckets: new Uint8Array(membershipLimits.buckets * 8) },
      { type: "want", nodes: [strangerId] },
    ] as const satisfies readonly MembershipMessage[]) {
      const bench = new MemberBench(2).meetAll();
      const { node } = bench.others[0]!;
      let accepted = 0;
      while (bench.hear(node, message).code === undefined) accepted++;
      expect(accepted).toBeLessThanOrEqual(membershipLimits.messageBurst);
      expect(bench.hear(node, message)).toMatchObject({ code: "gossip-flood", blame: node, effects: [] });
      expect(bench.hear(bench.others[1]!.node, message).code).toBeUndefined();
      bench.pass(60_000);
      expect(bench.hear(node, message).code).toBeUndefined();
    }
    const bench = new MemberBench(2).meetAll();
    const items = Array.from({ length: membershipLimits.maxItemsPerMessage }, () => bench.record(bench.others[0]!, 1));
    let told = 0;
    while (bench.hear(bench.others[0]!.node, tell(...items)).code === undefined) told += items.length;
    expect(told).toBeLessThanOrEqual(membershipLimits.itemBurst);
    expect(bench.hear(bench.others[0]!.node, tell(...items)).code).toBe("gossip-flood");
  });

  it("oversize is refused by the decoder, before anything is built", () => {
    const bench = new MemberBench(1);
    const record = bench.record(bench.others[0]!, 1);
    const items = (count: number): WireItem[] => Array.from({ length: count }, () => record);
    const refusalOf = (message: MembershipMessage): string => {
      const decoded = decodeMessage(encodeMessage(message));
      return decoded.ok ? "accepted" : decoded.code;
    };
    const { maxItemsPerMessage, maxRecordBytes, maxCertificateBytes, maxEntriesPerMessage, maxMessageBytes } =
      membershipLimits;
    expect(refusalOf(tell(...items(maxItemsPerMessage)))).toBe("accepted");
    expect(refusalOf(tell(...items(maxItemsPerMessage + 1)))).toBe("malformed");
    expect(refusalOf(tell({ ...record, body: new Uint8Array(maxRecordBytes + 1) }))).toBe("malformed");
    expect(refusalOf(tell({ ...record, certificate: new Uint8Array(maxCertificateBytes + 1) }))).toBe("malformed");
    expect(refusalOf(tell({ ...record, signature: new Uint8Array(63) }))).toBe("malformed");
    expect(refusalOf({ type: "want", nodes: Array.from({ length: maxEntriesPerMessage + 1 }, () => strangerId) })).toBe(
      "malformed",
    );
    expect(decodeMessage(new Uint8Array(maxMessageBytes + 1))).toMatchObject({ ok: false, code: "too-large" });
    expect(decodeMessage(new Uint8Array(60).fill(0x81))).toMatchObject({ ok: false, code: "too-deep" });
  });
});
