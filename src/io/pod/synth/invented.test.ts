// Invented people decide as people do, and their rows fit whatever a question of the catalogue reads.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Digest, InstantMs, NodeId } from "../../../core/base/index.ts";
import { type Call, parseOwnerRules, permit, restoreOwner } from "../../../core/consent/index.ts";
import { type Attribute, covers, type Question } from "../../../core/model/index.ts";
import { askableOf, parseCatalogue } from "../../../core/pods/index.ts";
import { amountAllowed, parseDecimal } from "../../../core/privacy/index.ts";
import { parseQuestion } from "../../../core/sql/index.ts";
import { inventAnswers } from "../index.ts";
import { ownerFileOf } from "./owner-file.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const catalogue = parsed.value;
const askable = askableOf(catalogue);

describe("rules of invented people", () => {
  const outcomesOf = (attribute: string, purpose: string) => {
    const epsilon = parseDecimal("1");
    const delta = parseDecimal("2e-6");
    const cost = epsilon.ok && delta.ok ? amountAllowed(epsilon.value, delta.value) : null;
    if (!cost?.ok) throw new Error("no cost");
    const empty = restoreOwner([]);
    if (!empty.ok) throw new Error(empty.code);
    const counts: Record<string, number> = {};
    for (let index = 1; index <= 600; index++) {
      const rules = parseOwnerRules(ownerFileOf(1, index).text, "owner.yaml", [...askable.concepts.keys()]);
      if (!rules.ok) throw new Error(rules.detail);
      const call: Call = {
        round: "r",
        plan: "b".repeat(64) as Digest,
        nowMs: 1_000 as InstantMs,
        request: {
          query: "a".repeat(64) as Digest,
          name: "q",
          purpose,
          analyst: { node: `12D3Koo${"W".repeat(45)}` as NodeId, principal: "A" },
          reads: [{ table: "t", column: "x", attribute: attribute as Attribute }],
          foundBy: [],
          epsilon: 1,
          delta: 1e-6,
          cost: cost.value,
          minimumPeople: 20,
          noise: "split",
          steps: [],
          untilMs: 2_000,
        },
      };
      const { permission } = permit(empty.value, rules.value, call);
      const key = permission.at === "released" ? "contributed" : permission.outcome;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  };

  it("a question meets each class of refusal, and most take part", () => {
    const counts = outcomesOf("work.sick_leave", "statistics");
    expect(counts.contributed).toBeGreaterThan(360);
    for (const outcome of ["policy", "grant", "budget"]) expect(counts[outcome]).toBeGreaterThan(15);
  });

  it("advertising is for nobody who was not asked", () => {
    expect(outcomesOf("movie.title", "advertising").contributed).toBeUndefined();
  });

  it("are the same for a seed, and others for another", () => {
    const texts = (seed: number) => Array.from({ length: 50 }, (_, at) => ownerFileOf(seed, at).text).join();
    expect(texts(1)).toBe(texts(1));
    expect(texts(1)).not.toBe(texts(2));
  });

  it("name as many attributes of an analyst's own as may come, but none below what they deny", () => {
    const came = Array.from({ length: 56 }, (_, at) => `sun.roof${at}` as Attribute);
    const named = new Map<string, number>();
    for (let index = 1; index <= 200; index++) {
      const { kind, text } = ownerFileOf(1, index, [...came, "null" as Attribute, "bank.sun" as Attribute]);
      const rules = parseOwnerRules(text, "owner.yaml", [...askable.concepts.keys()]);
      if (!rules.ok) throw new Error(rules.detail);
      const names = (effect: string) =>
        rules.value.rules.filter((rule) => rule.effect === effect).flatMap(({ attributes }) => attributes ?? []);
      const [allowed, denied] = [names("allow"), names("deny")];
      named.set(kind, Math.max(named.get(kind) ?? 0, allowed.length));
      expect(denied.some((one) => allowed.some((other) => covers(one, other)))).toBe(false);
    }
    const every = { willing: 58, "among many": 58, guarded: 58, sparing: 58, asks: 0, denies: 0 };
    expect(Object.fromEntries(named)).toEqual(every);
  });
});

describe("rows of invented people", () => {
  const questionOf = (rest: string): Question => {
    const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) ${rest}`;
    const question = parseQuestion(text, "q.sql", { catalogue: askable });
    if (!question.ok) throw new Error(JSON.stringify(question.faults));
    return question.question;
  };
  const answersOf = (question: Question, people = 8, seed = 1) =>
    [...inventAnswers({ question, people, seed }, catalogue)].map((answer) => answer!);

  const columns = catalogue.tables.flatMap((table) =>
    table.columns.map((column) => [table.name, column.name] as const),
  );
  it.each(columns)("there are some for %s.%s", (table, column) => {
    const answers = answersOf(questionOf(`COUNT(*) FROM ${table} WHERE ${column} IS NOT NULL`));
    expect(answers.map(({ trouble }) => trouble)).toEqual(Array(8).fill(null));
    expect(answers.some(({ rows }) => rows.length > 0)).toBe(true);
  });

  it("they satisfy the target", () => {
    const where =
      "profile('profession') = 'pilot' AND profile('age') BETWEEN 40 AND 49 AND profile('city') IN ('Paris', 'Ulm')";
    const answers = answersOf(
      questionOf(`profession, age, city, COUNT(*) FROM people WHERE ${where} GROUP BY profession, age, city`),
      20,
    );
    for (const { rows } of answers) {
      const [[profession, age, city] = []] = rows;
      expect(profession).toBe("pilot");
      expect(Number(age)).toBeGreaterThanOrEqual(40);
      expect(Number(age)).toBeLessThanOrEqual(49);
      expect(["Paris", "Ulm"]).toContain(city);
    }
  });

  it("are the same for a seed; each person has her own", () => {
    const question = questionOf("SUM(salary, contribution_bounds_per_group => (0, 90000)) FROM people");
    expect(answersOf(question)).toEqual(answersOf(question));
    expect(answersOf(question)).not.toEqual(answersOf(question, 8, 2));
    expect(new Set(answersOf(question).map(({ rows }) => rows[0]?.[0])).size).toBeGreaterThan(5);
  });
});
