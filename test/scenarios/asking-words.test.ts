// Questions in an analyst's own words over simulated rounds: who is asked reads the statement with the standard catalogue and these, her
// rules for standard attributes hold as always, and a liar's words are refused by everybody who reads a plan.
import { describe, expect, it } from "vitest";
import { type Digest, toCanonical } from "../../src/core/base/index.ts";
import { type Plan, planDigest, queryDigest, type Words } from "../../src/core/model/index.ts";
import { compileAsked } from "../../src/core/terms/index.ts";
import { nodeCrypto } from "../../src/io/identity/index.ts";
import { type AskingOptions, countedSealing } from "../../src/sim/asking/index.ts";
import { askingWorld, owner, rulesOf } from "../support/asking.ts";

const days: Words["tables"][number] = {
  ...{ name: "solar_days", attribute: "solar.roof" as never, rows: "many" },
  columns: [
    { name: "kwh", attribute: "solar.yield.rounded" as never, required: true, range: { min: 0, max: 100 } },
    { name: "flow", attribute: "electricity.flow" as never, required: true, values: ["back"] },
  ],
};
const solar: Words = {
  attributes: [
    {
      ...{ name: "solar.yield" as never, type: "float64", unit: "kWh" },
      ladder: [{ attribute: "solar.yield.rounded" as never, redaction: { by: "round", to: 2 } }],
    },
  ],
  tables: [days],
};
const statement = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(kwh) AS kwh_a_day FROM solar_days WHERE profile('profession') = 'pilot'`;

/** Ten of twelve are pilots: numbers 1 to 8, 9 and 11. */
const worldOf = (changed: Partial<AskingOptions> = {}) => {
  const world = askingWorld({
    ...{ sealing: countedSealing, statement, words: solar, owner: (index: number) => pilot(index) },
    ...changed,
  });
  world.publishAll();
  return world;
};
const named = { effect: "allow", attributes: ["solar"] };
function pilot(index: number, rules: object = { default: "allow", rules: [named] }) {
  const { findable, ...rest } = owner(index);
  const concepts = findable.concepts.filter(({ name }) => name === "profession");
  return {
    ...rest,
    findable: { concepts, everybody: false },
    rules: rulesOf(rules),
  };
}

describe("a question in an analyst's own words", () => {
  it("is asked, answered and paid for like every other", () => {
    expect(worldOf().ask()).toMatchObject({
      value: { rows: [[{ value: 36 + 9 + 11 }]], participation: { contributed: { value: 10 }, silent: { value: 0 } } },
    });
  });

  it("is decided by what it reads, however it is called: standard attributes, own ones, and columns that only choose rows", () => {
    const rules: Record<number, object> = {
      // Nobody has spoken of the standard attribute by which her rows are chosen: her default stays.
      0: { default: "deny", rules: [named] },
      1: { default: "allow", rules: [named, { effect: "deny", attributes: ["electricity"] }] },
      2: { default: "allow", rules: [{ effect: "deny", attributes: ["solar.yield"] }] },
      3: { default: "deny", rules: [named, { effect: "allow", attributes: ["electricity.flow"] }] },
      // Of the rows themselves no rule speaks, and whoever reads their columns knows of them.
      4: { default: "deny", rules: [{ effect: "allow", attributes: ["solar.yield.rounded", "electricity.flow"] }] },
    };
    const world = worldOf({ owner: (index) => pilot(index, rules[index]) });
    expect(world.ask()).toMatchObject({
      value: {
        rows: [[{ value: 56 - 1 - 2 - 3 }]],
        participation: { contributed: { value: 7 }, policy: { value: 3 } },
      },
    });
  });
});

describe("a liar's words", () => {
  const world = askingWorld({ owners: 0, sealing: countedSealing, statement, words: solar });
  const query = world.query();
  const roster = world.draw(query);
  const honest = world.plan(query, roster);
  const atMs = roster.header.atMs + 2_000;
  const readers = ["owner", "indexer", "gatherer"].map((name) => world.commissions(name as never));
  const read = (plan: Plan) => readers.map((node) => node.read(toCanonical(plan), atMs, { young: true }));
  const with_ = (words: unknown): Plan => ({ ...honest, asked: { ...honest.asked!, words: words as Words } });
  /** A whole plan of the liar's, with the digests that belong to it, as far as anybody could make one. */
  function drawnWith(words: Words): Plan {
    const { asked } = query;
    const other = compileAsked({ ...asked!, words }, { name: query.name, purpose: query.purpose });
    const drawn = world.draw(other);
    return { ...world.plan(other, drawn), query: queryDigest(other, world.draws.crypto) };
  }

  it("the honest plan is taken, and another ladder is another plan", () => {
    for (const taken of read(honest))
      expect(taken).toMatchObject({ ok: true, value: { question: { local: { words: solar } } } });
    const [yields] = solar.attributes;
    const finer = { ...yields!, ladder: [{ ...yields!.ladder[0]!, redaction: { by: "round" as const, to: 1 } }] };
    const changed = with_({ ...solar, attributes: [finer] });
    for (const refused of read(changed))
      expect(refused).toMatchObject({ ok: false, code: "ask-other-question", blame: honest.analyst.node });
    expect(planDigest(changed, nodeCrypto)).not.toBe(planDigest(honest, nodeCrypto));
  });

  const [yields] = solar.attributes;
  const refusals: readonly [string, Words][] = [
    [
      "that make a standard attribute finer",
      { ...solar, attributes: [{ ...yields!, name: "electricity.flow" as never }] },
    ],
    [
      "that call an exact value a band",
      {
        ...solar,
        attributes: [{ ...yields!, ladder: [{ ...yields!.ladder[0]!, attribute: "work.salary.band" as never }] }],
      },
    ],
    ["that change a standard table", { ...solar, tables: [{ ...days, name: "employment" }] }],
    ["that lay a table under a store's own", { ...solar, tables: [{ ...days, name: "sqlite_master" }] }],
    ["with a table that is not read", { ...solar, tables: [days, { ...days, name: "z" }] }],
    [
      "with an attribute that is not named",
      { ...solar, attributes: [...solar.attributes, { ...yields!, name: "solar.z" as never, ladder: [] }] },
    ],
    [
      "with a range that nobody can compute with",
      { ...solar, tables: [{ ...days, columns: [{ ...days.columns[0]!, range: { min: 0, max: 1e300 } }] }] },
    ],
  ];
  it.each(refusals)("%s are refused by whoever reads the plan, and the analyst's node is named", (_, words) => {
    const plan = drawnWith(words);
    for (const commissions of ["owner", "indexer", "gatherer"].map((name) => world.commissions(name as never))) {
      const refused = commissions.read(toCanonical(plan), world.nowMs + 2_000, { young: true });
      expect(refused).toMatchObject({ ok: false, code: "ask-words", blame: honest.analyst.node });
    }
  });

  it("that are no words at all make no plan", () => {
    const malformed = [
      null,
      {},
      { ...solar, concepts: [] },
      { ...solar, columns: [] },
      { ...solar, tables: [] },
      { ...solar, attributes: [...solar.attributes, ...solar.attributes] },
      { ...solar, tables: [{ ...days, description: "harmless" }] },
      {
        ...solar,
        tables: [
          { ...days, columns: Array.from({ length: 65 }, (__, at) => ({ ...days.columns[0]!, name: `k${at}` })) },
        ],
      },
      { ...solar, tables: [{ ...days, columns: [{ ...days.columns[0]!, range: { min: Number.NaN, max: 1 } }] }] },
    ];
    for (const words of malformed)
      for (const refused of read(with_(words))) expect(refused).toMatchObject({ ok: false, code: "plan-malformed" });
  });

  it("left out, leave a statement that nobody can read", () => {
    const { words: _, ...asked } = honest.asked!;
    for (const refused of read({ ...honest, asked, query: "11".repeat(32) as Digest })) expect(refused.ok).toBe(false);
    for (const refused of read({ ...honest, asked }))
      expect(refused).toMatchObject({ code: "ask-statement", blame: honest.analyst.node });
  });
});
