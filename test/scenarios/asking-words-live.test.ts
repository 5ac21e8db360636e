// A question in an analyst's own words over whole daemons in one process: who described them alike gives rows, and everybody else takes part
// with none and reads in her history what she lacks.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownerHistory } from "../../src/sdk/consent.ts";
import { openPod } from "../../src/sdk/pod.ts";
import { LivePeople, patienceMs, rules } from "../support/live-people.ts";

const everybody = 30;
const alike = 20;
/** Of a ladder that would give more than was asked for. */
const finer = 25;

const attribute = (to: number, description = "") =>
  `{ name: taste.stars, type: float64, description: "Stars ${description}", ladder: [{ attribute: taste.stars.rough, redaction: { by: round, to: ${to} } }] }`;
const words = `hedgerow: 1
attributes: [${attribute(2)}]
tables:
  - name: tastes
    attribute: taste
    rows: many
    description: What somebody liked
    columns:
      - { name: rough, attribute: taste.stars.rough, required: true, range: { min: 0, max: 10 } }
      - { name: film, attribute: movie.title }
`;
const question = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 8, delta = 1e-5)
SUM(rough, contribution_bounds_per_group => (0, 40)) AS stars FROM tastes`;

let live: LivePeople;
let truth = 0;
beforeAll(async () => {
  const people = Array.from(
    { length: everybody },
    () => `${rules.willing()}rules:\n  - { effect: allow, attributes: [taste] }\n`,
  );
  live = await LivePeople.start({ processors: 10, houses: [{ name: "house", people }] });
  const rough = "select sum(floor(stars / 2.0 + 0.5) * 2) from ratings";
  for (let index = 0; index < everybody; index++) {
    if (index < alike) truth += Math.min(40, await live.numberIn("house", index, rough));
    const pod = await openPod(live.folderOf("house", index));
    pod.map([{ table: "ratings", column: "stars", attribute: "taste.stars" }]);
    pod.close();
    if (index >= finer) continue;
    const own = `hedgerow: 1\nattributes: [${attribute(index < alike ? 2 : 1, `of ${index}`)}]\n`;
    writeFileSync(join(live.podOf("house", index), "catalogue.yaml"), own);
  }
  await live.published(everybody);
}, patienceMs);
afterAll(() => live?.stop(), patienceMs);

it("is answered by who described them alike; the others take part with no rows", { timeout: patienceMs }, async () => {
  const settings = { minimumPeople: 2, maximumPeople: 500, answerMs: 15_000 };
  const { id, plan } = await live.ask(question, settings, "analyst", {
    words: { fileName: "words.yaml", text: words },
  });
  expect(plan.asked!.words!.tables[0]!.columns.map(({ name }) => name)).toEqual(["rough"]);
  const { view, answer } = await live.came(id);
  expect(view.outcome).toMatchObject({ outcome: "completed", reasons: [] });
  const [[sum]] = answer!.rows as [[{ value: unknown; noise: number }]];
  expect(truth).toBeGreaterThan(20 * alike);
  // Seven standard deviations of the noise; what the others would have added is more than that.
  expect(Math.abs(Number(sum.value) - truth)).toBeLessThan(7 * sum.noise);
  expect(7 * sum.noise).toBeLessThan((truth * (everybody - alike)) / alike);
  const uses = await Promise.all(
    Array.from({ length: everybody }, async (_, index) => (await ownerHistory(live.folderOf("house", index))).uses[0]!),
  );
  expect(uses.map(({ outcome }) => outcome)).toEqual(Array(everybody).fill("contributed"));
  const without = uses.map(({ lacks }, index) => (lacks.length > 0 ? index : -1)).filter((index) => index >= 0);
  expect(without).toEqual(Array.from({ length: everybody - alike }, (_, at) => alike + at));
  expect(uses[finer]!.lacks).toEqual(["taste.stars.rough"]);
  expect(live.faults).toEqual([]);
});
