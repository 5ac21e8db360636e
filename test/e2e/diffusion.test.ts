// Targeted diffusion with real processes (SEP2P §5.1, use case 2): a message to people of three cities, of whom some take messages of this sender.
import { execFile } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownerHistory } from "../../src/sdk/consent.ts";
import { keptMessages } from "../../src/sdk/pod.ts";
import { type Live, startNetwork } from "./network.ts";

const cli = resolve("bin/hedgerow.js");
let network: Live;
let folders: string[];

/** Of three, one takes what the analyst sends as news, one takes offers, one takes nothing; all would answer questions. */
const messages = ["  - { purposes: [news] }", "  - { purposes: [offers] }", ""];

beforeAll(async () => {
  network = await startNetwork([
    ...Array.from({ length: 6 }, (_, index) => ({ name: `home-${index}`, roles: ["transform"] as const })),
    { name: "house", roles: ["owner"], people: { count: 80, seed: 5 } },
    { name: "desk", roles: ["analyst"] },
  ]);
  const people = join(network.node("house").folder, "people");
  folders = readdirSync(people).map((name) => join(people, name));
  for (const [index, folder] of folders.entries()) {
    const own = messages[index % 3]!;
    const rules = `hedgerow: 1\npublish: [city]\nminimumPeople: 1\ndefault: allow\n${own === "" ? "" : `messages:\n${own}\n`}`;
    writeFileSync(join(folder, "pod", "owner.yaml"), rules);
  }
}, 180_000);
afterAll(() => network?.close(), 60_000);

function hedgerow(node: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, HEDGEROW_NODE: node };
  return promisify(execFile)(process.execPath, [cli, ...args], { env, timeout: 60_000 }).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
  );
}

const send = (purpose: string, ...more: string[]) =>
  hedgerow(
    ...([
      network.analyst.folder,
      "diffuse",
      "--to",
      "profile('city') IN ('Paris', 'Milan', 'Hamburg')",
      "--purpose",
      purpose,
    ] as const),
    ...["--message", resolve("examples/message.txt"), "--name", "vaccinations", "--epsilon", "1"],
    ...["--minimum-people", "1", "--within", "6", ...more],
  );
/** Whom the index leads to: her node was asked, whatever it decided. */
const called = async () => {
  const asked: string[] = [];
  for (const folder of folders) if ((await ownerHistory(folder)).uses.length > 0) asked.push(folder);
  return asked;
};

it("reaches those who are found and subscribed, nobody else, and comes back as a count with noise", async () => {
  // Nobody takes this one; by and by the index leads to all whom it will lead to.
  let found: string[] = [];
  for (let tries = 0, before = -1; tries < 30 && (found.length < 5 || found.length > before); tries++) {
    before = found.length;
    await send("probing");
    found = await called();
  }
  expect(found.length).toBeGreaterThan(5);
  expect(folders.flatMap((folder) => keptMessages(folder))).toEqual([]);

  const { code, out } = await send("news", "--json");
  expect(code).toBe(0);
  const [accepted, reached] = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(accepted.type).toBe("accepted");
  expect(reached.answer.rows[0][0].noise).toBeGreaterThan(1);
  for (const [index, folder] of folders.entries()) {
    const taken = found.includes(folder) && index % 3 === 0;
    expect(
      keptMessages(folder).map(({ name, purpose }) => [name, purpose]),
      folder,
    ).toEqual(taken ? [["vaccinations", "news"]] : []);
    const [latest] = [...(await ownerHistory(folder)).uses].sort((a, b) => b.atMs - a.atMs);
    expect(latest?.outcome, folder).toBe(taken ? "contributed" : found.includes(folder) ? "policy" : undefined);
  }
  const reader = folders.find((folder, index) => index % 3 === 0 && found.includes(folder))!;
  const shown = await hedgerow(reader, "pod", "inbox", keptMessages(reader)[0]!.round.slice(0, 10));
  expect(shown.out).toContain("Vaccinations without appointment");
}, 180_000);
