// From a call to what may leave, over an invented person's pod: in this order, and each step on disk before the next.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Digest, InstantMs } from "../../core/base/index.ts";
import { type Call, consentRequestOf, historyOf, openContribution } from "../../core/consent/index.ts";
import { type AskSettings, questionDigest } from "../../core/model/index.ts";
import { askableOf, parseCatalogue, withAttributes } from "../../core/pods/index.ts";
import { spentAt } from "../../core/privacy/index.ts";
import { parseQuestion } from "../../core/sql/index.ts";
import type { LocalRow } from "../../core/terms/index.ts";
import { createNodeCrypto, nodeKeyFromSeed } from "../identity/index.ts";
import { readOwnerRecords, synthesise, takePart } from "./index.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const catalogue = parsed.value;
const text = readFileSync("examples/pilots-sick-leave.sql", "utf8");
const asked = parseQuestion(text, "pilots.sql", { catalogue: askableOf(catalogue), name: "pilots" });
if (!asked.ok) throw new Error(JSON.stringify(asked.faults));
const { question } = asked;
const crypto = createNodeCrypto();
const key = nodeKeyFromSeed(new Uint8Array(32).fill(3));
const settings: AskSettings = {
  gatherers: 2,
  standby: 1,
  noise: "split",
  minimumPeople: 10,
  maximumPeople: 100,
  forwarders: 2,
  answerMs: 60_000,
};

let folder = "";
let podFolder = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-part-"));
  podFolder = join(folder, "person-0001/pod");
  const order = { folder, people: 1, seed: 2, as: "pods" } as const;
  const made = await synthesise(order, (tables) => withAttributes(catalogue, tables), { nowMs: () => 0 });
  if (!made.ok) throw new Error(made.code);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rules = (written: string) => writeFileSync(join(podFolder, "owner.yaml"), `hedgerow: 1\n${written}\n`);
const call = (round: string): Call => ({
  round,
  plan: "b".repeat(64) as Digest,
  nowMs: 1_000 as InstantMs,
  request: consentRequestOf(question, settings, {
    query: "a".repeat(64) as Digest,
    analyst: { node: key.node, principal: "Ada Institute" },
    cost: { rho: 1_000, delta: 1_000 },
    steps: [],
    untilMs: 2_000,
  }),
});
let seen: readonly LocalRow[] = [];
const called = (round: string) => {
  const encode = (rows: readonly LocalRow[]) => {
    seen = rows;
    return new TextEncoder().encode(`rows ${rows.length}`);
  };
  const about = { podFolder, catalogue, question, questionDigest: questionDigest(question, crypto), nowMs: () => 0 };
  return takePart({ ...about, call: call(round), encode }, crypto, key);
};
async function records() {
  const read = await readOwnerRecords(podFolder);
  if (!read.ok) throw new Error(read.code);
  const uses = historyOf(read.value);
  return { uses: uses.ok ? uses.value : [], rounds: spentAt(read.value.budget, 1_000).altogether.rounds };
}

it("allowed, it is charged, worked out, signed and recorded; called again, it is charged once", async () => {
  rules("default: allow");
  expect(await called("r1")).toEqual({ outcome: "contributed", contribution: new TextEncoder().encode("rows 1") });
  expect(seen).toEqual([[expect.anything()]]);
  expect(await called("r1")).toMatchObject({ outcome: "contributed" });
  const { uses, rounds } = await records();
  expect(rounds).toBe(1);
  expect(uses).toMatchObject([
    { name: "pilots", attributes: ["work.sick_leave"], outcome: "contributed", trouble: null },
  ]);
  const opened = openContribution(uses[0]!.receipt!, key.publicKey, crypto);
  expect(opened).toMatchObject({ ok: true, value: { question: questionDigest(question, crypto), round: "r1" } });
});

it("declined, nothing is read and nothing is charged", async () => {
  seen = [];
  rules("default: deny");
  expect(await called("r1")).toEqual({ outcome: "policy", code: "consent-not-allowed" });
  rules("default: ask");
  expect(await called("r2")).toEqual({ outcome: "grant", code: "consent-waiting" });
  rules("default: allow\nbudget: { each: [] }");
  expect(await called("r3")).toEqual({ outcome: "budget", code: "budget-none" });
  rules("default: perhaps");
  expect(await called("r4")).toEqual({ outcome: "policy", code: "owner-rules-invalid" });
  expect(seen).toEqual([]);
  expect((await records()).rounds).toBe(0);
});

it("a pod that cannot be opened contributes no rows, and its owner alone is told", async () => {
  rules("default: allow");
  rmSync(join(podFolder, "pod.key"));
  expect(await called("r1")).toEqual({ outcome: "contributed", contribution: new TextEncoder().encode("rows 0") });
  expect((await records()).uses).toMatchObject([
    { outcome: "contributed", trouble: expect.stringContaining("pod.key") },
  ]);
});
