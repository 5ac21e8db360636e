// Participatory sensing with real processes (SEP2P §5.1, use case 1): a noise map of three windows, each with a draw of its own, charged to
// people whose budget is enough for two, told to whoever was asked, and drawn.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownerHistory } from "../../src/sdk/consent.ts";
import { keptResults } from "../../src/sdk/pod.ts";
import { eventually, type Live, startNetwork } from "./network.ts";

const cli = resolve("bin/hedgerow.js");
const processors = Array.from({ length: 6 }, (_, index) => ({ name: `home-${index}`, roles: ["transform"] as const }));
/** ε = 0.5 at δ = 1e-9 costs a quarter of what ε = 1 does: two windows fit, a third does not. */
const rules = `hedgerow: 1
publish: [city]
minimumPeople: 1
rules:
  - { effect: allow, purposes: [statistics] }
budget:
  periodDays: 30
  altogether: { epsilon: 0.8, delta: 1e-9 }
  each:
    - { epsilon: 0.8, delta: 1e-9 }
`;
let network: Live;
let folders: string[];

async function hedgerow(node: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, HEDGEROW_NODE: node };
  return promisify(execFile)(process.execPath, [cli, ...args], { env, cwd: network.folder, timeout: 120_000 }).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
  );
}
const lines = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  // The house is up before anybody is there who could hold what its people publish.
  network = await startNetwork([
    { name: "house", roles: ["owner"], people: { count: 180, seed: 5 } },
    ...processors,
    { name: "desk", roles: ["analyst"] },
  ]);
  const people = join(network.node("house").folder, "people");
  folders = readdirSync(people).map((name) => join(people, name));
  for (const folder of folders) writeFileSync(join(folder, "pod", "owner.yaml"), rules);
}, 180_000);
afterAll(() => network?.close(), 60_000);

const ask = (file: string, ...more: string[]) =>
  hedgerow(network.analyst.folder, "query", "run", file, "--within", "6", "--json", "--windows", "1", ...more);
const usesOf = async (folder: string, name: string) =>
  (await ownerHistory(folder)).uses.filter((use) => use.name === name).sort((a, b) => a.atMs - b.atMs);

/** A question that every rule denies costs nobody anything, and says in her history whom the index leads to. */
async function peopleFound(): Promise<string[]> {
  const probe = join(network.folder, "probe.sql");
  const options = "OPTIONS(epsilon = 1, delta = 1e-9, purpose = 'probing')";
  writeFileSync(
    probe,
    `SELECT WITH DIFFERENTIAL_PRIVACY ${options} COUNT(*) AS n FROM people WHERE profile('city') = 'Paris'`,
  );
  let before: string[] = [];
  for (let tries = 0; tries < 30; tries++) {
    await ask(probe, "--minimum-people", "1");
    const found: string[] = [];
    for (const folder of folders) if ((await usesOf(folder, "probe")).length > 0) found.push(folder);
    if (found.length > 10 && found.length === before.length) return found;
    before = found;
  }
  throw new Error(`the index leads to ${before.length} people`);
}

it("asks window by window until budgets are spent, draws maps, and tells whoever was asked", async () => {
  const parisians = await peopleFound();
  const windows = ["--from", "2024-03-01", "--window", "86400", "--every", "5", "--windows", "3"];
  const { code, out } = await hedgerow(
    ...[network.analyst.folder, "query", "run", resolve("examples/noise-map.sql"), ...windows],
    ...["--within", "6", "--minimum-people", "1", "--map", "noise.svg", "--broadcast", "--json"],
  );
  const items = lines(out);
  expect(items.map(({ type, window }) => `${type} ${window}`)).toEqual([
    ...["accepted 1", "answer 1", "accepted 2", "answer 2", "accepted 3", "answer 3"],
  ]);
  expect(code).toBe(0);
  expect(items[1].toMs).toBe(items[2].fromMs);
  for (const window of [1, 2, 3]) expect(existsSync(join(network.folder, `noise-${window}.svg`))).toBe(true);
  expect(readFileSync(join(network.folder, "noise-1.svg"), "utf8")).toContain("average_noise in dB");
  for (const folder of parisians) {
    const outcomes = (await usesOf(folder, "noise-map")).map(({ outcome }) => outcome);
    expect(outcomes, folder).toEqual(["contributed", "contributed", "budget"]);
  }
  const answers = items.filter(({ type }) => type === "answer").map(({ answer }) => answer);
  const [someone] = parisians as [string];
  const kept = await eventually("all three answers are told", () => {
    const results = keptResults(someone);
    return results.length === 3 ? results : undefined;
  });
  expect(kept.map(({ answer }) => answer).reverse()).toEqual(answers);
  const elsewhere = folders.find((folder) => !parisians.includes(folder))!;
  expect(keptResults(elsewhere)).toEqual([]);
  const shown = await hedgerow(someone, "pod", "results", kept[0]!.round.slice(0, 12), "--map", "mine.svg");
  expect(shown).toMatchObject({ code: 0, out: expect.stringContaining("window_from 2024-03-03T00:00:00.000Z") });
  expect(existsSync(join(network.folder, "mine.svg"))).toBe(true);
}, 180_000);
