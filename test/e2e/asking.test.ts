// A question about people from the file to the table, over houses that are processes of their own, through the command line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Captured, capture } from "../cli/capture.ts";
import { type Live, pause, startNetwork } from "./network.ts";

const houses = 6;
const peopleEach = 20;
const cwd = mkdtempSync(join(tmpdir(), "hedgerow-asking-"));
let network: Live;
const cli = (...args: string[]): Promise<Captured> =>
  capture(["query", ...args], { cwd, env: { HEDGEROW_NODE: network.analyst.folder } });

beforeAll(async () => {
  writeFileSync(
    join(cwd, "days.sql"),
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6, purpose='statistics')\n" +
      "AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days, COUNT(*) AS people\n" +
      "FROM people WHERE profile('age') BETWEEN 18 AND 99\n",
  );
  network = await startNetwork([
    ...Array.from({ length: houses }, (_, i) => ({
      name: `house-${i + 1}`,
      roles: ["owner", "transform"] as const,
      people: { count: peopleEach, seed: i + 1 },
    })),
    { name: "analyst", roles: ["analyst"] },
  ]);
}, 120_000);
afterAll(async () => {
  await network?.close();
  rmSync(cwd, { recursive: true, force: true });
}, 60_000);

/** Shares leave in turns, through forwarders: until enough of them lie where they are looked for, too few people are found. */
const publishedWithinMs = 150_000;

/** Nobody is asked, and nobody pays, before enough are found. */
async function askUntilFound(...options: string[]): Promise<Captured> {
  const untilMs = performance.now() + publishedWithinMs;
  for (;;) {
    const asked = await cli("run", "days.sql", ...options);
    if (asked.exitCode !== 6 || performance.now() > untilMs) return asked;
    await pause(2_000);
  }
}

it("is planned without a lot, asked, answered with noise, shown with its price, and written as a table", async () => {
  const planned = await cli("plan", "days.sql", "--people", "120");
  expect(planned.exitCode).toBe(0);
  expect(planned.out).toContain("nothing was drawn or sent");
  expect(planned.out).toContain("it takes 5 of the 6 processors that are known");

  const asked = await askUntilFound("--minimum-people", "60", "--within", "15", "--json");
  expect(asked).toMatchObject({ exitCode: 0 });
  const lines = asked.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const answered = lines.find(({ type }) => type === "answer").answer;
  const end = lines.at(-1);
  expect(answered.missing).toEqual([]);
  expect(end).toMatchObject({ type: "settled", assurance: "software", outcome: { outcome: "completed" } });
  expect(end.receipts).toBeGreaterThanOrEqual(6);
  expect(end.roster.map(({ cell }: { cell: string }) => cell)).toEqual([
    ...["find", "gather-1", "gather-2", "gather-3", "total"],
  ]);
  // Nobody twice: no more than there are, but for eight standard deviations of noise.
  const { asked: people } = answered.participation;
  expect(people.value).toBeLessThan(houses * peopleEach + 8 * people.noise);

  const table = await cli("result", lines[0].id, "--format", "csv", "--output", "days.csv");
  expect(table.exitCode).toBe(0);
  const [head, row] = readFileSync(join(cwd, "days.csv"), "utf8").split("\r\n");
  expect(head).toBe("days,days_low,days_high,days_noise,people,people_low,people_high,people_noise");
  expect(Number(row!.split(",")[0])).toBe(answered.rows[0][0].value);
  const audited = await cli("audit", lines[0].id);
  expect(audited.exitCode).toBe(0);
}, 240_000);

it("asks nobody when too few are found: no answer, an exit code of its own, and the sentence", async () => {
  const { exitCode, out } = await cli("run", "days.sql", "--minimum-people", "100000", "--within", "5");
  expect(exitCode).toBe(6);
  expect(out).toContain("Too few people were found");
  expect(out).not.toContain("NOISE");
}, 120_000);
