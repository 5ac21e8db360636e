// hedgerow pod: a person's data, in and out again.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-pod-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const hedgerow = (...args: string[]) => capture(args, { cwd, env: { HEDGEROW_NODE: join(cwd, "node") } });
const json = async (...args: string[]) =>
  JSON.parse((await hedgerow(...args, "--json")).out) as Record<string, unknown>;
const lines = async (question: string) =>
  (await hedgerow("pod", "sql", question, "--json")).out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const write = (name: string, text: string | Buffer) => writeFileSync(join(cwd, name), text);

const statement = `Day;Shop;Amount (EUR);Paid at
01.02.2024;Bäcker;3,50;2024-02-01 08:00:00 +0100
14.02.2024;"Büch""er; Co";1.234,56;2024-02-14T10:00:00Z
14.02.2024;Kiosk;2,00;2024-02-14T10:00:00Z
14.02.2024;Kiosk;2,00;2024-02-14T10:00:00Z
`;

describe("import", () => {
  it("shows types and units and does nothing until somebody confirms", async () => {
    write("statement.csv", statement);
    const shown = await hedgerow("pod", "import", "statement.csv");
    expect(shown.exitCode).toBe(2);
    expect(shown.err).toMatch(/amount_eur +float64\/decimal-comma +EUR/);
    expect(shown.err).toContain("--yes");
    expect(existsSync(join(cwd, "node/pod"))).toBe(false);
    const { exitCode, out } = await hedgerow("pod", "import", "statement.csv", "--json");
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ ok: false, plan: { tables: [{ name: "statement" }] } });
  });

  it("twice adds nothing; equal rows of one file are kept; a longer export adds what is new", async () => {
    write("statement.csv", statement);
    expect(await json("pod", "import", "statement.csv", "--yes")).toMatchObject({ added: 4, known: 0, rejected: 0 });
    expect(await json("pod", "import", "statement.csv")).toMatchObject({ added: 0, known: 4 });
    write("later.csv", `${statement}15.02.2024;Kiosk;2,00;\n`);
    expect(await json("pod", "import", "later.csv", "--table", "statement")).toMatchObject({ added: 1, known: 4 });
    const [row] = await lines("select * from statement where shop like 'Büch%'");
    expect(row).toEqual({
      day: "2024-02-14",
      shop: 'Büch"er; Co',
      amount_eur: 1234.56,
      paid_at: "2024-02-14T10:00:00Z",
    });
  });

  it("another type for a column that is there is refused, not forgotten about", async () => {
    write("s.csv", "day,used\n2024-01-01,1.5\n");
    await hedgerow("pod", "import", "s.csv", "--yes", "--type", "used=float64:kWh");
    for (const types of ["used=text", "s.used=text", "used=float64:Wh"]) {
      const { exitCode, err } = await hedgerow("pod", "import", "s.csv", "--type", types);
      expect([types, exitCode]).toEqual([types, 1]);
      expect(err).toContain("used as float64:kWh already");
      expect(err).toContain("hedgerow pod forget --table s");
    }
    for (const types of ["used=float64:kWh", "used=float64"])
      expect(await json("pod", "import", "s.csv", "--type", types)).toMatchObject({ known: 1 });
    await hedgerow("pod", "forget", "--table", "s", "--yes");
    expect(await json("pod", "import", "s.csv", "--yes", "--type", "used=text")).toMatchObject({ added: 1 });
  });

  it("rows that do not fit go to a side file with the reason, which others cannot read", async () => {
    write("a.csv", "day,n\n2024-01-01,1\n2024-01-02,2\n");
    await hedgerow("pod", "import", "a.csv", "--yes");
    write("a.csv", "day,n\n2024-01-03,NaN\n2024-99-99,3\n2024-01-05\n2024-01-06,4\n");
    const report = await json("pod", "import", "a.csv");
    expect(report).toMatchObject({ added: 1, rejected: 3 });
    const file = report.rejectsFile as string;
    expect(statSync(file).mode & 0o077).toBe(0);
    const reasons = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(reasons.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([
      'n: "NaN" is not a whole number',
      'day: "2024-99-99" is not a date',
      "1 cells instead of 2",
    ]);
  });

  it("nothing of it stands in the pod's files in clear", async () => {
    write("a.csv", `name,n\n${Array.from({ length: 5_000 }, (_, n) => `unmistakable-${n},${n}`).join("\n")}\n`);
    await hedgerow("pod", "import", "a.csv", "--yes");
    for (const name of ["pod.db", "pod.db-wal"]) {
      const file = join(cwd, "node/pod", name);
      if (existsSync(file)) expect(readFileSync(file).includes("unmistakable")).toBe(false);
    }
    writeFileSync(join(cwd, "node/pod/pod.key"), `hedgerow pod key, sealed by software\n${"A".repeat(43)}=\n`);
    expect((await json("pod", "ls")).code).toBe("pod-damaged");
  });

  it("objects in objects become columns, later keys are kept, in JSON and in NDJSON", async () => {
    write("people.json", '{"made":"x","people":[{"name":"a","address":{"city":"Ulm"}},{"name":"b","tags":[1]}]}');
    expect(await json("pod", "import", "people.json", "--yes")).toMatchObject({ added: 2, tables: ["people"] });
    expect(await lines("select name, address_city, tags from people")).toEqual([
      { name: "a", address_city: "Ulm", tags: null },
      { name: "b", address_city: null, tags: "[1]" },
    ]);
    write("n.ndjson", '{"a":1}\n{"a":2}\n');
    expect(await json("pod", "import", "n.ndjson", "--yes")).toMatchObject({ added: 2 });
  });

  it("says what to do about a file that is not what it should be", async () => {
    write("latin.csv", Buffer.from("name,n\nB\xe4cker,1\n", "latin1"));
    expect((await json("pod", "import", "latin.csv")).code).toBe("pod-file-encoding");
    expect(await json("pod", "import", "latin.csv", "--encoding", "windows-1252", "--yes")).toMatchObject({ added: 1 });
    write("utf16.csv", Buffer.from("\ufeffname,n\nBäcker,1\n", "utf16le"));
    expect(await json("pod", "import", "utf16.csv", "--yes")).toMatchObject({ added: 1 });
    write("empty.csv", "");
    expect((await json("pod", "import", "empty.csv")).code).toBe("pod-file-empty");
    write("noise.bin", Buffer.from([0, 1, 2, 3, 4]));
    expect((await json("pod", "import", "noise.bin")).code).toBe("pod-format-unknown");
    write("deep.json", `${"[".repeat(1_000)}`);
    expect((await json("pod", "import", "deep.json")).code).toBe("pod-file-deep");
    write("bad.zip", "PK\u0003\u0004nonsense");
    expect((await json("pod", "import", "bad.zip")).code).toBe("pod-zip-unfit");
    expect((await json("pod", "import", "nowhere.csv")).code).toBe("file");
    write("cell.csv", `a,b\n1,x\n2,${"z".repeat(2 * 1024 * 1024)}\n`);
    expect(await json("pod", "import", "cell.csv", "--yes")).toMatchObject({ added: 1, rejected: 1 });
  });
});

describe("in it", () => {
  beforeEach(async () => {
    write("statement.csv", statement);
    await hedgerow("pod", "import", "statement.csv", "--yes");
  });

  it("SQL is only read", async () => {
    for (const question of [
      "delete from statement",
      "with x as (select 1) delete from statement",
      "drop table statement",
    ]) {
      expect((await hedgerow("pod", "sql", question)).exitCode).toBe(1);
    }
    expect(await lines("select count(*) as n from statement")).toEqual([{ n: 4 }]);
  });

  it("more than one statement is refused, as nothing but the first would be done", async () => {
    for (const second of ["delete from statement", "garbage("]) {
      const { exitCode, out, err } = await hedgerow("pod", "sql", `select 1; ${second}`);
      expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
      expect(err).toContain("Ask one question at a time");
    }
    expect(await lines("select ';' as s; -- ; and that is all;")).toEqual([{ s: ";" }]);
  });

  it("export gives what was imported, as CSV, JSON and lines", async () => {
    const csv = await hedgerow("pod", "export", "statement");
    expect(csv.out.split("\n")[2]).toBe('2024-02-14,"Büch""er; Co",1234.56,2024-02-14T10:00:00Z');
    expect(JSON.parse((await hedgerow("pod", "export", "statement", "--as", "json")).out)).toHaveLength(4);
    expect(await json("pod", "export", "statement", "--out", "out.csv")).toMatchObject({ rows: 4 });
    expect(statSync(join(cwd, "out.csv")).mode & 0o077).toBe(0);
    expect(existsSync(join(cwd, "out.csv.part"))).toBe(false);
    const twice = await hedgerow("pod", "export", "statement", "--as", "json", "--out", "out.csv");
    expect(twice).toMatchObject({ exitCode: 1, err: expect.stringContaining("out.csv exists already") });
    expect(readFileSync(join(cwd, "out.csv"), "utf8")).toBe(csv.out);
    const nowhere = await hedgerow("pod", "export", "statement", "--out", "nowhere/out.csv");
    expect(nowhere.err).toContain(`There is no folder ${join(cwd, "nowhere")}. Check its name, or make it`);
    expect((await json("pod", "export", "nothing")).code).toBe("pod-unknown-table");
  });

  it("forget takes a source, a table, and the whole pod", async () => {
    write("more.csv", "Day;Shop;Amount (EUR);Paid at\n01.03.2024;Neu;1,00;\n");
    await hedgerow("pod", "import", "more.csv", "--table", "statement");
    expect((await hedgerow("pod", "forget", "--source", "more.csv")).exitCode).toBe(2);
    expect(await json("pod", "forget", "--source", "more.csv", "--yes")).toMatchObject({ rows: 1 });
    expect(await lines("select count(*) as n from statement")).toEqual([{ n: 4 }]);
    expect(await json("pod", "import", "statement.csv")).toMatchObject({ added: 0, known: 4 });
    expect(await json("pod", "forget", "--table", "statement", "--yes")).toMatchObject({ rows: 4 });
    expect(await json("pod", "forget", "--all", "--yes")).toMatchObject({ whole: true });
    expect(existsSync(join(cwd, "node/pod/pod.key"))).toBe(false);
    expect((await json("pod", "ls")).code).toBe("pod-missing");
  });

  it("schema shows what is private and maps columns to attributes of their type", async () => {
    const shop = async () =>
      (
        (await json("pod", "schema", "statement")).tables as { columns: { name: string; attribute: string | null }[] }[]
      )[0]!.columns.find(({ name }) => name === "shop")!.attribute;
    expect(await shop()).toBeNull();
    await hedgerow("pod", "schema", "--map", "statement.shop=bank.counterparty");
    expect(await shop()).toBe("bank.counterparty");
    await hedgerow("pod", "schema", "--map", "statement.shop=private");
    expect(await shop()).toBeNull();
    const misfit = await json("pod", "schema", "--map", "statement.shop=person.age");
    expect(misfit).toMatchObject({ code: "pod-mapping", detail: expect.stringContaining("--type shop=int64:years") });
    // One that is refused keeps none of the others, wherever it stands and whatever is wrong with it.
    const good = ["--map", "statement.shop=bank.counterparty"];
    for (const [wrong, code] of [
      [[...good, "--map", "statement.shop=person.age"], "pod-mapping"],
      [[...good, "--map", "statement.shp=bank.counterparty"], "pod-unknown-table"],
      [[...good, "--map", "statement=bank.counterparty"], "usage"],
      [["nosuch", ...good], "pod-unknown-table"],
    ] as const) {
      expect(await json("pod", "schema", ...wrong)).toMatchObject({ ok: false, code });
      expect(await shop()).toBeNull();
    }
    writeFileSync(
      join(cwd, "node/pod/catalogue.yaml"),
      "hedgerow: 1\nattributes: [{ name: shop.kind, type: text, description: kind of shop }]\n",
    );
    await hedgerow("pod", "schema", "--map", "statement.shop=shop.kind");
    expect(await shop()).toBe("shop.kind");
    expect((await hedgerow("pod", "schema", "--attributes")).out).toContain("person.age.band");
  });

  it("ls tells tables and sources", async () => {
    expect(await json("pod", "ls")).toMatchObject({
      tables: [{ name: "statement", rows: 4 }],
      sources: [{ source: "statement.csv", added: 4 }],
    });
  });
});

it("a large file goes through its own thread, and resumes after an interruption", async () => {
  const rows = Array.from({ length: 120_000 }, (_, n) => `2024-01-01T00:00:00Z,shop number ${n},${n / 100},EUR`);
  write("large.csv", `at,shop,amount,currency\n${rows.join("\n")}\n`);
  await hedgerow("pod", "import", "large.csv", "--yes");
  expect(await lines("select count(*) as n, sum(amount) as s from large")).toEqual([{ n: 120_000, s: 71_999_400 }]);
  expect(await json("pod", "import", "large.csv")).toMatchObject({ added: 0, known: 120_000 });
});

describe("synth", () => {
  it("the same seed gives the same people, as pods and as files", async () => {
    expect(await json("pod", "synth", "--people", "2", "--out", "people", "--seed", "5")).toMatchObject({ people: 2 });
    await hedgerow("pod", "synth", "--people", "3", "--out", "again", "--seed", "5", "--as", "files");
    const { out } = await hedgerow("pod", "export", "profile", "--node", join(cwd, "people/person-0002"));
    expect(out).toBe(readFileSync(join(cwd, "again/person-0002/profile.csv"), "utf8"));
    const schema = await json("pod", "schema", "profile", "--node", join(cwd, "people/person-0001"));
    expect(JSON.stringify(schema)).toContain("work.sick_leave");
    expect((await json("pod", "synth", "--people", "1", "--out", "people")).code).toBe("pod-order");
  });

  it("what it writes as files can be imported", async () => {
    await hedgerow("pod", "synth", "--people", "1", "--out", "files", "--as", "files");
    for (const name of ["profile", "ratings", "electricity_readings", "samples", "bank_transactions"]) {
      expect(await json("pod", "import", `files/person-0001/${name}.csv`, "--yes")).toMatchObject({ rejected: 0 });
    }
    expect(await lines("select count(*) > 50 as many, min(pm25) > 0 as dusty from samples")).toEqual([
      { many: 1, dusty: 1 },
    ]);
  });
});
