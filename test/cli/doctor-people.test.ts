// hedgerow doctor, of the people whose pods a node keeps: which could not be asked, by places and codes, and nothing of what is in them.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockFolder, openJournal } from "../../src/io/storage/index.ts";
import { openPod } from "../../src/sdk/pod.ts";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-doctor-"));
  mkdirSync(join(cwd, "node"));
  await hedgerow("pod", "synth", "--people", "7", "--out", join(cwd, "node/people"));
  writeFileSync(
    join(cwd, "node/node.yaml"),
    "hedgerow: 1\nname: home\nlisten: [/ip4/127.0.0.1/tcp/0]\npeople: people\n",
  );
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const hedgerow = (...args: string[]) => capture(args, { cwd });
const personOf = (place: number) => join(cwd, "node/people", readdirSync(join(cwd, "node/people")).sort()[place - 1]!);
const podOf = (place: number) => join(personOf(place), "pod");

/** A changed byte with a whole record behind it: no crash leaves that. */
function damageRecords(pod: string): void {
  mkdirSync(join(pod, "owner"));
  const file = join(pod, "owner/journal");
  const journal = openJournal(file);
  if (!journal.ok) throw new Error(journal.code);
  for (const key of ["a", "b"]) journal.value.set(key, new Uint8Array(4));
  journal.value.close();
  const bytes = readFileSync(file);
  bytes[12]! ^= 1;
  writeFileSync(file, bytes);
}

interface Check {
  readonly name: string;
  readonly verdict: string;
  readonly says: string;
  readonly mend?: string;
}
async function ofPeople(): Promise<{ checks: Check[]; out: string }> {
  const { out } = await hedgerow("doctor", "--node", "node", "--json");
  const { checks } = JSON.parse(out) as { checks: Check[] };
  return { checks: checks.filter(({ name }) => name === "people"), out };
}

it("says that all pods can be asked", async () => {
  const { checks } = await ofPeople();
  expect(checks).toEqual([{ name: "people", verdict: "ok", says: "7 pods: open, rules valid, records readable" }]);
});

it("names what is wrong by the place of the person's folder, and what to mend; of what is in it, nothing", async () => {
  rmSync(join(podOf(1), "pod.key"));
  chmodSync(join(podOf(2), "pod.key"), 0o644);
  writeFileSync(join(podOf(3), "owner.yaml"), "hedgerow: 1\nrules:\n  - { effect: deny, reason: my-secret-illness\n");
  damageRecords(podOf(4));
  const lock = lockFolder(podOf(5));
  if (!lock.ok) throw new Error(lock.code);
  const pod = await openPod(personOf(6));
  for (const table of pod.tables()) pod.forgetTable(table.name);
  pod.close();
  writeFileSync(join(podOf(7), "owner.yaml"), "hedgerow: 1\n");
  const { checks, out } = await ofPeople();
  lock.value.release();
  const of = (place: number) => checks.find(({ says }) => says.startsWith(`pod ${place} in`))!;
  expect(of(1)).toMatchObject({ verdict: "fail", says: expect.stringContaining("pod-key-missing") });
  expect(of(2)).toMatchObject({ verdict: "fail", mend: expect.stringContaining("chmod 600") });
  expect(of(3)).toMatchObject({ verdict: "fail", says: expect.stringContaining("owner-rules-invalid") });
  expect(of(4)).toMatchObject({ verdict: "fail", says: expect.stringContaining("owner-records-damaged") });
  expect(of(5)).toMatchObject({ verdict: "warn", says: expect.stringContaining("pod-busy") });
  expect(of(6)).toMatchObject({ verdict: "warn", mend: expect.stringContaining("--map") });
  // Who publishes nothing has chosen so: it is said, and nothing is to be mended.
  expect(checks[0]).toMatchObject({ verdict: "ok", says: "7 pods; 2 found by questions to everybody alone" });
  for (const { mend, verdict } of checks.slice(1)) expect([verdict, mend]).not.toContain(undefined);
  expect(out).not.toContain("my-secret-illness");
  expect(out).not.toContain("person-");
});

it("misses a folder that the configuration names", async () => {
  rmSync(join(cwd, "node/people"), { recursive: true });
  const { checks } = await ofPeople();
  expect(checks).toMatchObject([{ verdict: "fail", says: expect.stringContaining("is not there") }]);
});

it("told to look at a person's folder, it says whose that is, and where to look", async () => {
  const { exitCode, out } = await hedgerow("doctor", "--node", personOf(1));
  expect(exitCode).toBe(1);
  expect(out).toContain(`${personOf(1)} is a person's folder, with her pod, and no node's`);
  expect(out).toContain(`hedgerow doctor --node ${join(cwd, "node")}`);
  expect(out).toMatch(/ok +people +1 pod: open/);
  const start = await hedgerow("node", "start", personOf(1));
  expect(start).toMatchObject({ exitCode: 1, err: expect.stringContaining(`hedgerow node start ${cwd}/node\n`) });
  const status = await hedgerow("node", "status", "--node", personOf(1));
  expect(status).toMatchObject({ exitCode: 3, err: expect.stringContaining(`--node ${join(cwd, "node")};`) });
});

it("says nothing of people where none are kept", async () => {
  writeFileSync(join(cwd, "node/node.yaml"), "hedgerow: 1\nname: home\nlisten: [/ip4/127.0.0.1/tcp/0]\n");
  expect((await ofPeople()).checks).toEqual([]);
});

it("counts what an owner describes herself as what can be named, and names a catalogue of hers with faults", async () => {
  const write = (place: number, text: string) => writeFileSync(join(podOf(place), "catalogue.yaml"), text);
  for (const place of [1, 2, 3]) {
    const pod = await openPod(personOf(place));
    for (const { name, columns } of pod.tables())
      for (const column of columns) pod.map([{ table: name, column: column.name, attribute: null }]);
    pod.map([{ table: "ratings", column: "stars", attribute: "taste.stars" }]);
    pod.close();
  }
  write(1, "hedgerow: 1\nattributes: [{ name: taste.stars, type: float64, description: My stars }]\n");
  write(3, "hedgerow: 1\nattributes: my-secret-illness\n");
  const { checks, out } = await ofPeople();
  const of = (words: string) => checks.filter(({ says }) => says.includes(words)).map(({ says }) => says);
  expect(of("nothing in it can be named")).toEqual([expect.stringMatching(/^pods 2\D+3\b/)]);
  expect(of("catalogue-invalid")).toEqual([expect.stringMatching(/^pod 3\b/)]);
  expect(out).not.toContain("my-secret-illness");
});
