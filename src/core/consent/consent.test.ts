// An owner's rules and grants: who may ask what, and what she is told when she is asked herself.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Digest, InstantMs, NodeId } from "../base/index.ts";
import type { Attribute, Words } from "../model/index.ts";
import { emptyBudget, spentAt, stepBudget } from "../privacy/index.ts";
import {
  accountName,
  budgetRulesOf,
  type ConsentRequest,
  cardLines,
  cardOf,
  consentEffects,
  decide,
  type GrantInUse,
  noRules,
  type OwnerRule,
  type OwnerRules,
  ownerRulesSchema,
  parseOwnerRules,
  stateOfGrant,
} from "./index.ts";

const query = "a".repeat(64) as Digest;
const node = `12D3Koo${"W".repeat(45)}` as NodeId;
const day = 86_400_000;
const nowMs = Date.parse("2026-06-15");
const read = (attribute: string, column: string | null = "x", table = "t") => ({
  table,
  column,
  attribute: attribute as Attribute,
});
const request = (about: Partial<ConsentRequest> = {}): ConsentRequest => ({
  query,
  name: "sick leave",
  purpose: "research",
  analyst: { node, principal: "Ada Institute" },
  reads: [read("work.sick_leave")],
  foundBy: ["profession"],
  epsilon: 1,
  delta: 1e-6,
  cost: { rho: 3e10, delta: 1e11 },
  minimumPeople: 100,
  noise: "split",
  steps: [{ cell: "gather-1", node, principal: "Ben" }],
  untilMs: nowMs + day,
  ...about,
});
const rulesOf = (rules: unknown[], more: object = {}): OwnerRules =>
  ownerRulesSchema.parse({ hedgerow: 1, rules, ...more });
const rule = (effect: string, attribute?: string, more: object = {}) => ({
  effect,
  ...(attribute === undefined ? {} : { attributes: [attribute] }),
  ...more,
});
const grant = (about: Partial<GrantInUse>): GrantInUse => ({
  id: "g0001",
  effect: "allow",
  on: { query, analyst: "Ada Institute" },
  budget: null,
  madeMs: 0,
  untilMs: null,
  revokedMs: null,
  note: "",
  spent: { rho: 0, delta: 0 },
  ...about,
});
const effect = (rules: OwnerRules, about: Partial<ConsentRequest> = {}, grants: GrantInUse[] = []) => {
  const decision = decide(rules, grants, request(about), nowMs);
  return decision.effect === "deny" ? decision.code : decision.effect;
};

describe("words of the analyst's own", () => {
  const words = {
    attributes: [
      {
        ...{ name: "taste.stars", type: "float64", unit: null },
        ladder: [{ attribute: "taste.stars.rough", redaction: { by: "round", to: 2 } }],
      },
    ],
    tables: [{ name: "tastes", attribute: "taste", rows: "many", columns: [] }],
  } as unknown as Words;
  const rows = { table: "tastes", column: null, attribute: "taste" as Attribute };
  const reads = [rows, { ...rows, column: "rough", attribute: "taste.stars.rough" as Attribute }];
  it.each<[string, unknown[], object, string]>([
    ["no default has foreseen", [], { default: "allow" }, "ask"],
    ["no rule that names nothing has foreseen", [rule("allow")], {}, "ask"],
    ["may be denied by either", [rule("deny")], { default: "allow" }, "consent-denied"],
    ["are allowed by name", [rule("allow", "taste.stars.rough")], { default: "deny" }, "allow"],
    ["and by a parent's", [rule("allow", "taste")], {}, "allow"],
  ])("%s", (_, written, more, expected) => {
    expect(effect(rulesOf(written, more), { reads, words })).toBe(expected);
  });
  it("and beside them everything is as it was", () => {
    const beside = [...reads, read("work.sick_leave")];
    const byName = rulesOf([rule("allow", "taste")], { default: "allow" });
    expect(effect(byName, { reads: beside, words })).toBe("allow");
    expect(effect(rulesOf([], { default: "allow" }))).toBe("allow");
  });
});

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
});

it("what a rule says of a purpose makes it no stronger", () => {
  const rules: OwnerRule[] = [rule("deny", "work"), rule("allow", "work", { purposes: ["research"] })] as OwnerRule[];
  expect(effect(rulesOf(rules))).toBe("consent-denied");
});
