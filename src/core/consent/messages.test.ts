// Whose messages an owner takes: nobody's, unless she says so.
import { describe, expect, it } from "vitest";
import type { Digest, NodeId } from "../base/index.ts";
import {
  type ConsentRequest,
  cardLines,
  cardOf,
  decide,
  type GrantInUse,
  ownerRulesSchema,
  parseOwnerRules,
} from "./index.ts";

const query = "a".repeat(64) as Digest;
const node = `12D3Koo${"W".repeat(45)}` as NodeId;
const nowMs = Date.parse("2026-06-15");
const request: ConsentRequest = {
  ...{ query, name: "vaccinations", purpose: "health", analyst: { node, principal: "City of Paris" } },
  ...{ reads: [], foundBy: ["city"], epsilon: 0.1, delta: 1e-9, cost: { rho: 1, delta: 1 }, minimumPeople: 10 },
  ...{ noise: "split", steps: [], untilMs: nowMs + 1_000, bringsMessage: true },
};
const grant = (on: GrantInUse["on"], effect: GrantInUse["effect"] = "allow"): GrantInUse => ({
  ...{ id: "g0001", effect, on, budget: null, madeMs: 0, untilMs: null, revokedMs: null, note: "" },
  spent: { rho: 0, delta: 0 },
});
function came(messages: object[], more: object = {}, grants: GrantInUse[] = []): string {
  const rules = ownerRulesSchema.parse({ hedgerow: 1, messages, ...more });
  const decision = decide(rules, grants, request, nowMs);
  return decision.effect === "deny" ? decision.code : decision.effect;
}

describe("a message", () => {
  it("is taken by a rule for messages alone: no default, rule or grant for questions is a subscription", () => {
    expect(came([])).toBe("consent-not-subscribed");
    expect(came([], { default: "allow", rules: [{ effect: "allow" }] })).toBe("consent-not-subscribed");
    expect(came([], { default: "ask" })).toBe("consent-not-subscribed");
    expect(came([], {}, [grant({ analyst: "City of Paris" })])).toBe("consent-not-subscribed");
    expect(came([{ analysts: ["City of Paris"] }], { rules: [{ effect: "deny" }] })).toBe("allow");
  });

  it.each<[string, object[], string]>([
    ["from anybody", [{}], "allow"],
    ["from this sender", [{ analysts: ["City of Paris"] }], "allow"],
    ["from another sender", [{ analysts: ["City of Lyon"] }], "consent-not-subscribed"],
    ["for this purpose", [{ purposes: ["health", "news"] }], "allow"],
    ["for another purpose", [{ purposes: ["offers"] }], "consent-not-subscribed"],
    ["until yesterday", [{ until: "2026-06-14" }], "consent-not-subscribed"],
    ["from tomorrow on", [{ from: "2026-06-16" }], "consent-not-subscribed"],
    ["except from this sender", [{}, { effect: "deny", analysts: ["City of Paris"] }], "consent-denied"],
    ["except from another sender", [{}, { effect: "deny", analysts: ["City of Lyon"] }], "allow"],
  ])("%s", (_, messages, expected) => expect(came(messages)).toBe(expected));

  it("is what an answer of hers about this very one, or about its sender, says", () => {
    expect(came([], {}, [grant({ query, analyst: "City of Paris" })])).toBe("allow");
    expect(came([{}], {}, [grant({ query, analyst: null }, "deny")])).toBe("consent-denied");
    expect(came([{}], {}, [grant({ analyst: "City of Paris" }, "deny")])).toBe("consent-denied");
  });

  it("changes nothing for questions", () => {
    const rules = ownerRulesSchema.parse({ hedgerow: 1, messages: [{}] });
    expect(decide(rules, [], { ...request, bringsMessage: false }, nowMs).effect).toBe("deny");
  });

  it("has rules whose faults are told", () => {
    const parsed = parseOwnerRules("hedgerow: 1\nmessages:\n  - { effect: ask }\n", "owner.yaml", []);
    expect(parsed).toMatchObject({
      ok: false,
      code: "owner-rules-invalid",
      detail: expect.stringContaining("messages"),
    });
  });
});

it("a card says that everybody who is asked is told the answer", () => {
  const rules = ownerRulesSchema.parse({ hedgerow: 1 });
  const stays = (broadcast: boolean) =>
    cardLines(cardOf({ ...request, broadcast }, rules), String, nowMs).find(([label]) => label === "stays")![1];
  expect(stays(true)).toContain("Everybody who is asked is told the numbers");
  expect(stays(false)).not.toContain("Everybody");
});
