// hedgerow pod history: what became of what an owner was asked, and the receipts of what she contributed.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { accept, toCanonical } from "../../src/core/base/index.ts";
import { historyOf, type Use } from "../../src/core/consent/index.ts";
import type { Attribute } from "../../src/core/model/index.ts";
import { readNodeKey } from "../../src/io/identity/index.ts";
import { readOwnerRecords, withOwnerRecords } from "../../src/io/pod/index.ts";
import { cwd } from "./own-folder.ts";
import { asked, hedgerow, otherKey, pod, write } from "./owner-folder.ts";

it("the history says who asked, what was read, and what became of it", async () => {
  // Another folder than hers would say the same, and nobody had asked there.
  expect(await hedgerow("pod", "history")).toMatchObject({ exitCode: 1, err: expect.stringContaining("no pod") });
  mkdirSync(join(dirname(pod()), "people", "anna"), { recursive: true });
  const house = await hedgerow("grant", "ls");
  expect(house).toMatchObject({ exitCode: 1, err: expect.stringContaining("name one of them") });
  write("hedgerow: 1\n");
  expect((await hedgerow("pod", "history")).out).toContain("Nobody has asked yet.");
  write("hedgerow: 1\nrules: [{ effect: allow, attributes: [movie] }]\n");
  await asked("r1");
  await asked("r2", { reads: [{ table: "profile", column: "age", attribute: "person.age" as Attribute }] });
  const { out } = await hedgerow("pod", "history");
  expect(out).toMatch(
    /movies +Ada Institute +research +movie\.title +ε 1, δ 0\.000001 +took part +verified, signed by …\S+ +rule 1 allows movie/,
  );
  expect(out).toMatch(/person\.age +ε 1, δ 0\.000001 +your rules denied it +no rule speaks of person\.age/);
  await asked("r3", {}, otherKey, ["movie.title" as Attribute]);
  expect((await hedgerow("pod", "history")).out).toMatch(
    /took part, without rows +verified, signed by …\S+ +no column of your pod stands for movie\.title; rule 1 allows movie/,
  );
  const lines = (await hedgerow("pod", "history", "--json", "--limit", "2")).out.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0]!)).toMatchObject({ outcome: "contributed", lacks: ["movie.title"] });
  expect(JSON.parse(lines[1]!)).toMatchObject({ outcome: "policy", code: "consent-not-allowed", receipt: null });
});

describe("the receipts of what was contributed", () => {
  beforeEach(async () => {
    write("hedgerow: 1\ndefault: allow\n");
    for (const round of ["r1", "r2"]) await asked(round);
  });

  /** A file that is whole, and says something else than the node has written. */
  async function change(round: string, to: (use: Use) => Use): Promise<void> {
    const read = await readOwnerRecords(pod());
    if (!read.ok) throw new Error(read.code);
    const uses = historyOf(read.value);
    if (!uses.ok) throw new Error(uses.code);
    const use = uses.value.find((one) => one.round === round)!;
    const { key: name } = read.value.uses.get(round)!;
    const effects = [{ type: "persist", key: name, value: toCanonical(to(use)) }] as const;
    await withOwnerRecords(pod(), () => accept({ value: true, effects }));
  }
  const proofs = async () => {
    const { out, exitCode } = await hedgerow("pod", "history", "--json");
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    return { exitCode, by: new Map(lines.map(({ round, proof }) => [round, proof])) };
  };

  it("are verified with the key of the node whose folder it is", async () => {
    await hedgerow("authority", "init", join(cwd, "authority"), "--network", "home");
    await hedgerow("node", "init", join(cwd, "node"));
    const issued = [
      "issue",
      join(cwd, "node/node.request"),
      "--authority",
      join(cwd, "authority"),
      "--principal",
      "me",
    ];
    expect((await hedgerow("authority", ...issued, "--role", "owner")).exitCode).toBe(0);
    const own = await readNodeKey(join(cwd, "node/node.key"));
    if (own?.ok !== true) throw new Error("no key");
    await asked("r3", {}, own.value);
    const { exitCode, by } = await proofs();
    expect(by.get("r3")).toEqual({ at: "verified", node: own.value.node, isKeeper: true });
    expect((await hedgerow("pod", "history", "--limit", "1")).out).toMatch(/took part +verified +no rule/);
    expect(exitCode).toBe(1);
    expect(by.get("r1")).toMatchObject({ at: "not verified", code: "contribution-other-node" });
  });

  it("hold also of a question that reads so much that its reason is cut off", async () => {
    const reads = Array.from({ length: 60 }, (_, at) => ({
      ...{ table: "ratings", column: "movie", attribute: `movie.kind_${at}` as Attribute },
    }));
    await asked("r3", { reads });
    expect((await proofs()).by.get("r3")).toMatchObject({ at: "verified" });
  });

  it("hold, and say whose they are where the node is not known", async () => {
    const { exitCode, by } = await proofs();
    expect(exitCode).toBe(0);
    expect(by.get("r1")).toEqual({ at: "verified", node: otherKey.node, isKeeper: false });
  });

  it.each<[string, (use: Use) => Use, string]>([
    [
      "a changed statement",
      (use) => ({ ...use, receipt: { ...use.receipt!, statement: flipped(use.receipt!.statement) } }),
      "contribution-altered",
    ],
    [
      "a changed signature",
      (use) => ({ ...use, receipt: { ...use.receipt!, signature: flipped(use.receipt!.signature) } }),
      "contribution-altered",
    ],
    ["another reason", (use) => ({ ...use, reason: "rule 9 allows it" }), "contribution-other-use"],
    ["another grant", (use) => ({ ...use, grants: ["g00000001"] }), "contribution-other-use"],
  ])("%s is found, and the command fails", async (_, to, code) => {
    await change("r1", to);
    const { exitCode, by } = await proofs();
    expect(exitCode).toBe(1);
    expect(by.get("r1")).toMatchObject({ at: "not verified", code });
    expect(by.get("r2")).toMatchObject({ at: "verified" });
    const { out, err } = await hedgerow("pod", "history");
    expect(out).toContain("not verified");
    expect(err).toContain(`1 receipt not verified (r1):`);
    expect(err).toContain(`[${code}]`);
  });

  it("one that is missing proves nothing, and is named, also where its use is not shown", async () => {
    await change("r1", (use) => ({ ...use, receipt: null }));
    const { exitCode, by } = await proofs();
    expect(exitCode).toBe(4);
    expect(by.get("r1")).toMatchObject({ at: "missing", code: "contribution-unsigned" });
    const { err } = await hedgerow("pod", "history", "--limit", "1");
    expect(err).toContain("1 receipt missing (r1):");
  });

  it("of another round does not stand for this one", async () => {
    const read = await readOwnerRecords(pod());
    const uses = read.ok ? historyOf(read.value) : read;
    const other = uses.ok ? uses.value.find(({ round }) => round === "r2")!.receipt : null;
    await change("r1", (use) => ({ ...use, receipt: other }));
    expect((await proofs()).by.get("r1")).toMatchObject({ code: "contribution-other-use" });
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[changed.length - 1]! ^= 1;
  return changed;
}
