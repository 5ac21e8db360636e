// What a question says: targets, groups, bounds and sensitivities, and that it survives its own encoding.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { fromCanonical, toCanonical } from "../base/index.ts";
import { type Question, questionSchema } from "../model/index.ts";
import { parseQuestion } from "./index.ts";

function questionOf(text: string): Question {
  const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.question;
}
const ask = (options: string, rest: string) =>
  questionOf(`SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(${options}) ${rest}`);

it("a question is what its canonical encoding says", () => {
  for (const text of questionTexts) {
    const question = questionOf(text);
    const read = fromCanonical(toCanonical(question));
    expect(read.ok && questionSchema.parse(read.value)).toEqual(question);
  }
});

describe("target", () => {
  const targetOf = (condition: string) => ask("", `COUNT(*) FROM people WHERE ${condition}`).target;

  it("negations become what they leave", () => {
    expect(targetOf("NOT (profile('age') < 40 OR profile('smoker'))")).toEqual({
      all: [
        { concept: "age", from: "40", to: "120" },
        { concept: "smoker", values: [{ type: "bool", value: "false" }] },
      ],
    });
    expect(targetOf("profile('age') NOT BETWEEN 18 AND 65")).toEqual({
      any: [
        { concept: "age", from: "0", to: "17" },
        { concept: "age", from: "66", to: "120" },
      ],
    });
    expect(targetOf("profile('education') <> 'none' AND 3 >= profile('age')")).toMatchObject({
      all: [
        { concept: "age", from: "0", to: "3" },
        { concept: "education", values: [{}, {}, {}] },
      ],
    });
  });

  it("is flat, sorted and without doubles", () => {
    const target = targetOf(
      "profile('city') IN ('B', 'A', 'B') AND (profile('smoker') AND profile('city') IN ('A', 'B'))",
    );
    expect(target).toEqual({
      all: [
        { concept: "city", values: ["A", "B"].map((value) => ({ type: "text", value })) },
        { concept: "smoker", values: [{ type: "bool", value: "true" }] },
      ],
    });
  });

  it("everybody is asked without one, and pods check the rest", () => {
    const question = ask("", "COUNT(*) FROM people WHERE contract = 'permanent'");
    expect(question.target).toBeNull();
    expect(question.local.binds).toEqual([{ type: "text", value: "permanent" }]);
    expect(question.local.reads.map(({ attribute }) => attribute)).toEqual(["employment.contract"]);
  });
});

describe("groups", () => {
  const rowsOf = (rest: string, options = "") => {
    const { selection } = ask(options, rest).groups;
    return selection.at === "public" ? selection.rows.map((row) => row.map(({ value }) => value)) : selection.at;
  };

  it.each<[string, unknown, string?]>([
    ["COUNT(*) FROM trips", "single"],
    ["COUNT(*) FROM ratings GROUP BY movie", "threshold"],
    ["COUNT(*) FROM ratings WHERE movie IN ('B', 'A') GROUP BY movie", [["B"], ["A"]]],
    ["COUNT(*) FROM ratings WHERE movie IN ('B', 'A') OR stars = 1 GROUP BY movie", "threshold"],
    ["COUNT(*) FROM ratings WHERE NOT movie IN ('B', 'A') GROUP BY movie", "threshold"],
    [
      "COUNT(*) FROM ratings WHERE movie = 'A' GROUP BY movie",
      "threshold",
      "group_selection_strategy=LAPLACE_THRESHOLD",
    ],
    ["COUNT(*) FROM ratings WHERE stars = 5 GROUP BY stars, movie", [["1", "A"]], "group_keys=[(1, 'A')]"],
    ["COUNT(*) FROM trips GROUP BY shared", [["false"], ["true"]]],
    [
      "COUNT(*) FROM trips WHERE mode = 'bus' GROUP BY shared, mode",
      [
        ["false", "bus"],
        ["true", "bus"],
      ],
    ],
    ["COUNT(*) FROM employment GROUP BY contract", [["permanent"], ["temporary"], ["self-employed"], [null]]],
    ["COUNT(*) FROM trips GROUP BY CASE WHEN minutes > 5 THEN 'long' END", [["long"], [null]]],
    [
      "COUNT(*) FROM employment WHERE since BETWEEN '1970-01-02' AND '1970-01-12' GROUP BY DATE_TRUNC(since, ISOWEEK)",
      [["-3"], ["4"], ["11"]],
    ],
    ["COUNT(*) FROM trips WHERE started_at < '2025-01-01' GROUP BY TIMESTAMP_TRUNC(started_at, DAY)", "threshold"],
  ])("%s", (rest, rows, options) => {
    expect(rowsOf(rest, options)).toEqual(rows);
  });

  it("an owner reaches no more groups than there are", () => {
    const { aggregates } = ask("max_groups_contributed=9", "COUNT(*) FROM trips GROUP BY shared");
    expect(aggregates[0]?.parts[0]).toMatchObject({ l0: 2, l1: "2" });
  });
});

describe("sensitivity", () => {
  const partsOf = (aggregate: string, options = "max_groups_contributed=3, max_rows_contributed=4") =>
    ask(options, `${aggregate} FROM trips JOIN ratings ON TRUE GROUP BY movie`).aggregates[0]!.parts;

  it.each([
    ["COUNT(*, contribution_bounds_per_group => (0, 5))", [["count", 3, "5", "15", "75"]]],
    ["SUM(minutes, contribution_bounds_per_group => (-2.5, 1))", [["sum", 3, "2.5", "7.5", "18.75"]]],
    [
      "AVG(minutes, contribution_bounds_per_group => (1, 6))",
      [
        ["centred-sum", 3, "2.5", "7.5", "18.75"],
        ["count", 3, "1", "3", "3"],
      ],
    ],
    ["HISTOGRAM(minutes, bins => 2, contribution_bounds_per_row => (0, 9))", [["counts", 6, "4", "12", "48"]]],
    ["APPROX_QUANTILES(minutes, 4, contribution_bounds_per_row => (0, 9))", [["counts", 12, "4", "12", "48"]]],
    ["TOP_K(stars, 5)", [["counts", 12, "1", "12", "12"]]],
  ])("%s", (aggregate, expected) => {
    expect(partsOf(aggregate).map(({ part, l0, lInf, l1, l2Squared }) => [part, l0, lInf, l1, l2Squared])).toEqual(
      expected,
    );
  });

  it("no owner moves a sum or a mean further than it says", () => {
    const bound = fc.integer({ min: -1_000, max: 1_000 });
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.array(fc.double({ noNaN: true, min: -5_000, max: 5_000 }), { minLength: 1 }),
        (a, b, values) => {
          fc.pre(a !== b);
          const [low, high] = a < b ? [a, b] : [b, a];
          const clamp = (value: number) => Math.min(high, Math.max(low, value));
          const written = `contribution_bounds_per_group => (${low / 100}, ${high / 100})`;
          const total = values.reduce((sum, value) => sum + value, 0);
          const [sum] = partsOf(`SUM(minutes, ${written})`, "");
          expect(Math.abs(clamp(total)) / 100).toBeLessThanOrEqual(Number(sum!.lInf));
          const mean = ask("", `AVG(minutes, ${written}) FROM trips`).aggregates[0]!;
          const centred = Math.abs(clamp(total / values.length) / 100 - Number(mean.function === "avg" && mean.centre));
          expect(centred).toBeLessThanOrEqual(Number(mean.parts[0]!.lInf) + 1e-9);
        },
      ),
    );
  });
});

it("parameters are values of their type, wherever a value stands", () => {
  const parameters = new Map([
    ["days", { type: "int64", value: "3" }],
    ["city", { type: "text", value: "Paris" }],
    ["top", { type: "float64", value: "12.5" }],
  ] as const);
  const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) SUM(working_hours, contribution_bounds_per_group => (0, @top))
    FROM people WHERE profile('city') = @city AND sick_leave_days > @days`;
  const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue, parameters });
  expect(parsed.ok && parsed.question).toMatchObject({
    target: { concept: "city", values: [{ type: "text", value: "Paris" }] },
    local: { binds: [{ type: "int64", value: "3" }] },
    aggregates: [{ contribution: { upper: "12.5" } }],
  });
});
