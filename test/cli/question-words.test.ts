// hedgerow query … --catalogue WORDS.yaml: words of an analyst's own beside a question.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createPodThread } from "../../src/io/pod/index.ts";
import { standardCatalogue } from "../../src/sdk/catalogue.ts";
import { askedOf, readSubmission, readWordsFile } from "../../src/sdk/query.ts";
import { capture } from "./capture.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-words-"));
const words = readFileSync("examples/own-words/solar.yaml", "utf8");
writeFileSync(join(cwd, "roofs.sql"), readFileSync("examples/own-words/roofs.sql"));
writeFileSync(join(cwd, "solar.yaml"), words);
writeFileSync(join(cwd, "standard.yaml"), words.replace("solar_days", "ratings"));
writeFileSync(join(cwd, "columns.yaml"), `${words}columns:\n  - { column: pv, attribute: solar.yield }\n`);
writeFileSync(join(cwd, "flow.yaml"), "hedgerow: 1\n");
writeFileSync(join(cwd, "large.yaml"), `${words}${"#\n".repeat(32 * 1024)}`);
writeFileSync(join(cwd, "binary.yaml"), Buffer.from("hedgerow: 1\0", "latin1"));
writeFileSync(join(cwd, "latin.yaml"), Buffer.from("# für Dächer\nhedgerow: 1\n", "latin1"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const query = (...args: string[]) => capture(["query", ...args], { cwd });

it("validates a question with the words that it names, and says who can answer", async () => {
  expect(await query("validate", "roofs.sql")).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(
      /^roofs\.sql:6:6: there is no table solar_days.*\n *Tables: people,.*\. A table of your own comes with --catalogue FILE\.\n/,
    ),
  });
  const { exitCode, out } = await query("validate", "roofs.sql", "--catalogue", "solar.yaml");
  expect(exitCode).toBe(0);
  expect(out).toContain("query roofs has no faults");
  expect(out).toMatch(/not described solar\.yield with the same type, unit and ladder takes part with no rows/);
  expect(out).toContain("Who does not allow solar.yield by name refuses, or is asked first.");
});

it("names file, line and remedy of a fault of the words", async () => {
  const line = words.split("\n").findIndex((one) => one.includes("solar_days")) + 1;
  const standard = await query("validate", "roofs.sql", "--catalogue", "standard.yaml");
  expect(standard).toMatchObject({ exitCode: 1 });
  expect(standard.out).toContain(`standard.yaml:${line}:5: ratings is a table of the standard catalogue`);
  expect(standard.out).toContain("give yours another name.");
  const columns = await query("validate", "roofs.sql", "--catalogue", "columns.yaml", "--json");
  expect(JSON.parse(columns.out)).toMatchObject({
    at: "faulty",
    faults: [
      { file: "columns.yaml", code: "ask-words", path: "columns", remedy: expect.stringContaining("each owner") },
    ],
  });
});

it("says what is wrong with a file that cannot be read, and that a query in YAML takes none", async () => {
  const problems: readonly [string, RegExp][] = [
    ["nowhere.yaml", /There is no file .*nowhere\.yaml/],
    [".", /is a folder\. Give the file with your words, such as .*\/words\.yaml\./],
    ["large.yaml", /larger than a file of words may be \(64 KiB\)/],
    // Without a size, and without an end.
    ["/dev/zero", /larger than a file of words may be \(64 KiB\)/],
    ["binary.yaml", /binary\.yaml is no text in UTF-8\. Save it as UTF-8, or give another file\./],
    ["latin.yaml", /latin\.yaml is no text in UTF-8/],
  ];
  for (const [file, sentence] of problems) {
    const { exitCode, err } = await query("validate", "roofs.sql", "--catalogue", file);
    expect([file, exitCode, err]).toEqual([file, 1, expect.stringMatching(sentence)]);
    expect(err).not.toMatch(/EISDIR|ENOENT/);
  }
  const both = await query("validate", "roofs.sql", "roofs.sql", "--catalogue", "nowhere.yaml");
  expect(both).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("nowhere.yaml") });
  const flow = await query("validate", "flow.yaml", "--catalogue", "solar.yaml");
  expect(flow).toMatchObject({ exitCode: 2, err: expect.stringContaining("--catalogue is for questions in SQL") });
});

it("is tried over invented people", async () => {
  const tried = await query(
    ...["run", "roofs.sql", "--catalogue", "solar.yaml"],
    ...["--dry-run", "--people", "100", "--willing", "all", "--json"],
  );
  expect(tried).toMatchObject({ exitCode: 0 });
  const { answer, decisions, notes } = JSON.parse(tried.out);
  expect(decisions.contributed).toBe(100);
  expect(answer.columns[0]).toMatchObject({ name: "kwh_a_day", unit: "kWh" });
  expect(notes.join(" ")).toContain("solar_days");
});

it("is answered from what an owner imports with the catalogue beside it", async () => {
  const examples = resolve("examples/own-words");
  mkdirSync(join(cwd, "node/pod"), { recursive: true });
  copyFileSync(join(examples, "pod-catalogue.yaml"), join(cwd, "node/pod/catalogue.yaml"));
  const pod = (...args: string[]) => capture(["pod", ...args], { cwd, env: { HEDGEROW_NODE: join(cwd, "node") } });
  expect(await pod("import", join(examples, "roof.csv"), "--yes")).toMatchObject({ exitCode: 0 });
  const { out } = await pod("schema");
  expect(out).toMatch(/yield_kwh.*solar\.yield/);
  expect(out).toMatch(/day.*solar\.day/);
  const asked = askedOf(
    { ...readSubmission(join(examples, "roofs.sql")), words: readWordsFile("examples/own-words/solar.yaml") },
    9,
  );
  if (!asked.ok) throw new Error(JSON.stringify(asked.faults));
  const thread = createPodThread(standardCatalogue);
  const answer = await thread.answer(join(cwd, "node/pod"), asked.question.local).finally(() => thread.close());
  expect(answer).toMatchObject({ ok: true, value: { lacks: [] } });
  expect(answer.ok && answer.value.rows.map(([kwh]) => kwh)).toEqual([22, 24, 8, 18, 26]);
});
