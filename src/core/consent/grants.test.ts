// An owner's grants: her answers to a query, to an analyst and about an attribute, beside her rules.
import { describe, expect, it } from "vitest";
import { effect, grant, nowMs, query, request, rule, rulesOf } from "../../../test/support/consent.ts";
import type { Digest } from "../base/index.ts";
import type { Attribute } from "../model/index.ts";
import { type ConsentRequest, decide, type GrantInUse, noRules, type OwnerRules, stateOfGrant } from "./index.ts";

describe("grants", () => {
  const asks = rulesOf([rule("ask")]);
  it.each<[string, OwnerRules, Partial<GrantInUse>, string]>([
    ["her answer to this query beats her rules", rulesOf([rule("deny", "work")]), {}, "allow"],
    ["a denied query is denied", rulesOf([rule("allow")]), { effect: "deny" }, "consent-denied"],
    ["another query's answer is none", asks, { on: { query: "b".repeat(64) as Digest, analyst: null } }, "ask"],
    ["another analyst's same words are another query", asks, { on: { query, analyst: "Mallory" } }, "ask"],
    ["unless she said: whoever asks it", asks, { on: { query, analyst: null } }, "allow"],
    ["an allowed analyst is not asked about again", asks, { on: { analyst: "Ada Institute" } }, "allow"],
    ["and is let where no rule speaks", noRules, { on: { analyst: "Ada Institute" } }, "allow"],
    [
      "but not where a rule denies",
      rulesOf([rule("deny", "work")]),
      { on: { analyst: "Ada Institute" } },
      "consent-denied",
    ],
    [
      "a denied analyst gets nothing",
      rulesOf([rule("allow")]),
      { on: { analyst: "Ada Institute" }, effect: "deny" },
      "consent-denied",
    ],
    [
      "an attribute is allowed by its depth",
      rulesOf([rule("ask"), rule("deny", "work")]),
      { on: { attribute: "work.sick_leave" as Attribute, analyst: null } },
      "allow",
    ],
    ["to one analyst", asks, { on: { attribute: "work" as Attribute, analyst: "Somebody" } }, "ask"],
    ["revoked", asks, { revokedMs: 1 }, "ask"],
    ["ended", asks, { untilMs: nowMs }, "ask"],
    ["not yet ended", asks, { untilMs: nowMs + 1 }, "allow"],
    ["its budget is used up", asks, { budget: { rho: 5e10, delta: 1e12 }, spent: { rho: 3e10, delta: 0 } }, "ask"],
    ["its δ is used up", asks, { budget: { rho: 6e10, delta: 1e4 }, spent: { rho: 0, delta: 1e4 } }, "ask"],
    ["its budget has enough", asks, { budget: { rho: 6e10, delta: 1e12 }, spent: { rho: 3e10, delta: 0 } }, "allow"],
    [
      "a deny is not used up",
      rulesOf([rule("allow")]),
      { effect: "deny", budget: { rho: 0, delta: 0 } },
      "consent-denied",
    ],
  ])("%s", (_, rules, about, expected) => expect(effect(rules, {}, [grant(about)])).toBe(expected));

  it("an analyst whom she denies gets nothing, whatever she answered about this query", () => {
    const denied = grant({ id: "g0002", on: { analyst: "Ada Institute" }, effect: "deny" });
    for (const analyst of ["Ada Institute", null])
      expect(effect(rulesOf([rule("allow")]), {}, [grant({ on: { query, analyst } }), denied])).toBe("consent-denied");
    const message = { bringsMessage: true };
    expect(effect(rulesOf([rule("allow")]), message, [grant({}), denied])).toBe("consent-denied");
    expect(effect(asks, message, [grant({ on: { query, analyst: "Mallory" } })])).toBe("consent-not-subscribed");
  });

  it("an attribute that is allowed allows that its row is there, and nothing else of the table", () => {
    const amount = grant({ on: { attribute: "bank.amount" as Attribute, analyst: null } });
    const row = { table: "bank", column: null, attribute: "bank" as Attribute };
    const column = (name: string) => ({ table: "bank", column: name, attribute: `bank.${name}` as Attribute });
    const asks = (...reads: ConsentRequest["reads"][number][]) => effect(rulesOf([]), { reads }, [amount]);
    expect(asks(column("amount"), row)).toBe("allow");
    expect(decide(rulesOf([]), [amount], request({ reads: [column("amount"), row] }), nowMs)).toMatchObject({
      grants: ["g0001"],
    });
    expect(asks(row)).toBe("consent-not-allowed");
    expect(asks(column("amount"), column("purpose"), row)).toBe("consent-not-allowed");
    expect(asks(column("amount"), row, { ...row, table: "health", attribute: "health" as Attribute })).toBe(
      "consent-not-allowed",
    );
    const denied = rulesOf([rule("deny", "bank")]);
    expect(effect(denied, { reads: [row, column("amount")] }, [amount])).toBe("consent-denied");
  });

  it("among fewer people than she says nothing is allowed but a query whose card she saw", () => {
    const few = { minimumPeople: 9 };
    const all = rulesOf([rule("allow")], { default: "allow" });
    expect(effect(all, { minimumPeople: 10 })).toBe("allow");
    expect(effect(all, few)).toBe("consent-too-few-people");
    expect(effect(all, few, [grant({ on: { analyst: "Ada Institute" } })])).toBe("consent-too-few-people");
    expect(effect({ ...all, messages: [{ effect: "allow" }] }, { ...few, bringsMessage: true })).toBe(
      "consent-too-few-people",
    );
    expect(effect(all, few, [grant({})])).toBe("allow");
    expect(effect(rulesOf([rule("allow")], { minimumPeople: 9 }), few)).toBe("allow");
  });

  it("of two answers the one that denies holds, and what denied counts as a grant", () => {
    const decision = decide(asks, [grant({}), grant({ id: "g0002", effect: "deny" })], request(), nowMs);
    expect(decision).toMatchObject({ effect: "deny", outcome: "grant", reason: expect.stringContaining("g0002") });
  });

  it("those that allowed are named, so that what is spent is charged to them", () => {
    const held = [
      grant({ on: { attribute: "work" as Attribute, analyst: null } }),
      grant({ id: "g0002", on: { attribute: "movie" as Attribute, analyst: null } }),
    ];
    expect(decide(asks, held, request(), nowMs)).toMatchObject({ effect: "allow", grants: ["g0001"] });
  });

  it("say what has become of them", () => {
    expect(stateOfGrant(grant({}), nowMs)).toBe("in force");
    expect(stateOfGrant(grant({ untilMs: 5, revokedMs: 3 }), nowMs)).toBe("revoked");
    expect(stateOfGrant(grant({ untilMs: 5 }), nowMs)).toBe("ended");
    expect(stateOfGrant(grant({ budget: { rho: 1, delta: 1 }, spent: { rho: 1, delta: 0 } }), nowMs)).toBe("used up");
  });
});
