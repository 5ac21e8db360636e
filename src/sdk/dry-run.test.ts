// The answer over invented people, and the truth beside it.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Submission } from "./api.ts";
import { type DryRunView, dryRun, type Willing } from "./dry-run.ts";
import { inventAnswers } from "./pod.ts";
import { questionOf, readSubmission } from "./query.ts";

const examples = join(import.meta.dirname, "../../examples");
async function ran(submission: Submission, people: number, seed = 1, willing: Willing = "all"): Promise<DryRunView> {
  const answered = await dryRun(submission, { people, seed, willing });
  if (answered.at !== "answered") throw new Error("faulty");
  return answered.run;
}
/** Rows of each person, as her pod would give them. */
function rowsOf(submission: Submission, people: number, seed = 1) {
  const read = questionOf(submission);
  if (!read.ok) throw new Error("faulty");
  return [...inventAnswers({ question: read.question, people, seed })].map((pod) => pod!.rows);
}
const of = (rest: string): Submission => ({
  fileName: "q.sql",
  text: `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=2, delta=1e-6) ${rest}`,
});

describe("a dry run", () => {
  it("is near the truth, and the truth is the plain average of what the pods gave", async () => {
    const pilots = readSubmission(join(examples, "pilots-sick-leave.sql"));
    const run = await ran(pilots, 400);
    const days = rowsOf(pilots, 400).flatMap((rows) => rows.map(([value]) => Math.min(60, Number(value))));
    const truth = Number(run.truth[0]![0]!.value);
    expect(truth).toBeCloseTo(days.reduce((sum, one) => sum + one, 0) / days.length, 6);
    const [value] = run.answer.rows[0]!;
    // Eight standard deviations: never by chance.
    expect(Math.abs(Number(value!.value) - truth)).toBeLessThan(8 * value!.noise!);
    expect(run).toMatchObject({ invented: true, people: 400, troubles: [], answer: { missing: [], noise: "split" } });
  });

  it("draws noise afresh over the same people", async () => {
    const pilots = readSubmission(join(examples, "pilots-sick-leave.sql"));
    const [one, other, another] = [await ran(pilots, 200), await ran(pilots, 200), await ran(pilots, 200, 2)];
    expect(one.truth).toEqual(other.truth);
    expect(one.truth).not.toEqual(another.truth);
    expect(one.answer.rows).not.toEqual(other.answer.rows);
  });

  it("says the truth of the group that each row is, in the answer's order, and how many are not shown", async () => {
    const movies = readSubmission(join(examples, "paris-academics-movies.sql"));
    const run = await ran(movies, 300);
    expect(run.answer.rows.length).toBeLessThanOrEqual(10);
    expect(run.answer.rows.length).toBeGreaterThan(0);
    expect(run.answer.threshold).toBeGreaterThan(1);
    for (const [at, row] of run.answer.rows.entries()) expect(run.truth[at]![0]!.value).toBe(row[0]!.value);
    const named = new Set(rowsOf(movies, 300).flatMap((rows) => rows.map(([movie]) => movie)));
    expect(run.answer.rows.length + run.hiddenGroups).toBe(named.size);
  });

  it("counts exactly: lists and groups of a public list", async () => {
    const text =
      "sex, COUNT(*) AS people, HISTOGRAM(age, bins => 2, contribution_bounds_per_row => (0, 100)) AS ages FROM people WHERE sex IN ('female', 'male') GROUP BY sex";
    const run = await ran(of(text), 120);
    const counts = new Map<unknown, number>();
    for (const rows of rowsOf(of(text), 120)) for (const row of rows) counts.set(row[0], (counts.get(row[0]) ?? 0) + 1);
    for (const [sex, people, ages] of run.truth.map((row) => row!)) {
      expect(people!.value).toBe(counts.get(sex!.value) ?? 0);
      const inBins = ages!.list!.reduce((sum, { value }) => sum + Number(value), 0);
      expect(inBins).toBe(people!.value);
    }
  });

  it("faults of the statement come before anybody is invented; what cannot be noised has its code", async () => {
    expect(await dryRun(of("COUNT(*) FROM peple"), { people: 10, seed: 1 })).toMatchObject({
      at: "faulty",
      faults: [{ code: "sql-unknown-name" }],
    });
    const zero = { fileName: "q.sql", text: "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) COUNT(*) FROM people" };
    await expect(dryRun(zero, { people: 10, seed: 1 })).rejects.toMatchObject({ code: "terms-delta" });
  });

  it("invented people decide by their rules: refusals by class, and a smaller group than was found", async () => {
    const pilots = readSubmission(join(examples, "pilots-sick-leave.sql"));
    const run = await ran(pilots, 400, 1, "some");
    const { contributed, refused } = run.decisions;
    const of = (outcome: string) =>
      refused.filter((one) => one.outcome === outcome).reduce((sum, one) => sum + one.people, 0);
    expect(contributed + of("policy") + of("grant") + of("budget")).toBe(400);
    expect(refused.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["consent-too-few-people", "consent-waiting", "budget-too-large", "consent-not-allowed"]),
    );
    // Eight standard deviations: never by chance.
    for (const name of ["policy", "grant", "budget"] as const) {
      const { value, noise } = run.answer.participation[name];
      expect(of(name)).toBeGreaterThan(0);
      expect(Math.abs(Number(value) - of(name))).toBeLessThan(8 * noise!);
    }
    const all = await ran(pilots, 400);
    expect(all.decisions).toEqual({ contributed: 400, refused: [] });
    expect(run.truth).not.toEqual(all.truth);
    expect((await ran(pilots, 400, 1, "some")).decisions).toEqual(run.decisions);
    expect((await ran(pilots, 400, 2, "some")).decisions).not.toEqual(run.decisions);
  });

  it("whoever takes part only among many does so when the question promises it", async () => {
    const pilots = readSubmission(join(examples, "pilots-sick-leave.sql"));
    const many = await ran({ ...pilots, settings: { minimumPeople: 1_000 } }, 300, 1, "some");
    const few = await ran(pilots, 300, 1, "some");
    expect(few.decisions.refused.map(({ code }) => code)).toContain("consent-too-few-people");
    expect(many.decisions.refused.map(({ code }) => code)).not.toContain("consent-too-few-people");
    expect(many.decisions.contributed).toBeGreaterThan(few.decisions.contributed);
  });

  it("says which values no invented person has of her own: everybody in it was made to match", async () => {
    const where = (condition: string) =>
      of(`COUNT(*, contribution_bounds_per_group => (0, 1)) FROM people WHERE profile('city') = ${condition}`);
    const { notes } = await ran(where("'Pariss' AND profile('sex') = 'woman'"), 5);
    expect(notes).toEqual([
      expect.stringMatching(/^No usual value of profile\('sex'\) is "woman"; usual are female, male/),
      expect.stringMatching(
        /^No invented person has profile\('city'\) = "Pariss" of her own.* Did you mean "Paris"\?$/,
      ),
      expect.stringMatching(/^No invented person has profile\('sex'\) = "woman" of her own/),
    ]);
    expect((await ran(where("'Ulm' AND profile('sex') IN ('male', 'female')"), 5)).notes).toEqual([]);
  });

  it("nobody whom a message asks has subscribed", async () => {
    const text =
      "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6) COUNT(*) AS reached FROM people WHERE profile('city') = 'Paris'";
    const run = await ran({ fileName: "m.sql", text, message: "hello" }, 20, 1, "some");
    expect(run.decisions).toMatchObject({ contributed: 0, refused: [{ code: "consent-not-subscribed", people: 20 }] });
  });
});
