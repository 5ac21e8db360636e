// hedgerow query run FILE.sql --dry-run: no node is there, and none is missed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { capture } from "./capture.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-dry-"));
const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=2, delta=1e-6)";
writeFileSync(
  join(cwd, "days.sql"),
  `${head} AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people\n`,
);
writeFileSync(
  join(cwd, "top.sql"),
  `${head} TOP_K(profession, 2, group_keys => ['pilot', 'nurse', 'cook']) AS top FROM people\n`,
);
writeFileSync(join(cwd, "bad.sql"), `${head} COUNT(*)\nFROM peple\n`);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (...args: string[]) => capture(["query", "run", ...args], { cwd });

it("marks the answer as invented and shows the truth beside it", async () => {
  const { exitCode, out } = await run("days.sql", "--dry-run", "--people", "200");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^INVENTED: nobody was asked, and nothing left this machine\. 200 people of seed 1/);
  expect(out).toMatch(/OUTPUT +ANSWER +TRUE +OFF BY +IN THE INTERVAL\n {2}days +\S+ +\S+ +-?\S+ +(yes|no)\n/);
  expect(out).not.toContain("nobody would be asked");
});

it("invented people decide, each by rules of hers, and --willing all makes all of them contribute", async () => {
  const some = await run("days.sql", "--dry-run", "--people", "300");
  expect(some.out).toMatch(/300 people of seed 1, who decide by invented rules\n/);
  for (const words of ["refused by rules", "asked, no answer in time", "budget too small"])
    expect(some.out).toContain(words);
  const { decisions } = JSON.parse((await run("days.sql", "--dry-run", "--people", "300", "--json")).out);
  expect(some.out).toMatch(new RegExp(`^ {2}${decisions.contributed} +contributed`, "m"));
  expect(decisions.contributed).toBeLessThan(300);
  const all = await run("days.sql", "--dry-run", "--people", "300", "--willing", "all");
  expect(all.out).toMatch(/^ {2}300 +contributed/m);
  expect(all.out).toContain("all of whom contribute");
  expect(all.out).not.toContain("refused by rules");
});

it("says when there are fewer people than would be asked", async () => {
  const { out } = await run("days.sql", "--dry-run", "--people", "30", "--minimum-people", "50");
  expect(out).toContain("of fewer than 50 people nobody would be asked");
});

it("compares an item of TOP_K with the same item, wherever that stands", async () => {
  const { exitCode, out } = await run("top.sql", "--dry-run", "--people", "300", "--json");
  expect(exitCode).toBe(0);
  const { type, invented, answer, truth } = JSON.parse(out);
  expect({ type, invented }).toEqual({ type: "invented", invented: true });
  expect(answer.rows[0][0].list).toHaveLength(2);
  expect(truth[0][0].list[0]).toMatchObject({ value: expect.any(String), people: expect.any(Number) });
});

it("faults have their places", async () => {
  const { exitCode, out } = await run("bad.sql", "--dry-run");
  expect(exitCode).toBe(1);
  expect(out).toContain("bad.sql:2:6:");
});

it.each([
  [["days.sql", "--dry-run", "--records", "5"], "--records is for dataflows in YAML"],
  [["days.sql", "--records", "5"], "--records is for --dry-run"],
  [["days.sql", "--people", "5"], "--people is for --dry-run"],
  [["days.sql", "--willing", "all"], "--willing is for --dry-run"],
  [["days.sql", "--dry-run", "--detach"], "cannot be used with"],
  [["days.sql", "--dry-run", "--map", "days.svg"], "--map is not for --dry-run"],
  [["days.sql", "--dry-run", "--from", "2026-03-01"], "--param window_from="],
  [["days.sql", "--dry-run", "--window", "60"], "--param window_to="],
  [["days.sql", "--dry-run", "--windows", "2"], "--windows is not for --dry-run"],
  [["days.sql", "--dry-run", "--every", "60"], "--every is not for --dry-run"],
  [["days.sql", "--dry-run", "--patience", "5"], "--patience is not for --dry-run"],
])("%j is not understood", async (args, said) => {
  const { exitCode, err } = await run(...args);
  expect(exitCode).toBe(2);
  expect(err).toContain(said);
});
