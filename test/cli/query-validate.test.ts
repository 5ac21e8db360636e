// hedgerow query validate: needs no node, and names places, reasons and remedies.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cwd, fake } from "./made-up-node.ts";

describe("query validate", () => {
  it("shows no more faults than anybody mends at once of what is no query", async () => {
    writeFileSync(
      join(cwd, "notes.md"),
      Array.from({ length: 60 }, (_, n) => `# ${n}\n\n\`a\` is not b: c: d\n`).join(""),
    );
    const { exitCode, out } = await (await fake())("query", "validate", "notes.md");
    expect(exitCode).toBe(1);
    expect(out.match(/notes\.md:/g)).toHaveLength(20);
    expect(out).toMatch(/and \d+ more; --json tells all/);
  });

  it("tells faults of form and all others in one run", async () => {
    const { capture } = await import("./capture.ts");
    const text =
      "hedgerow: 1\nname: n\npurpose: p\ncells:\n  a: { run: source-genrator, at: producr }\n  c: { run: sink-print, from: b, at: { matching: age > 3 } }\n";
    writeFileSync(join(cwd, "several.yaml"), text);
    const { exitCode, out } = await capture(["query", "validate", "several.yaml", "--json"], { cwd });
    expect(exitCode).not.toBe(0);
    const told = JSON.parse(out) as { faults: { code: string; line: number; remedy: string }[] };
    expect(told.faults.map(({ code, line }) => [code, line])).toEqual([
      ["unknown-operator", 5],
      ["wrong-value", 5],
      ["unknown-input", 6],
      ["placement-not-offered", 6],
    ]);
  });

  it("needs no node, and prints places that editors understand", async () => {
    const { capture } = await import("./capture.ts");
    const { exitCode, out } = await capture(["query", "validate", "cycle.yaml"], { cwd });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^cycle\.yaml:\d+:\d+: .+ \[[a-z-]+\]\n {4}\S/);
    const asJson = await capture(["query", "validate", "cycle.yaml", "--json"], { cwd });
    expect(JSON.parse(asJson.out)).toMatchObject({ at: "faulty", faults: [{ file: "cycle.yaml" }] });
  });

  it("looks at each of several files, whatever is wrong with the others", async () => {
    const { capture } = await import("./capture.ts");
    const good = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=0) COUNT(*) FROM people\n";
    writeFileSync(join(cwd, "syntax.yaml"), 'hedgerow: 1\nname: "open\n');
    writeFileSync(join(cwd, "last.sql"), good);
    const files = ["syntax.yaml", "nowhere.yaml", "cycle.yaml", "last.sql"];
    const { exitCode, out } = await capture(["query", "validate", ...files], { cwd });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^syntax\.yaml:3:1: .+ \[yaml-invalid\]\n {4}Close what was opened/m);
    expect(out).toMatch(/^nowhere\.yaml: there is no such file$/m);
    expect(out).toMatch(/^cycle\.yaml:\d+:\d+: /m);
    expect(out).toMatch(/^last\.sql: query last has no faults$/m);
    const asJson = await capture(["query", "validate", ...files, "--json"], { cwd });
    const lines = asJson.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ at, file }) => [at, file])).toEqual([
      ["faulty", "syntax.yaml"],
      ["unread", "nowhere.yaml"],
      ["faulty", "cycle.yaml"],
      ["valid", "last.sql"],
    ]);
    expect((await capture(["query", "validate", "last.sql", "last.sql"], { cwd })).exitCode).toBe(0);
  });

  it("takes a question in SQL the same way, and says what it took for granted", async () => {
    const { capture } = await import("./capture.ts");
    writeFileSync(join(cwd, "good.sql"), "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) COUNT(*) FROM people\n");
    const good = await capture(["query", "validate", "good.sql"], { cwd });
    expect(good).toMatchObject({ exitCode: 0 });
    expect(good.out).toContain("good.sql: query good has no faults\n    epsilon is not given: 1 is taken.\n");
    writeFileSync(join(cwd, "bad.sql"), "SELECT COUNT(*)\nFROM peple\n");
    const bad = await capture(["query", "validate", "bad.sql"], { cwd });
    expect(bad.exitCode).toBe(1);
    expect(bad.out).toMatch(
      /^bad\.sql:1:1: .+ \[sql-privacy\]\n {4}.+\nbad\.sql:2:6: .+ \[sql-unknown-name\]\n {4}.+"people"\?\n$/,
    );
  });
});
