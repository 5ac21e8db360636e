// hedgerow grant and hedgerow pod rules: an owner decides. What became of it: consent-history.test.ts.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { accept, type Digest, toCanonical } from "../../src/core/base/index.ts";
import { wordsSchema } from "../../src/core/model/index.ts";
import { withOwnerRecords } from "../../src/io/pod/index.ts";
import { cwd } from "./own-folder.ts";
import { asked, call, hedgerow, json, pod, query, write } from "./owner-folder.ts";

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

  it("that name what nobody can ask for are told, with what was meant; a parent stands for its children", async () => {
    write("hedgerow: 1\nrules: [{ effect: deny, attributes: [person.agee, work, movie.title] }, { effect: allow }]\n");
    const { out, exitCode } = await hedgerow("pod", "rules");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/Rule 1 names person\.agee, which neither .* Did you mean person\.age\?/);
    expect((await json("pod", "rules")).strange).toEqual([{ rule: 1, attribute: "person.agee", meant: "person.age" }]);
  });

  it("that end before they begin are refused", async () => {
    write("hedgerow: 1\nrules: [{ effect: allow, from: 2027-01-01, until: 2026-01-01 }]\n");
    expect((await hedgerow("pod", "rules")).err).toContain("ends before it begins");
    write("hedgerow: 1\nmessages: [{ effect: allow, from: 2027-01-01, until: 2027-01-01 }]\n");
    expect((await hedgerow("pod", "rules")).err).toContain("ends before it begins");
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
