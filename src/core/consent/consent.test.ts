// An owner's rules: who may ask what, what it may cost, and what she is told when she is asked herself.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { day, effect, nowMs, query, read, request, rule, rulesOf } from "../../../test/support/consent.ts";
import type { InstantMs } from "../base/index.ts";
import { emptyBudget, spentAt, stepBudget } from "../privacy/index.ts";
import {
  accountName,
  amountOf,
  budgetRulesOf,
  type ConsentRequest,
  cardLines,
  cardOf,
  consentEffects,
  decide,
  noRules,
  type OwnerRule,
  parseOwnerRules,
} from "./index.ts";

describe("rules", () => {
  it("nothing is allowed until somebody says so", () => {
    expect(effect(noRules)).toBe("consent-not-allowed");
    expect(noRules).toMatchObject({ publish: [], everybody: false });
  });

  it.each<[string, unknown[], string[], string]>([
    ["a rule on a parent holds for its children", [rule("allow", "work")], ["work.sick_leave"], "allow"],
    [
      "the most specific rule wins",
      [rule("deny", "work"), rule("allow", "work.sick_leave")],
      ["work.sick_leave"],
      "allow",
    ],
    ["and where it denies, too", [rule("allow"), rule("deny", "work.salary")], ["work.salary"], "consent-denied"],
    [
      "deny beats allow at equal depth",
      [rule("allow", "work"), rule("deny", "work")],
      ["work.salary"],
      "consent-denied",
    ],
    ["deny beats ask, ask beats allow", [rule("allow", "work"), rule("ask", "work")], ["work.salary"], "ask"],
    [
      "all that is read has to be allowed",
      [rule("allow", "work")],
      ["work.salary", "movie.title"],
      "consent-not-allowed",
    ],
    [
      "being asked about a part is being asked",
      [rule("allow"), rule("ask", "movie")],
      ["work.salary", "movie.title"],
      "ask",
    ],
    [
      "a denied part denies before anybody is asked",
      [rule("ask"), rule("deny", "movie")],
      ["work.salary", "movie.title"],
      "consent-denied",
    ],
    [
      "a rung is allowed where the exact value is not",
      [rule("deny", "person.age"), rule("allow", "person.age.band")],
      ["person.age.band"],
      "allow",
    ],
    [
      "who reads the exact value knows the rung",
      [rule("allow", "person.age"), rule("deny", "person.age.band")],
      ["person.age"],
      "consent-denied",
    ],
  ])("%s", (_, rules, attributes, expected) => {
    expect(effect(rulesOf(rules), { reads: attributes.map((one) => read(one)) })).toBe(expected);
  });

  it("that there are rows tells nothing of a column that is denied", () => {
    const rules = rulesOf([rule("allow", "movie"), rule("deny", "movie.stars")]);
    expect(effect(rules, { reads: [read("movie", null)] })).toBe("allow");
    expect(effect(rules, { reads: [read("movie")] })).toBe("consent-denied");
  });

  it.each<[object, Partial<ConsentRequest>, string]>([
    [{ purposes: ["research"] }, {}, "allow"],
    [{ purposes: ["planning"] }, {}, "consent-other-purpose"],
    [{ analysts: ["Ada Institute"] }, {}, "allow"],
    [{ analysts: ["Somebody"] }, {}, "consent-not-allowed"],
    [{ minimumPeople: 100 }, {}, "allow"],
    [{ minimumPeople: 101 }, {}, "consent-too-few-people"],
    [{ maximumEpsilon: 1 }, {}, "allow"],
    [{ maximumEpsilon: 0.9 }, {}, "consent-too-precise"],
    [{ from: "2026-06-15", until: "2026-06-16" }, {}, "allow"],
    [{ from: "2026-06-16" }, {}, "consent-not-allowed"],
    [{ until: "2026-06-15" }, {}, "consent-not-allowed"],
  ])("an allow with %j", (conditions, about, expected) => {
    expect(effect(rulesOf([rule("allow", "work", conditions)]), about)).toBe(expected);
  });

  it("a question that reads nothing is counted by the rules that speak of everything", () => {
    const reads: ConsentRequest["reads"] = [];
    expect(effect(rulesOf([rule("allow", "work")]), { reads })).toBe("consent-not-allowed");
    expect(effect(rulesOf([rule("allow")]), { reads })).toBe("allow");
    expect(effect(rulesOf([rule("allow"), rule("deny", undefined, { purposes: ["research"] })]), { reads })).toBe(
      "consent-denied",
    );
    expect(effect(rulesOf([], { default: "ask" }), { reads })).toBe("ask");
  });

  it("to add a deny never allows more", () => {
    const attribute = fc.constantFrom("work", "work.salary", "work.salary.band", "movie", undefined);
    const made = fc.record({ effect: fc.constantFrom(...consentEffects), attribute });
    const order = { allow: 2, ask: 1, deny: 0 } as const;
    fc.assert(
      fc.property(
        fc.array(made, { maxLength: 5 }),
        attribute,
        fc.constantFrom("work.salary", "movie", "work.salary.band"),
        (list, denied, asked) => {
          const written = list.map((one) => rule(one.effect, one.attribute));
          const about = request({ reads: [read(asked)] });
          const before = decide(rulesOf(written), [], about, nowMs).effect;
          const after = decide(rulesOf([...written, rule("deny", denied)]), [], about, nowMs).effect;
          expect(order[after]).toBeLessThanOrEqual(order[before]);
        },
      ),
    );
  });
});

it("what a rule says of a purpose makes it no stronger", () => {
  const rules: OwnerRule[] = [rule("deny", "work"), rule("allow", "work", { purposes: ["research"] })] as OwnerRule[];
  expect(effect(rulesOf(rules))).toBe("consent-denied");
});

describe("the file", () => {
  const parse = (text: string) => parseOwnerRules(text, "owner.yaml", ["profession", "age"]);
  it("is short for what is usual", () => {
    const parsed = parse(
      "hedgerow: 1\npublish: [age]\nrules: [{ effect: allow, attributes: [work] }]\nbudget: { periodDays: 7 }",
    );
    expect(parsed.ok && parsed.value).toMatchObject({
      default: "deny",
      budget: { periodDays: 7, altogether: { epsilon: 4 } },
    });
  });

  it.each([
    [
      "hedgerow: 1\nrulez: []",
      'there is no key "rulez"',
      "publish, everybody, minimumPeople, default, rules, messages, budget",
    ],
    ["hedgerow: 1\nrules: [{ effect: permit }]", "`rules[0].effect` cannot be", "allow, deny, ask"],
    ["hedgerow: 1\nrules: [{ effect: allow, until: tomorrow }]", "rules[0].until", "2026-03-01"],
    ["hedgerow: 1\nrules: [{ effect: allow, until: 2026-02-30x }]", "rules[0].until", "2026-03-01"],
    [
      "hedgerow: 1\nrules: [{ effect: deny, minimumPeople: 5 }]",
      "rules[0].minimumPeople",
      "put minimumPeople on what allows",
    ],
    ["hedgerow: 1\npublish: [agee]", "`publish[0]`", "profession, age"],
    ["hedgerow: 1\nbudget: { altogether: { epsilon: 0, delta: 1e-5 } }", "budget.altogether.epsilon", "at least 0.001"],
    ["hedgerow: 1\na: [", "", ""],
  ])("faults name the key and what it may be: %j", (text, first, second) => {
    const parsed = parse(text);
    expect(parsed).toMatchObject({ ok: false, code: "owner-rules-invalid", blame: "owner.yaml" });
    if (parsed.ok) return;
    expect(parsed.detail).toContain(first);
    expect(parsed.detail).toContain(second);
  });
});

describe("her budget", () => {
  const written = rulesOf([], {
    budget: {
      periodDays: 30,
      altogether: { epsilon: 2, delta: 1e-5 },
      each: [{ analyst: "Ada Institute", epsilon: 1, delta: 1e-6 }],
    },
  });
  const kept = budgetRulesOf(written.budget);
  if (!kept.ok) throw new Error(kept.detail);

  it("is an analyst's, whatever node she asks from, and no two names share one", () => {
    expect(kept.value.allowances).toMatchObject([{ analyst: "Ada%20Institute", purpose: "any" }]);
    expect(accountName("a b")).not.toBe(accountName("a%20b"));
    expect(accountName("\ud800")).toMatch(/^\S+$/);
    const cost = { rho: Math.floor(kept.value.allowances[0]!.each.rho / 2), delta: 0 };
    const ask = { type: "ask" as const, nowMs: nowMs as InstantMs, plan: query, purpose: "research", cost };
    const account = accountName("Ada Institute");
    let state = emptyBudget;
    const ends = ["1", "2", "3"].map((round) => {
      const step = stepBudget(state, { ...ask, round, analyst: account }, kept.value);
      state = step.state;
      return step.effects.at(-1)?.type;
    });
    expect(ends).toEqual(["release", "release", "decline"]);
    const other = stepBudget(state, { ...ask, round: "4", analyst: accountName("Somebody") }, kept.value);
    expect(other.effects).toMatchObject([{ type: "decline", refusal: { code: "budget-none" } }]);
  });

  it("a card says what a question is of it, in words", () => {
    const cost = { rho: Math.ceil(kept.value.altogether.rho / 4), delta: 0 };
    const spent = {
      ...spentAt(emptyBudget, nowMs),
      altogether: { rho: Math.ceil(kept.value.altogether.rho / 10), delta: 0, rounds: 1 },
    };
    const reads = [read("work.sick_leave", "sick_leave_days", "employment"), read("movie", null, "ratings")];
    const card = cardOf(request({ cost, reads, name: "a\u001b[2Jb" }), written, spent);
    const text = cardLines(card, (atMs) => `time ${atMs}`, nowMs)
      .map((line) => line.join(": "))
      .join("\n");
    expect(text).not.toContain("\u001b");
    for (const words of [
      "Ada Institute, with the node 12D3KooW",
      "research",
      "you were found by profession; with fewer than 100 people nobody is asked",
      "employment: work.sick_leave; ratings: only whether you have rows",
      "gather-1 on Ben's 12D3KooW",
      "ε 1, δ 0.000001: 25 % of what you allow in 30 days, of which 10.1 % is spent",
      `until: time ${nowMs + day}; asked again`,
      "nobody ever knows the sum without it",
    ])
      expect(text).toContain(words);
    const late = Object.fromEntries(cardLines(card, (atMs) => `time ${atMs}`, nowMs + day));
    expect(late.until).toMatch(/^ended time \d+, without you/);
  });

  it("a card says what a question is of what its analyst may spend, and when that is too much to be had", () => {
    const linesOf = (budget: object, part: number, already = 0) => {
      const rules = rulesOf([], { budget });
      const allowed = amountOf({ epsilon: 2, delta: 1e-5 });
      const each = allowed.ok ? allowed.value.rho : 0;
      const analyst = accountName("Ada Institute");
      const own = { rho: Math.floor(each * already), delta: 0, rounds: 1 };
      const spent = { ...spentAt(emptyBudget, nowMs), altogether: own, by: new Map([[`${analyst} research`, own]]) };
      const card = cardOf(request({ cost: { rho: Math.floor(each * part), delta: 0 } }), rules, spent);
      return Object.fromEntries(cardLines(card, String, nowMs));
    };
    expect(linesOf({}, 0.5, 0.5)["too much"]).toBeUndefined();
    expect(linesOf({}, 0.5, 0.5).costs).toMatch(
      /; 50 % of what you allow this analyst for this purpose, of which 50 % is spent$/,
    );
    expect(linesOf({}, 0.6, 0.5)["too much"]).toMatch(/^allowed, it is refused all the same/);
    expect(linesOf({}, 2.25).costs).toContain("; 225 % of what you allow this analyst");
    expect(linesOf({}, 2.25)["too much"]).toMatch(/^allowed, it is refused all the same/);
    const nobody = linesOf({ each: [] }, 0.1);
    expect(nobody.costs).toMatch(/; this analyst has no budget for this purpose$/);
    expect(nobody["too much"]).toBeDefined();
  });
});
