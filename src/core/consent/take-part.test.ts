// An owner's node called to take part: what is charged before what leaves, what waits for her, and what a crash may take.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, nodeKeyFromSeed } from "../../io/identity/index.ts";
import { type Digest, type InstantMs, type NodeId, type Result, toCanonical } from "../base/index.ts";
import type { Attribute } from "../model/index.ts";
import { spentAt } from "../privacy/index.ts";
import {
  type Call,
  consentLimits,
  grantsInUse,
  historyOf,
  makeGrant,
  type OwnerRules,
  type OwnerState,
  openContribution,
  ownerRulesSchema,
  pendingNamed,
  permit,
  type RecordEffect,
  recordUse,
  restoreOwner,
  revokeGrant,
  signContribution,
  unsentRounds,
} from "./index.ts";

const node = `12D3Koo${"W".repeat(45)}` as NodeId;
const query = "a".repeat(64) as Digest;
const nowMs = Date.parse("2026-06-15") as InstantMs;
const taken = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.code} ${result.detail ?? ""}`);
  return result.value;
};
const empty = taken(restoreOwner([]));
const rulesOf = (effect: string): OwnerRules =>
  ownerRulesSchema.parse({ hedgerow: 1, default: effect, budget: { each: [{ epsilon: 3, delta: 1e-5 }] } });
const call = (round: string, about: Partial<Call["request"]> = {}): Call => ({
  round,
  plan: "b".repeat(64) as Digest,
  nowMs,
  request: {
    query,
    name: "movies",
    purpose: "research",
    analyst: { node, principal: "Ada Institute" },
    reads: [{ table: "ratings", column: "movie", attribute: "movie.title" as Attribute }],
    foundBy: [],
    epsilon: 1,
    delta: 1e-6,
    cost: { rho: 1e10, delta: 1e10 },
    minimumPeople: 50,
    noise: "split",
    steps: [],
    untilMs: nowMs + 1_000,
    ...about,
  },
});
const came = { outcome: "contributed", reason: "", grants: [], trouble: null, receipt: null } as const;
const movie = { attribute: "movie" as Attribute, analyst: null };
const granted = (state: OwnerState, order: object, id = "g0001") =>
  taken(
    makeGrant(
      state,
      { effect: "allow", on: { query, analyst: "Ada Institute" }, budget: null, untilMs: null, note: "", ...order },
      id,
      nowMs,
    ),
  );

/** A disk: what is on it after so many writes. */
function onDisk(effects: readonly RecordEffect[]): OwnerState {
  const live = new Map<string, Uint8Array>();
  for (const { key, value } of effects) {
    if (value === null) live.delete(key);
    else live.set(key, value);
  }
  return taken(restoreOwner(live));
}

describe("killed between any two writes", () => {
  it("what is charged is what left, or one round more: of her budget, and of a grant's", () => {
    const rounds = fc.array(fc.constantFrom("r1", "r2", "r3", "r4", "r5", "r6", "r7"), { maxLength: 12 });
    fc.assert(
      fc.property(rounds, fc.integer({ min: 1, max: 4 }), fc.nat(), (called, allowed, cut) => {
        const grant = granted(empty, { on: movie, budget: { rho: allowed * 1e10, delta: 1e12 } });
        let state = grant.state;
        const written: RecordEffect[] = [...grant.effects];
        // After so many writes this round has left.
        const left: (readonly [after: number, round: string])[] = [];
        for (const round of called) {
          const permitted = permit(state, rulesOf("ask"), call(round));
          state = permitted.state;
          written.push(...permitted.effects);
          if (permitted.permission.at !== "released") continue;
          const used = recordUse(state, call(round), came);
          state = used.state;
          written.push(...used.effects);
          left.push([written.length, round]);
        }
        const until = cut % (written.length + 1);
        const found = onDisk(written.slice(0, until));
        const gone = new Set(left.filter(([after]) => after <= until).map(([, round]) => round));
        const charged = spentAt(found.budget, nowMs).altogether.rho / 1e10;
        const underGrant = (grantsInUse(found)[0]?.spent.rho ?? 0) / 1e10;
        expect(charged).toBeGreaterThanOrEqual(gone.size);
        expect(charged).toBeLessThanOrEqual(gone.size + 1);
        if (until >= grant.effects.length) expect(underGrant).toBeGreaterThanOrEqual(gone.size);
        expect(underGrant).toBeLessThanOrEqual(Math.min(allowed, gone.size + 1));
        expect(
          taken(historyOf(found))
            .filter(({ outcome }) => outcome === "contributed")
            .map(({ round }) => round)
            .sort(),
        ).toEqual([...gone].sort());
        expect(unsentRounds(found)).toHaveLength(charged - gone.size);
      }),
    );
  });

  it("what was in memory is what is read again", () => {
    const first = permit(empty, rulesOf("allow"), call("r1"));
    const used = recordUse(first.state, call("r1"), came);
    const asked = permit(used.state, rulesOf("ask"), call("r2"));
    expect(onDisk([...first.effects, ...used.effects, ...asked.effects])).toEqual(asked.state);
  });
});

describe("a call", () => {
  it("waits for her where she wants to be asked, once for each query", () => {
    const first = permit(empty, rulesOf("ask"), call("r1"));
    expect(first.permission).toMatchObject({ at: "declined", outcome: "grant", code: "consent-waiting" });
    const again = permit(first.state, rulesOf("ask"), call("r2"));
    expect([...again.state.pending.values()]).toMatchObject([{ times: 2, card: { query, name: "movies" } }]);
    expect(spentAt(again.state.budget, nowMs).altogether.rounds).toBe(0);
    const { state, value } = granted(again.state, {});
    expect(value.answered).toBe(1);
    expect(state.pending.size).toBe(0);
    expect(permit(state, rulesOf("ask"), call("r3")).permission).toMatchObject({ at: "released", grants: ["g0001"] });
  });

  it("of hundreds of asks only so many wait", () => {
    let state = empty;
    const ask = (n: number) =>
      permit(state, rulesOf("ask"), call(`r${n}`, { query: String(n).padStart(64, "0") as Digest }));
    for (let n = 0; n < consentLimits.maxPending; n++) state = ask(n).state;
    expect(ask(consentLimits.maxPending).permission).toMatchObject({ code: "consent-too-many-waiting" });
    expect(ask(0).permission).toMatchObject({ code: "consent-waiting" });
    expect(pendingNamed(state, "0000")).toMatchObject({ ok: false, code: "grant-unknown" });
    expect(pendingNamed(state, `${"0".repeat(62)}07`)).toMatchObject({ ok: true });
  });

  it("of two analysts with the same words waits twice, and the answer to one is none to the other", () => {
    const of = (principal: string) => call(`of ${principal}`, { analyst: { ...call("x").request.analyst, principal } });
    const one = permit(empty, rulesOf("ask"), of("Ada Institute"));
    const both = permit(one.state, rulesOf("ask"), of("Mallory"));
    expect([...both.state.pending.values()].map(({ card }) => card.analyst.principal)).toEqual([
      "Ada Institute",
      "Mallory",
    ]);
    expect(onDisk([...one.effects, ...both.effects]).pending.size).toBe(2);
    expect(pendingNamed(both.state, query.slice(0, 8))).toMatchObject({
      code: "grant-unknown",
      detail: expect.stringContaining('"Ada Institute" and "Mallory"'),
    });
    expect(pendingNamed(both.state, query.slice(0, 8), "Mallory")).toMatchObject({ ok: true });
    const answered = granted(both.state, {});
    expect(answered.value.answered).toBe(1);
    expect(permit(answered.state, rulesOf("ask"), of("Ada Institute")).permission.at).toBe("released");
    expect(permit(answered.state, rulesOf("ask"), of("Mallory")).permission).toMatchObject({ code: "consent-waiting" });
  });

  it("waits no more once rules of hers deny it", () => {
    const asked = permit(empty, rulesOf("ask"), call("r1"));
    const denied = permit(asked.state, rulesOf("deny"), call("r2"));
    expect(denied.state.pending.size).toBe(0);
    expect(onDisk([...asked.effects, ...denied.effects]).pending.size).toBe(0);
    const came = permit(empty, rulesOf("ask"), call("r1", { analyst: { node, principal: "Mallory" } }));
    expect(permit(came.state, rulesOf("deny"), call("r2")).state.pending.size).toBe(1);
  });

  describe("when an attribute is denied", () => {
    const rules = rulesOf("ask");
    const asks = (about: Partial<Call["request"]> = {}) => permit(empty, rules, call("r1", about)).state;
    const deny = (state: OwnerState, on: object = movie, by: OwnerRules | null = rules) =>
      taken(
        makeGrant(
          state,
          { effect: "deny", on: { ...movie, ...on }, budget: null, untilMs: null, note: "" },
          "g0001",
          nowMs,
          by,
        ),
      );

    it.each([
      ["it", movie.attribute],
      ["what is below it", "movie.title.translated" as Attribute],
    ])("an ask that reads %s is answered", (_, attribute) => {
      const asked = asks();
      const { value, state, effects } = deny(asked, { attribute });
      expect(value).toMatchObject({ answered: 1, left: [] });
      expect(state.pending.size).toBe(0);
      expect(effects).toContainEqual(
        expect.objectContaining({ key: expect.stringContaining("pending/"), value: null }),
      );
      expect(permit(state, rules, call("r2")).permission).toMatchObject({ code: "consent-denied", outcome: "grant" });
    });

    it("one that reads something else, or is another's, waits on", () => {
      expect(deny(asks(), { attribute: "person.age" }).value).toMatchObject({ answered: 0, left: [] });
      expect(deny(asks(), { analyst: "Mallory" }).value).toMatchObject({ answered: 0, left: [] });
    });

    it("one that a rule about what is below wants her to be asked about waits on, and is named", () => {
      const finer = ownerRulesSchema.parse({
        ...{ hedgerow: 1, default: "deny", rules: [{ effect: "ask", attributes: ["movie.title"] }] },
      });
      const asked = permit(empty, finer, call("r1")).state;
      const { value, state } = deny(asked, {}, finer);
      expect(value).toMatchObject({ answered: 0, left: [{ card: { query } }] });
      expect(permit(state, finer, call("r2")).permission).toMatchObject({ code: "consent-waiting" });
    });

    it("it waits on where her rules cannot be read", () => {
      expect(deny(asks(), {}, null).value).toMatchObject({ answered: 0, left: [{ card: { query } }] });
    });
  });

  it("is paid once, however often it comes, and not at all after she revoked", () => {
    const grant = granted(empty, { on: movie, budget: { rho: 1e10, delta: 1e10 } });
    const first = permit(grant.state, rulesOf("deny"), call("r1"));
    const again = permit(first.state, rulesOf("deny"), call("r1"));
    expect(again.permission.at).toBe("released");
    expect(spentAt(again.state.budget, nowMs).altogether.rounds).toBe(1);
    expect(permit(again.state, rulesOf("deny"), call("r2")).permission).toMatchObject({ code: "consent-not-allowed" });
    const revoked = taken(revokeGrant(again.state, "g0001", nowMs));
    expect(permit(revoked.state, rulesOf("deny"), call("r1")).permission).toMatchObject({
      code: "consent-not-allowed",
    });
    expect(revokeGrant(again.state, "g0002", nowMs)).toMatchObject({ code: "grant-unknown" });
  });

  it("that her budget does not have is declined for that", () => {
    const dear = { cost: { rho: 1e13, delta: 0 } };
    const declined = permit(empty, rulesOf("allow"), call("r1", dear));
    expect(declined.permission).toMatchObject({ outcome: "budget", code: "budget-too-large" });
    expect(taken(historyOf(declined.state))).toMatchObject([
      { outcome: "budget", code: "budget-too-large", round: "r1" },
    ]);
  });
});

describe("the history", () => {
  it("is bounded, and refused asks do not push out what was answered", () => {
    let state = recordUse(permit(empty, rulesOf("allow"), call("first")).state, call("first"), came).state;
    for (let n = 0; n <= consentLimits.maxUses; n++) state = permit(state, rulesOf("deny"), call(`d${n}`)).state;
    expect(state.uses.size).toBe(consentLimits.maxUses);
    expect(state.uses.get("first")?.outcome).toBe("contributed");
  });

  it("is written anew before what it replaces is forgotten; between the two, what she contributed counts", () => {
    const denied = permit(empty, rulesOf("deny"), call("r/1"));
    const allowed = permit(denied.state, rulesOf("allow"), call("r/1"));
    const used = recordUse(allowed.state, call("r/1"), came);
    const all = [...denied.effects, ...allowed.effects, ...used.effects];
    expect(all.at(-1)).toMatchObject({ value: null });
    for (const written of [all, all.slice(0, -1), [...all.slice(0, -1)].reverse()]) {
      expect(taken(historyOf(onDisk(written)))).toMatchObject([{ round: "r/1", outcome: "contributed" }]);
    }
    const [[key]] = [...used.state.uses.values()].map((kept) => [kept.key]) as [[string]];
    const spoilt = taken(restoreOwner([[key, new Uint8Array([1])]]));
    expect(historyOf(spoilt)).toMatchObject({ code: "owner-records-damaged", blame: key });
    expect(restoreOwner([["use/r/1", new Uint8Array([1])]])).toMatchObject({ code: "owner-records-damaged" });
  });

  it("tells uses of before it was recorded what a pod lacks", () => {
    const lacks = ["movie.title" as Attribute];
    const used = recordUse(permit(empty, rulesOf("allow"), call("r1")).state, call("r1"), { ...came, lacks });
    const [now] = taken(historyOf(used.state));
    expect(now).toMatchObject({ lacks });
    const { lacks: _, ...before } = now!;
    const [kept] = used.state.uses.values();
    const old = taken(restoreOwner([[kept!.key, toCanonical(before)]]));
    expect(taken(historyOf(old))).toMatchObject([{ round: "r1", lacks: [] }]);
  });

  it("keeps that she contributed when the same round is declined later", () => {
    const used = recordUse(permit(empty, rulesOf("allow"), call("r1")).state, call("r1"), came);
    const later = permit(used.state, rulesOf("deny"), call("r1"));
    expect(later.permission.at).toBe("declined");
    expect(taken(historyOf(later.state))).toMatchObject([{ outcome: "contributed" }]);
  });
});

describe("grants on disk", () => {
  it("an end in the past is refused; so are more than there is room for, ended ones aside", () => {
    const order = { effect: "allow" as const, on: { query, analyst: "Ada Institute" }, budget: null, note: "" };
    expect(makeGrant(empty, { ...order, untilMs: nowMs }, "g0001", nowMs)).toMatchObject({ code: "grant-order" });
    let state = empty;
    for (let n = 0; n < consentLimits.maxGrants; n++)
      state = granted(state, {}, `g${String(n).padStart(4, "0")}`).state;
    expect(makeGrant(state, { ...order, untilMs: null }, "more", nowMs)).toMatchObject({ code: "grant-order" });
    state = taken(revokeGrant(state, "g0007", nowMs)).state;
    state = granted(state, {}, "more").state;
    expect([state.grants.has("g0007"), state.grants.has("more"), state.grants.size]).toEqual([
      false,
      true,
      consentLimits.maxGrants,
    ]);
  });

  it("a record that cannot be read refuses everything: it may have been a denial", () => {
    const { effects } = granted(empty, { effect: "deny" });
    const [{ key, value }] = effects as [RecordEffect];
    expect(restoreOwner([[key, value!.slice(0, -1)]])).toMatchObject({ ok: false, code: "owner-records-damaged" });
    expect(restoreOwner([["grant/other", value!]])).toMatchObject({ ok: false, code: "owner-records-damaged" });
    expect(restoreOwner([["strange", value!]])).toMatchObject({ ok: false, code: "owner-records-damaged" });
  });
});

it("what is signed of a contribution is opened by its node's key alone, and says nothing of what it says", () => {
  const crypto = nodeCrypto;
  const key = nodeKeyFromSeed(new Uint8Array(32).fill(7));
  const contribution = new TextEncoder().encode("unmistakable");
  const decision = { reason: "rule 1", grants: ["g0001"] };
  const said = { node: key.node, round: "r1", plan: query, question: query, decision, contribution, atMs: nowMs };
  const receipt = signContribution(said, crypto, key);
  expect(openContribution(receipt, key.publicKey, crypto)).toMatchObject({
    ok: true,
    value: { round: "r1", plan: query },
  });
  expect(Buffer.from(receipt.statement).includes("unmistakable")).toBe(false);
  const other = nodeKeyFromSeed(new Uint8Array(32).fill(8));
  expect(openContribution(receipt, other.publicKey, crypto)).toMatchObject({ code: "bad-signature" });
});
