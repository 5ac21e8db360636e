import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hasher } from "../base/index.ts";
import { type Attribute, type Policy, policySchema, type Rule, type RuleEffect, ruleEffects } from "../model/index.ts";
import { conflicts, decide, decideExposure, describeRule, explain, policyDigest, requirementsOf } from "./index.ts";

const hasher: Hasher = {
  sha256(...parts) {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};
const named = (name: string) => name as Attribute;

// The plain twin: look at the attribute, then at each parent in turn; the first level with a rule decides.
function decidePlainly(policy: Policy, attribute: Attribute, purpose: string): RuleEffect {
  for (let name: string = attribute; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const here = policy.rules.filter((rule) => rule.attribute === name);
    const effects = here.filter((rule) => (rule.purposes ?? [purpose]).includes(purpose)).map((rule) => rule.effect);
    for (const effect of ["forbid", "require", "dont-care"] as const) if (effects.includes(effect)) return effect;
  }
  return "dont-care";
}

const attributes = ["a", "ab", "a.b", "a.bc", "a.b.c", "a.c", "b", "b.c"].map(named);
const attributeArbitrary = fc.constantFrom(...attributes);
const ruleArbitrary: fc.Arbitrary<Rule> = fc.record(
  {
    effect: fc.constantFrom(...ruleEffects),
    attribute: attributeArbitrary,
    purposes: fc.subarray(["care", "sales"], { minLength: 1 }),
  },
  { requiredKeys: ["effect", "attribute"] },
);
const policyArbitrary: fc.Arbitrary<Policy> = fc.record({ rules: fc.array(ruleArbitrary, { maxLength: 8 }) });
const purposeArbitrary = fc.constantFrom("care", "sales", "other");

describe("decide", () => {
  test("agrees with its plain twin", () => {
    fc.assert(
      fc.property(policyArbitrary, attributeArbitrary, purposeArbitrary, (policy, attribute, purpose) => {
        const decision = decide(policy, attribute, purpose);
        expect(decision.effect).toBe(decidePlainly(policy, attribute, purpose));
        expect(decision.rule === null || policy.rules.includes(decision.rule)).toBe(true);
        expect(decision.rule?.effect ?? "dont-care").toBe(decision.effect);
      }),
      { numRuns: 3_000 },
    );
  });

  test("does not depend on the order of the rules", () => {
    fc.assert(
      fc.property(policyArbitrary, attributeArbitrary, purposeArbitrary, (policy, attribute, purpose) => {
        const reversed = { rules: [...policy.rules].reverse() };
        expect(decide(reversed, attribute, purpose).effect).toBe(decide(policy, attribute, purpose).effect);
      }),
    );
  });

  test("a name that merely starts alike is no child", () => {
    const policy: Policy = { rules: [{ effect: "forbid", attribute: named("a.b") }] };
    expect(decide(policy, named("a.bc"), "care").effect).toBe("dont-care");
    expect(decide(policy, named("a.b.c"), "care").effect).toBe("forbid");
  });
});

describe("decideExposure", () => {
  test("forbids exactly when the attribute is forbidden or some forbidden attribute lies beneath it", () => {
    fc.assert(
      fc.property(policyArbitrary, attributeArbitrary, purposeArbitrary, (policy, attribute, purpose) => {
        const beneath = attributes.filter((name) => name === attribute || name.startsWith(`${attribute}.`));
        const expected = beneath.some((name) => decidePlainly(policy, name, purpose) === "forbid");
        expect(decideExposure(policy, attribute, purpose).effect === "forbid").toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  test("an explicit rule on the parent does not lift a Forbid on its part", () => {
    const policy: Policy = {
      rules: [
        { effect: "dont-care", attribute: named("location") },
        { effect: "forbid", attribute: named("location.precise") },
      ],
    };
    expect(decideExposure(policy, named("location"), "care").effect).toBe("forbid");
    expect(decideExposure(policy, named("location.coarse"), "care").effect).toBe("dont-care");
  });
});

describe("conflicts", () => {
  test("is symmetric, and names exactly the required attributes that the other side forbids", () => {
    fc.assert(
      fc.property(policyArbitrary, policyArbitrary, purposeArbitrary, (first, second, purpose) => {
        const found = conflicts(first, second, purpose);
        expect(new Set(conflicts(second, first, purpose).map((clash) => clash.attribute))).toEqual(
          new Set(found.map((clash) => clash.attribute)),
        );
        // The plain twin, without the fast path: every attribute that a rule names, both ways.
        const expected = attributes.filter((attribute) =>
          [
            [first, second],
            [second, first],
          ].some(
            ([requiring, forbidding]) =>
              requiring!.rules.some((rule) => rule.attribute === attribute) &&
              decidePlainly(requiring!, attribute, purpose) === "require" &&
              decidePlainly(forbidding!, attribute, purpose) === "forbid" &&
              requirementsOf(requiring!, purpose).some((rule) => rule.attribute === attribute),
          ),
        );
        expect(new Set(found.map((clash) => clash.attribute))).toEqual(new Set(expected));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("explain", () => {
  test("names the rule, the purpose and the reason", () => {
    const rule: Rule = { effect: "forbid", attribute: named("location.precise"), reason: "home addresses" };
    expect(explain(decide({ rules: [rule] }, named("location.precise"), "sales"))).toBe(
      'location.precise may not leave: the rule "forbid location.precise" holds for the purpose "sales" (reason: home addresses).',
    );
    expect(explain(decideExposure({ rules: [rule] }, named("location"), "sales"))).toContain(
      "location may not leave, because it may carry location.precise",
    );
    expect(explain(decide({ rules: [] }, named("location"), "sales"))).toContain("no rule speaks of it");
  });

  test("a reason cannot write over a terminal", () => {
    const rule: Rule = {
      effect: "forbid",
      attribute: named("a"),
      reason: "x\u001b[2J\r\ny\u202e",
      purposes: ["p\u0007"],
    };
    const sentence = `${explain(decide({ rules: [rule] }, named("a"), "p\u0007"))} ${describeRule(rule)}`;
    expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(sentence).toContain("reason: x [2J y");
  });
});

describe("policyDigest", () => {
  test("is the same after a journey through the schema, and differs with the rules", () => {
    const policy: Policy = { rules: [{ effect: "forbid", attribute: named("a"), purposes: ["p"] }] };
    expect(policyDigest(policySchema.parse(structuredClone(policy)), hasher)).toBe(policyDigest(policy, hasher));
    expect(policyDigest({ rules: [] }, hasher)).not.toBe(policyDigest(policy, hasher));
  });
});
