// hedgerow grant, hedgerow pod rules and history: an owner decides, and sees what became of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accept, type Digest, type InstantMs, type NodeId, toCanonical } from "../../src/core/base/index.ts";
import { type Call, historyOf, permit, recordUse, signContribution, type Use } from "../../src/core/consent/index.ts";
import { type Attribute, wordsSchema } from "../../src/core/model/index.ts";
import { nodeCrypto, nodeKeyFromSeed, readNodeKey } from "../../src/io/identity/index.ts";
import { readOwnerRecords, readOwnerRules, withOwnerRecords } from "../../src/io/pod/index.ts";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-consent-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const hedgerow = (...args: string[]) => capture(args, { cwd, env: { HEDGEROW_NODE: join(cwd, "node") } });
const json = async (...args: string[]) => JSON.parse((await hedgerow(...args, "--json")).out);
const pod = () => join(cwd, "node/pod");
const write = (rules: string) => {
  mkdirSync(pod(), { recursive: true });
  writeFileSync(join(pod(), "owner.yaml"), rules);
};
const query = "3f9a".padEnd(64, "0") as Digest;
const crypto = nodeCrypto;
const otherKey = nodeKeyFromSeed(new Uint8Array(32).fill(7));
/** Each call comes after the one before, also within a millisecond. */
let lastMs = 0;
function laterMs(): InstantMs {
  lastMs = Math.max(lastMs + 1, Date.now());
  return lastMs as InstantMs;
}

const call = (round: string, about: Partial<Call["request"]> = {}): Call => ({
  round,
  plan: "b".repeat(64) as Digest,
  nowMs: laterMs(),
  request: {
    query,
    name: "movies",
    purpose: "research",
    analyst: { node: `12D3Koo${"W".repeat(45)}` as NodeId, principal: "Ada Institute" },
    reads: [{ table: "ratings", column: "movie", attribute: "movie.title" as Attribute }],
    foundBy: ["city"],
    epsilon: 1,
    delta: 1e-6,
    cost: { rho: 1e9, delta: 1e9 },
    minimumPeople: 50,
    noise: "split",
    steps: [],
    untilMs: Date.now() + 60_000,
    ...about,
  },
});

/** As the node does it: called, decided, charged, recorded. */
async function asked(
  round: string,
  about: Partial<Call["request"]> = {},
  key = otherKey,
  lacks: readonly Attribute[] = [],
): Promise<string> {
  const rules = readOwnerRules(pod(), ["city", "age", "profession"]);
  if (!rules.ok) return rules.code;
  const permitted = await withOwnerRecords(pod(), (state) => {
    const { permission, effects } = permit(state, rules.value, call(round, about));
    return accept({ value: permission, effects });
  });
  if (!permitted.ok) return permitted.code;
  if (permitted.value.at === "declined") return permitted.value.code;
  const { grants, reason } = permitted.value;
  const receipt = signContribution(
    {
      ...{ node: key.node, round, plan: call(round).plan, question: query, decision: { reason, grants } },
      ...{ contribution: new Uint8Array([1]), atMs: Date.now() },
    },
    crypto,
    key,
  );
  await withOwnerRecords(pod(), (state) => {
    const came = { outcome: "contributed" as const, grants, reason, trouble: null, lacks, receipt };
    return accept({ value: true, effects: recordUse(state, call(round, about), came).effects });
  });
  return "took part";
}

describe("an ask that waits", () => {
  beforeEach(async () => {
    write("hedgerow: 1\npublish: [city]\ndefault: ask\n");
    expect(await asked("r1")).toBe("consent-waiting");
  });

  it("in an analyst's own words shows what her catalogue says of them, and what it does not", async () => {
    const ladder: never[] = [];
    const [power, rent] = ["solar.power", "flat.rent"].map((name) => ({ name, type: "float64", unit: null, ladder }));
    const columns = [power!, rent!].map(({ name }, at) => ({ name: `c${at}`, attribute: name, required: true }));
    const table = { name: "homes", attribute: "home", rows: "many", columns };
    const words = wordsSchema.parse({ attributes: [rent, power], tables: [table] });
    writeFileSync(
      join(pod(), "catalogue.yaml"),
      "hedgerow: 1\nattributes: [{ name: solar.power, type: float64, description: What my roof gives }]\n",
    );
    const reads = columns.map(({ name, attribute }) => ({ table: "homes", column: name, attribute }));
    const other = "77".padEnd(64, "0") as Digest;
    expect(await asked("r9", { query: other, reads: reads as never, words })).toBe("consent-waiting");
    const { out, err } = await hedgerow("grant", "show", "7700");
    expect(out).toContain("of the analyst's own (homes), laid over what your catalogue describes alike");
    expect(out).toContain("Your catalogue says of solar.power: What my roof gives");
    expect(err).toContain('does not describe flat.rent as the question does: {"name":"flat.rent","type":"float64"');
    expect(err).not.toContain('{"name":"solar.power"');
    expect(await json("grant", "show", "7700")).toMatchObject({ ask: { card: { words } } });
  });

  it("is listed, and shown in words", async () => {
    expect((await hedgerow("grant", "ls")).out).toMatch(
      /3f9a00000000 +movies +Ada Institute +research +movie\.title +ε 1/,
    );
    const { out, exitCode } = await hedgerow("grant", "show", "3f9a");
    expect(exitCode).toBe(0);
    for (const words of [
      "Ada Institute",
      "research",
      "ratings: movie.title",
      "you were found by city",
      "fewer than 50",
      "of what you allow in 30 days",
    ])
      expect(out).toContain(words);
    expect(await json("grant", "ls")).toMatchObject({
      waiting: [{ card: { query, purpose: "research" } }],
      grants: [],
    });
    expect(await json("grant", "show", "3f9b")).toMatchObject({ ok: false, code: "grant-unknown" });
  });

  it("says of what her pod has no column, and how to name one", async () => {
    const without = await hedgerow("grant", "show", "3f9a");
    expect(without.out).toMatch(/of that +no column of your pod stands for movie\.title: you would take part with no/);
    expect(without.err).toContain("hedgerow pod schema --map TABLE.COLUMN=movie.title");
    writeFileSync(join(cwd, "seen.csv"), "film,n\nAlien,1\nBrazil,2\n");
    await hedgerow("pod", "import", "seen.csv", "--yes");
    expect(await json("grant", "show", "3f9a")).toMatchObject({ ask: { lacks: ["movie.title"] } });
    await hedgerow("pod", "schema", "--map", "seen.film=movie.title");
    expect((await hedgerow("grant", "show", "3f9a")).out).not.toContain("no column");
    expect(await json("grant", "show", "3f9a")).toMatchObject({ ask: { lacks: [] } });
  });

  it("is allowed after its card is shown; the node takes part from the next use on, until it is revoked", async () => {
    const unanswered = await hedgerow("grant", "allow", "3f9a");
    expect(unanswered).toMatchObject({ exitCode: 2 });
    expect(unanswered.err).toContain("Ada Institute");
    expect(await asked("r2")).toBe("consent-waiting");
    const { id, answered } = await json("grant", "allow", "3f9a", "--yes");
    expect(answered).toBe(1);
    expect(await asked("r3")).toBe("took part");
    expect(await json("grant", "show", id)).toMatchObject({ grant: { state: "in force", on: { query } } });
    expect((await hedgerow("grant", "revoke", id)).out).toMatch(/^Revoked: grant/);
    const twice = await hedgerow("grant", "revoke", id);
    expect(twice).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^Nothing changed: .* is revoked since 20/),
    });
    expect(await json("grant", "revoke", id)).toMatchObject({ wasRevoked: true });
    expect((await hedgerow("grant", "show", id)).out).toMatch(/until +you revoked it\n +state +revoked 20/);
    expect(await asked("r4")).toBe("consent-waiting");
    expect(await json("grant", "ls")).toMatchObject({ grants: [] });
    expect((await hedgerow("grant", "ls", "--all")).out).toMatch(
      new RegExp(`${id} +allow +query 3f9a00000000 of Ada Institute +revoked`),
    );
  });

  it("is answered by a denial of what it reads, and named where an attribute is allowed and it waits on", async () => {
    const given = ["--epsilon", "1", "--until", "2999-01-01"];
    const allowed = await hedgerow("grant", "allow", "--attribute", "movie", ...given);
    expect(allowed.err).toContain("3f9a00000000 reads it and waits on");
    expect((await hedgerow("grant", "deny", "--attribute", "person")).err).not.toContain("waits on");
    expect((await hedgerow("grant", "deny", "--attribute", "movie")).out).toContain("1 ask answered");
    expect(await json("grant", "ls")).toMatchObject({ waiting: [] });
    expect(await asked("r2")).toBe("consent-denied");
  });

  it("that is over says so", async () => {
    expect((await hedgerow("grant", "ls")).out).toMatch(/SINCE +UNTIL\n.* 20\d\d-\d\d-\d\d \d\d:\d\d\n/);
    expect(await json("grant", "ls")).toMatchObject({ waiting: [{ over: false }] });
    await asked("r2", { untilMs: Date.parse("2026-01-02T03:04:00Z") });
    expect((await hedgerow("grant", "ls")).out).toMatch(/SINCE +UNTIL +TIMES\n.* over +2\n/);
    expect(await json("grant", "ls")).toMatchObject({ waiting: [{ over: true, card: { query } }] });
    expect((await hedgerow("grant", "show", "3f9a")).out).toMatch(/until +ended 2026-01-02 03:04, without you/);
  });

  it("is denied, and asks no more", async () => {
    expect((await hedgerow("grant", "deny", "3f9a")).exitCode).toBe(0);
    expect(await asked("r2")).toBe("consent-denied");
    expect(await json("grant", "ls")).toMatchObject({ waiting: [] });
  });
});

describe("grants", () => {
  it("an attribute is allowed up to a budget, until a day", async () => {
    write("hedgerow: 1\n");
    expect(await asked("r1")).toBe("consent-not-allowed");
    expect(await json("grant", "allow", "--attribute", "movie")).toMatchObject({ ok: false, code: "grant-order" });
    const given = ["--epsilon", "0.5", "--until", "2999-01-01", "--note", "for a while"];
    expect(await json("grant", "allow", "--attribute", "moovie", ...given)).toMatchObject({ code: "grant-order" });
    await json("grant", "allow", "--attribute", "movie", ...given);
    expect(await asked("r2")).toBe("took part");
    const { out } = await hedgerow("grant", "ls");
    expect(out).toMatch(/allow +movie +\d+(\.\d)? % +2999-01-01 +in force +for a while/);
    expect(await asked("r3", { cost: { rho: 1e11, delta: 0 } })).toBe("consent-not-allowed");
  });

  it("an analyst is denied everything", async () => {
    write("hedgerow: 1\ndefault: allow\n");
    expect(await asked("r1")).toBe("took part");
    await hedgerow("grant", "deny", "--analyst", "Ada Institute");
    expect(await asked("r2")).toBe("consent-denied");
    expect(await asked("r3", { analyst: { ...call("").request.analyst, principal: "Somebody" } })).toBe("took part");
  });

  it.each([
    [["grant", "allow"], "What do you allow?"],
    [["grant", "allow", "3f9a", "--attribute", "movie"], "by itself"],
    [["grant", "deny", "--attribute", "movie", "--until", "soon"], "2027-01-01"],
    [["grant", "allow", "--attribute", "movie", "--epsilon", "0"], "above 0"],
    [["grant", "allow", "--attribute", "movie", "--delta", "1e-6"], "--delta needs --epsilon"],
  ])("what cannot be meant is said: %j", async (args, words) => {
    const { exitCode, err } = await hedgerow(...args);
    expect(exitCode).toBe(2);
    expect(err).toContain(words);
  });

  it("whose end is past are over: listed where all are wanted, in text and as data", async () => {
    write("hedgerow: 1\n");
    const untilMs = Date.parse("2026-01-02T03:04:00Z");
    const grant = { id: "g0000old", effect: "allow", on: { analyst: "Ada Institute" }, budget: null, note: "" };
    const kept = toCanonical({ ...grant, madeMs: untilMs - 1, untilMs, revokedMs: null });
    const effects = [{ type: "persist", key: "grant/g0000old", value: kept }] as const;
    await withOwnerRecords(pod(), () => accept({ value: true, effects }));
    const { out, err } = await hedgerow("grant", "ls");
    expect([out, err]).toEqual([expect.stringContaining("no grant is in force"), expect.stringContaining("--all")]);
    expect(await json("grant", "ls")).toMatchObject({ grants: [] });
    expect((await hedgerow("grant", "ls", "--all")).out).toMatch(/g0000old +allow +Ada Institute +2026-01-02 +ended/);
    expect(await json("grant", "ls", "--all")).toMatchObject({ grants: [{ id: "g0000old", state: "ended" }] });
    expect(await asked("r1")).toBe("consent-not-allowed");
  });

  it("an end in the past, and a grant that is none", async () => {
    write("hedgerow: 1\n");
    expect(await json("grant", "deny", "--analyst", "A", "--until", "2020-01-01")).toMatchObject({
      code: "grant-order",
    });
    expect(await hedgerow("grant", "revoke", "g1234567")).toMatchObject({ exitCode: 1 });
  });
});

describe("rules", () => {
  it("are shown with what is spent; without any, it is said what that means", async () => {
    mkdirSync(pod(), { recursive: true });
    expect((await hedgerow("pod", "rules")).out).toContain("nothing is published, and nothing is allowed");
    write(
      "hedgerow: 1\npublish: [city]\nrules: [{ effect: allow, attributes: [movie], minimumPeople: 20, reason: fun }]\n",
    );
    await asked("r1");
    const { out } = await hedgerow("pod", "rules");
    expect(out).toMatch(/1 +allow +movie +with at least 20 people +fun/);
    const { budget } = await json("pod", "rules");
    expect(budget.spentPercent).toBeGreaterThan(0);
    expect(budget.accounts).toMatchObject([{ analyst: "Ada Institute", purpose: "research", rounds: 1 }]);
  });

  it("with faults are refused, each named", async () => {
    write("hedgerow: 1\ndefault: perhaps\nrules: [{ effect: allow, atributes: [movie] }]\n");
    const { exitCode, err } = await hedgerow("pod", "rules");
    expect(exitCode).toBe(1);
    expect(err).toContain("allow, deny, ask");
    expect(err).toContain('Did you mean "attributes"?');
    expect(await json("pod", "rules")).toMatchObject({ ok: false, code: "owner-rules-invalid" });
  });
});

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
