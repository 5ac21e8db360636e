import { expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import { questionTexts } from "../../../test/support/sql-questions.ts";
import { parseQuestion } from "./index.ts";

it.each(questionTexts)("has no fault: %s", (text) => {
  expect(parseQuestion(text, "q.sql", { catalogue: testCatalogue })).toMatchObject({ ok: true });
});

it("aggregates in a sub-select are over one owner's rows, which a note says", () => {
  const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6)";
  const notesOf = (rest: string) => {
    const text = `${head} SUM(x.a, contribution_bounds_per_group => (0, 9)) ${rest}`;
    const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return parsed.notes;
  };
  expect(notesOf("FROM people JOIN (SELECT AVG(sick_leave_days) AS a FROM people) AS x ON TRUE")).toEqual([
    expect.stringMatching(/worked out in each pod by itself.*she has one row/),
  ]);
  const trips = "FROM (SELECT MAX(minutes) AS a FROM trips) AS x";
  expect(notesOf(trips)).toEqual([expect.stringMatching(/in each pod by itself.*, and not over all people\.$/)]);
  expect(notesOf(`${trips} WHERE x.a IN (SELECT COUNT(*) FROM trips GROUP BY mode)`)).toHaveLength(1);
  expect(notesOf("FROM (SELECT minutes AS a FROM trips) AS x")).toEqual([]);
});
