// Records of a house's people: charged and written down in the moment, waited for once, and never behind what a command wrote.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { accept, type Digest, type InstantMs, type NodeId } from "../../core/base/index.ts";
import { type Call, makeGrant, permit, recordUse } from "../../core/consent/index.ts";
import { spentAt } from "../../core/privacy/index.ts";
import { openJournal } from "../storage/index.ts";
import { createHouseRecords, type PodRecords } from "./house-records.ts";
import { readOwnerRecords, readOwnerRules, withOwnerRecords } from "./index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-house-"));
  writeFileSync(join(folder, "owner.yaml"), "hedgerow: 1\ndefault: allow\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nowMs = 1_000 as InstantMs;
const call = (round: string): Call => ({
  round,
  plan: "b".repeat(64) as Digest,
  nowMs,
  request: {
    query: "a".repeat(64) as Digest,
    name: "q",
    purpose: "research",
    analyst: { node: `12D3Koo${"W".repeat(45)}` as NodeId, principal: "Ada Institute" },
    reads: [],
    foundBy: [],
    epsilon: 1,
    delta: 1e-6,
    cost: { rho: 10, delta: 10 },
    minimumPeople: 10,
    noise: "split",
    steps: [],
    untilMs: 2_000,
  },
});
const came = { outcome: "contributed", reason: "", grants: [], trouble: null, receipt: null } as const;

function decided(records: PodRecords, round: string): string {
  const rules = readOwnerRules(folder, ["age"]);
  if (!rules.ok) throw new Error(rules.code);
  const permitted = records.now((state) => {
    const { permission, effects } = permit(state, rules.value, call(round));
    return accept({ value: permission.at, effects });
  });
  return permitted.ok ? permitted.value : permitted.code;
}
const written = (records: PodRecords, round: string) =>
  records.now((state) => accept({ value: true, effects: recordUse(state, call(round), came).effects }));

it("cut off at any byte, her budget is charged for all that left, and for one round more at most", async () => {
  const house = createHouseRecords();
  const records = house.of(folder);
  const journal = join(folder, "owner/journal");
  const leftAfter: number[] = [];
  for (const round of ["r1", "r2", "r3"]) {
    expect(decided(records, round)).toBe("released");
    expect(written(records, round).ok).toBe(true);
    await records.settled();
    leftAfter.push(statSync(journal).size);
  }
  house.close();
  const whole = readFileSync(journal);
  const copy = join(folder, "copy");
  mkdirSync(join(copy, "owner"), { recursive: true });
  for (let bytes = 0; bytes <= whole.length; bytes += 7) {
    copyFileSync(journal, join(copy, "owner/journal"));
    truncateSync(join(copy, "owner/journal"), bytes);
    const found = await readOwnerRecords(copy);
    if (!found.ok) throw new Error(found.code);
    const left = leftAfter.filter((size) => size <= bytes).length;
    expect([left, left + 1]).toContain(spentAt(found.value.budget, nowMs).altogether.rounds);
  }
});

it("opens the journal once from the decision to what came of it, and closes it when the disk has it", async () => {
  const happened: string[] = [];
  const house = createHouseRecords((of) => {
    happened.push("opened");
    const opened = openJournal(join(of, "journal"), { flush: async () => void happened.push("synced") });
    if (!opened.ok) return opened;
    const journal = opened.value;
    return accept({
      ...journal,
      close() {
        happened.push("closed");
        journal.close();
      },
    });
  });
  const records = house.of(folder);
  decided(records, "r1");
  written(records, "r1");
  await Promise.all([records.settled(), records.settled()]);
  expect(happened).toEqual(["opened", "synced", "closed"]);
  house.close();
});

it("reads again what a command wrote between the decision and what came of it", async () => {
  const house = createHouseRecords();
  const records = house.of(folder);
  expect(decided(records, "r1")).toBe("released");
  const order = {
    effect: "deny",
    on: { analyst: "Ada Institute" },
    budget: null,
    untilMs: null,
    note: "",
  } as const;
  const denied = await withOwnerRecords(folder, (state) => makeGrant(state, order, "g1aaa", nowMs));
  expect(denied).toMatchObject({ ok: true });
  expect(written(records, "r1").ok).toBe(true);
  expect(decided(records, "r2")).toBe("declined");
  await records.settled();
  house.close();
  const found = await readOwnerRecords(folder);
  expect(found.ok && [found.value.uses.size, found.value.grants.size]).toEqual([2, 1]);
  expect(found.ok && spentAt(found.value.budget, nowMs).altogether.rounds).toBe(1);
});

it("a damaged journal refuses, and is not held on to", async () => {
  const house = createHouseRecords();
  const records = house.of(folder);
  decided(records, "r1");
  decided(records, "r2");
  await records.settled();
  const journal = join(folder, "owner/journal");
  const whole = readFileSync(journal);
  const spoilt = Uint8Array.from(whole);
  spoilt[20]! ^= 1;
  writeFileSync(journal, spoilt);
  expect(decided(records, "r3")).toBe("owner-records-damaged");
  writeFileSync(journal, whole);
  expect(decided(records, "r3")).toBe("released");
  house.close();
});
