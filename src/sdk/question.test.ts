// Questions in SQL through the same door as queries in YAML: `hedgerow query validate FILE.sql`.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { questionDigest } from "../core/model/index.ts";
import { nodeCrypto } from "../io/identity/index.ts";
import { questionOf, readSubmission, validateSubmission } from "./query.ts";

const example = (name: string) => readSubmission(join(import.meta.dirname, "../../examples", name));

it("a parameter that the statement has not is refused; a window's own may be left out", () => {
  const text = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6) COUNT(*) FROM people";
  const given = (name: string) => questionOf({ fileName: "q.sql", text, parameters: [{ name, value: "3" }] });
  expect(given("zz")).toMatchObject({
    ok: false,
    faults: [{ code: "sql-parameter", message: expect.stringContaining("@zz") }],
  });
  expect(given("window_from")).toMatchObject({ ok: true });
});

describe("the paper's questions (SEP2P §5.1)", () => {
  it("the average number of sick leave days of pilots in their forties", () => {
    const submission = example("pilots-sick-leave.sql");
    expect(validateSubmission(submission)).toEqual({ at: "valid", name: "pilots-sick-leave", notes: [] });
    const asked = questionOf(submission);
    expect(asked.ok && asked.question).toMatchObject({
      target: {
        all: [
          { concept: "age", from: "40", to: "49" },
          { concept: "profession", values: [{ type: "text", value: "pilot" }] },
        ],
      },
      groups: { keys: [], selection: { at: "single" } },
      aggregates: [{ function: "avg", contribution: { per: "group", combine: "mean", lower: "0", upper: "60" } }],
      outputs: [{ name: "average_days", type: "float64", unit: "day" }],
    });
  });

  it("the top-10 ranked movies by academics from Paris", () => {
    const submission = example("paris-academics-movies.sql");
    expect(validateSubmission(submission)).toMatchObject({ at: "valid", name: "paris-academics-movies" });
    const asked = questionOf(submission);
    expect(asked.ok && asked.question).toMatchObject({
      privacy: { epsilon: "2", delta: "0.000001", maxGroupsContributed: 20 },
      groups: { selection: { at: "threshold" } },
      aggregates: [{ function: "avg", centre: "3" }, { function: "count" }],
      order: [{ output: 1, descending: true, nulls: "last" }],
      limit: 10,
    });
  });
});

it("faults have the file, the place, the reason and what to write", () => {
  const text = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1)\n  AVG(sick_leaf_days)\nFROM people\n";
  const answer = validateSubmission({ fileName: "q.SQL", text });
  expect(answer).toMatchObject({
    at: "faulty",
    faults: [{ file: "q.SQL", line: 2, column: 7, code: "sql-unknown-name" }],
  });
  expect(JSON.stringify(answer)).toContain('Did you mean \\"sick_leave_days\\"?');
});

it("a question has one digest, however it is laid out", () => {
  const digestOf = (text: string) => {
    const asked = questionOf({ fileName: "q.sql", text });
    return asked.ok ? questionDigest(asked.question, nodeCrypto) : null;
  };
  const digest = digestOf(`SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=0) COUNT(*) AS n FROM people
    WHERE profile('city') = 'Paris' AND (profile('age') >= 40 AND profile('age') <= 49) AND salary > 30`);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(
    digestOf(`select with differential_privacy options(delta => 0.0, epsilon => 1.00) count(*) n -- the same
    from people where salary > 30 and profile('age') <= 49 and profile('age') >= 40 and 'Paris' = profile('city')`),
  ).toBe(digest);
  expect(digestOf("SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=0) COUNT(*) AS n FROM people")).not.toBe(
    digest,
  );
});
