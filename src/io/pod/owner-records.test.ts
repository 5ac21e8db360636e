// An owner's rules and records on a real disk: read again at each use, and whole after a crash at any byte.
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
import { accept, type Digest, type InstantMs, type NodeId, refuse } from "../../core/base/index.ts";
import { type Call, type OwnerRules, permit, recordUse } from "../../core/consent/index.ts";
import { spentAt } from "../../core/privacy/index.ts";
import { readOwnerRecords, readOwnerRules, withOwnerRecords } from "./index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-owner-"));
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

function rules(): OwnerRules {
  const read = readOwnerRules(folder, ["age"]);
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
async function takePart(round: string): Promise<string> {
  const permitted = await withOwnerRecords(folder, (state) => {
    const { permission, effects } = permit(state, rules(), call(round));
    return accept({ value: permission.at, effects });
  });
  if (!permitted.ok) return permitted.code;
  if (permitted.value === "released") {
    await withOwnerRecords(folder, (state) =>
      accept({ value: true, effects: recordUse(state, call(round), came).effects }),
    );
  }
  return permitted.value;
}

it("what she writes holds from the next use on; faults answer nothing and are named", async () => {
  expect(await takePart("r1")).toBe("declined");
  writeFileSync(join(folder, "owner.yaml"), "hedgerow: 1\npublish: [age]\ndefault: allow\n");
  expect(await takePart("r2")).toBe("released");
  writeFileSync(join(folder, "owner.yaml"), "hedgerow: 1\ndefault: deny\n");
  expect(await takePart("r3")).toBe("declined");
  writeFileSync(join(folder, "owner.yaml"), "hedgerow: 1\ndefault: maybe\n");
  expect(readOwnerRules(folder, ["age"])).toMatchObject({
    code: "owner-rules-invalid",
    blame: join(folder, "owner.yaml"),
    detail: expect.stringContaining("allow, deny, ask"),
  });
});

it("a look makes no folder; what is kept is for its owner's eyes", async () => {
  const looked = await readOwnerRecords(folder);
  expect(looked.ok && looked.value.uses.size).toBe(0);
  expect(() => statSync(join(folder, "owner"))).toThrow("ENOENT");
  await takePart("r1");
  expect(statSync(join(folder, "owner")).mode & 0o077).toBe(0);
  expect(statSync(join(folder, "owner/journal")).mode & 0o077).toBe(0);
});

it("what is refused writes nothing", async () => {
  const refused = await withOwnerRecords(folder, () => refuse("grant-order"));
  expect(refused).toMatchObject({ code: "grant-order" });
  const looked = await readOwnerRecords(folder);
  expect(looked.ok && looked.value.uses.size).toBe(0);
});

it("cut off at any byte, her budget is charged for all that left, and for one round more at most", async () => {
  writeFileSync(join(folder, "owner.yaml"), "hedgerow: 1\ndefault: allow\n");
  const journal = join(folder, "owner/journal");
  const leftAfter: number[] = [];
  for (const round of ["r1", "r2", "r3"]) {
    expect(await takePart(round)).toBe("released");
    leftAfter.push(statSync(journal).size);
  }
  const whole = readFileSync(journal);
  const copy = join(folder, "copy");
  mkdirSync(join(copy, "owner"), { recursive: true });
  for (let bytes = 0; bytes <= whole.length; bytes += 7) {
    copyFileSync(journal, join(copy, "owner/journal"));
    truncateSync(join(copy, "owner/journal"), bytes);
    const found = await readOwnerRecords(copy);
    if (!found.ok) throw new Error(found.code);
    const left = leftAfter.filter((size) => size <= bytes).length;
    const { rounds } = spentAt(found.value.budget, nowMs).altogether;
    expect([left, left + 1]).toContain(rounds);
  }
});

it("records that are damaged in their middle refuse everything", async () => {
  await takePart("r1");
  await takePart("r2");
  const journal = join(folder, "owner/journal");
  const bytes = readFileSync(journal);
  bytes[20] = bytes[20]! ^ 1;
  writeFileSync(journal, bytes);
  expect(await takePart("r3")).toBe("owner-records-damaged");
});
