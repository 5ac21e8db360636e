// What `query plan` says of a question, held against what would run.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refuse } from "../core/base/index.ts";
import { expectedErrors, termsOf } from "../core/terms/index.ts";
import type { Submission } from "./api.ts";
import { askedOf, readSubmission, readWordsFile } from "./query.ts";
import { type AroundQuestion, explainQuestion } from "./question-plan.ts";
import type { ExplainOrder } from "./question-views.ts";

const examples = join(import.meta.dirname, "../../examples");
const pilots = readSubmission(join(examples, "pilots-sick-leave.sql"));
const movies = readSubmission(join(examples, "paris-academics-movies.sql"));
const around: AroundQuestion = {
  network: "test",
  processors: 12,
  drawn: (cells) => ({
    cells: cells.map(({ id, drawn, consumes }) => ({ cell: id, processors: drawn, sees: [...consumes] })),
    ...{ processors: 0, colluding: 1, nodes: 20, alpha: 1e-6, expectedColluding: 0, worstColluding: 0 },
  }),
};
function explained(submission: Submission, order: ExplainOrder = {}, where = around) {
  const answer = explainQuestion(submission, order, where);
  if (!answer.ok) throw new Error(answer.code);
  if (answer.value.at !== "explained") throw new Error("faulty");
  return answer.value.question;
}
const asking = (text: string): Submission => ({ fileName: "q.sql", text });
const of = (rest: string) => asking(`SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6) ${rest}`);

describe("a question explained", () => {
  it("says whom it asks, what pods read, what it costs and who processes it", () => {
    const plan = explained(pilots);
    expect(plan).toMatchObject({
      foundBy: ["age", "profession"],
      reads: ["work.sick_leave"],
      settings: { gatherers: 3, standby: 1, noise: "split", minimumPeople: 10 },
      processors: { wanted: 9, known: 12 },
      groups: { at: "single", listed: 1, threshold: null },
      solved: null,
    });
    // Never more than was written; what is not spent is lost to rounding.
    expect(plan.cost.epsilon).toBeLessThanOrEqual(1);
    expect(plan.cost.epsilon).toBeGreaterThan(0.9);
    expect(plan.cells.map(({ cell, processors }) => [cell, processors])).toEqual([
      ["find", 1],
      ["gather-1", 2],
      ["gather-2", 2],
      ["gather-3", 2],
      ["total", 2],
      ["answer", null],
    ]);
    expect(plan.edges).toContainEqual({ from: "gather-2", to: "total", carries: ["people.part"] });
    expect(plan.drawn.cells[0]).toEqual({ cell: "find", processors: 1, sees: ["who is asked"] });
  });

  it("in words of the analyst's own reads all that they lay, and says who can answer", () => {
    const folder = join(examples, "own-words");
    const words = readWordsFile(join(folder, "solar.yaml"));
    const plan = explained({ ...readSubmission(join(folder, "roofs.sql")), words });
    expect(plan.reads).toEqual(["solar.roof", "solar.yield.rounded"]);
    expect(plan.notes.join(" ")).toMatch(/solar_days.*not described solar\.yield/);
    expect(plan.expected[0]!.errors[0]).toMatchObject({ output: "kwh_a_day", unit: "kWh" });
    const lying = { ...words, text: words.text.replace("solar_days", "ratings") };
    const refused = explainQuestion({ ...of("COUNT(*) FROM people"), words: lying }, {}, around);
    expect(refused).toMatchObject({ value: { at: "faulty", faults: [{ code: "ask-words", line: 19 }] } });
  });

  it("says that the total sees values without noise where one cell adds it, and not where gatherers do", () => {
    const total = (submission: Submission) => explained(submission).roles.find(({ role }) => role === "total")!;
    expect(total(pilots).sees).toBe("the gatherers' parts, each noised already");
    expect(total({ ...pilots, settings: { noise: "one" } }).sees).toContain("the values without noise");
    expect(total(movies).sees).toContain("the values without noise");
  });

  it("expects the errors of the terms that would run, at 100, 1,000 and 10,000 people or as many as are given", () => {
    const asked = askedOf(pilots, around.processors);
    if (!asked.ok) throw new Error("faulty");
    const terms = termsOf(asked.question, asked.asked.settings);
    if (!terms.ok) throw new Error(terms.code);
    expect(explained(pilots).expected.map(({ people }) => people)).toEqual([100, 1_000, 10_000]);
    const [at] = explained(pilots, { people: 400 }).expected;
    expect(at!.errors).toEqual([{ ...expectedErrors(terms.value, 400)[0], unit: "day" }]);
    expect(at!.messages.find(({ role }) => role === "forwarders")).toEqual({ role: "forwarders", messages: 400 });
  });

  it("counts groups that have to pass a threshold, and those that are listed", () => {
    expect(explained(movies).groups).toMatchObject({ at: "threshold", listed: null, threshold: expect.any(Number) });
    const listed = of("sex, COUNT(*) FROM people WHERE sex IN ('female', 'male') GROUP BY sex");
    expect(explained(listed).groups).toEqual({ at: "public", listed: 2, threshold: null });
  });

  it("solves for ε: asked with it, the question is so exact; with a thousandth less it is not", () => {
    const { solved } = explained(pilots, { error: 0.5, people: 400 });
    expect(solved).toMatchObject({ output: "average_days", people: 400 });
    expect(solved!.options).toBe(`OPTIONS(epsilon = ${solved!.epsilon}, delta = 0.000001)`);
    const errorWith = (epsilon: number) => {
      const text = pilots.text.replace("epsilon = 1", `epsilon = ${epsilon}`);
      return explained({ ...pilots, text }, { people: 400 }).expected[0]!.errors[0]!.error!;
    };
    expect(errorWith(Number(solved!.epsilon))).toBeLessThanOrEqual(0.5);
    expect(errorWith(Number(solved!.epsilon) - 0.001)).toBeGreaterThan(0.5);
  });

  it("wants to know which of several outputs the error is of, and names them", () => {
    expect(explainQuestion(movies, { error: 1 }, around)).toEqual(
      refuse("ask-output", { detail: "name the output: average_stars, people_count" }),
    );
    expect(explainQuestion(movies, { error: 1, output: "movie" }, around)).toMatchObject({ code: "ask-output" });
    expect(explained(movies, { error: 20, output: "people_count" }).solved).toMatchObject({ output: "people_count" });
  });

  it("refuses what no ε gives, and what cannot be noised, with their own codes", () => {
    expect(explainQuestion(pilots, { error: 1e-9 }, around)).toMatchObject({ ok: false, code: "privacy-error" });
    const zero = asking("SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) COUNT(*) FROM people");
    expect(explainQuestion(zero, {}, around)).toMatchObject({ ok: false, code: "terms-delta" });
    const split = { ...movies, settings: { noise: "split" as const } };
    expect(explainQuestion(split, {}, around)).toMatchObject({ ok: false, code: "terms-noise-place" });
  });

  it("gives faults of the statement with their places", () => {
    const answer = explainQuestion(of("COUNT(*) FROM peple"), {}, around);
    expect(answer).toMatchObject({ value: { at: "faulty", faults: [{ code: "sql-unknown-name", line: 1 }] } });
  });
});
