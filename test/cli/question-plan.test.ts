// hedgerow query plan FILE.sql against a daemon whose network is made up.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept } from "../../src/core/base/index.ts";
import type { NodeService } from "../../src/sdk/index.ts";
import { explainQuestion } from "../../src/sdk/question-plan.ts";
import { type FakeNode, startFakeNode } from "./capture.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-question-"));
const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6)";
const average = "AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days";
writeFileSync(join(cwd, "days.sql"), `${head} ${average} FROM people WHERE profile('age') > 40\n`);
writeFileSync(join(cwd, "two.sql"), `${head} ${average}, COUNT(*) AS people FROM people\n`);
writeFileSync(join(cwd, "bad.sql"), `${head} COUNT(*)\nFROM peple\n`);
writeFileSync(join(cwd, "zero.sql"), "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) COUNT(*) FROM people\n");
writeFileSync(join(cwd, "flow.yaml"), "hedgerow: 1\n");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});

const planning = (processors: number): Partial<NodeService> => ({
  queryPlan: async ({ explain, ...submitted }) =>
    explainQuestion(submitted, explain, {
      network: "test",
      processors,
      drawn: (cells) => ({
        cells: cells.map(({ id, drawn, consumes }) => ({ cell: id, processors: drawn, sees: [...consumes] })),
        ...{ processors: 9, colluding: 1, nodes: 20, alpha: 1e-6, expectedColluding: 0.45, worstColluding: 3 },
      }),
    }),
});

async function plan(args: readonly string[], processors = 12, over = planning(processors)) {
  const node = await startFakeNode(over);
  open.push(node);
  return node.run(["query", "plan", ...args], { cwd });
}

describe("query plan of a question", () => {
  it("shows cost, errors, cells, roles, lot and messages, and that nothing was sent", async () => {
    const { exitCode, out } = await plan(["days.sql"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("Question days for statistics; nothing was drawn or sent\n");
    expect(out).toMatch(/asks +by profile: age\n/);
    expect(out).toMatch(/cost +ε = (?:0\.9\d+|1), δ = 0\.000001 \(ρ = .*\) to each who contributes\n/);
    expect(out).toMatch(/days +± \S+ +± \S+ +± \S+ +day\n/);
    expect(out).toContain("gather-1 (people-gather) on a drawn processor, 1 standing by");
    expect(out).toMatch(/asker +the noised answer.* +who was asked, and who answered\n/);
    expect(out).toContain("if 1 node of 20 may collude");
    expect(out).toMatch(/forwarders +100 +1,000 +10,000\n/);
    expect(out).toContain("it takes 9 of the 12 processors that are known");
  });

  it("--people and --error solve for epsilon, and say what to write", async () => {
    const { exitCode, out } = await plan(["days.sql", "--people", "400", "--error", "0.5"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/OUTPUT +400 PEOPLE +IN\n/);
    expect(out).toMatch(
      /For days ± 0\.\d+ with 400 people, epsilon = \S+\. Write\n {2}OPTIONS\(epsilon = \S+, delta = 0\.000001\)\n/,
    );
  });

  it("says which outputs --error may be of", async () => {
    const { exitCode, err } = await plan(["two.sql", "--error", "0.5"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("name the output: days, people");
    expect((await plan(["two.sql", "--error", "0.5", "--output", "days"])).exitCode).toBe(0);
  });

  it("says when there are too few processors", async () => {
    const { out } = await plan(["days.sql", "--gatherers", "3"], 2);
    expect(out).toContain("it takes 5 processors, and 2 are known: ask with fewer --gatherers or --standby");
  });

  it("--json is the plan as a program reads it", async () => {
    const { out } = await plan(["days.sql", "--people", "50", "--json"]);
    const document = JSON.parse(out);
    expect(document).toMatchObject({ name: "days", cost: { delta: 1e-6 }, expected: [{ people: 50 }], solved: null });
  });

  it("faults have their places; what cannot be noised has its sentence", async () => {
    const bad = await plan(["bad.sql"]);
    expect(bad).toMatchObject({ exitCode: 1, out: expect.stringContaining("bad.sql:2:6:") });
    const zero = await plan(["zero.sql"]);
    expect(zero).toMatchObject({ exitCode: 1, err: expect.stringContaining("Write delta=1e-6") });
  });

  it.each([
    [["flow.yaml", "--error", "1"], "--error is for questions in SQL"],
    [["days.sql", "--output", "days"], "--output says what --error is of"],
    [["days.sql", "--error", "0"], "Give a number above 0"],
  ])("%j is not understood", async (args, said) => {
    const over = { queryPlan: async () => accept({ at: "faulty" as const, faults: [] }) };
    const { exitCode, err } = await plan(args, 12, over);
    expect(exitCode).toBe(2);
    expect(err).toContain(said);
  });
});
