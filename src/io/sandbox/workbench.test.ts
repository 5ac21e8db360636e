import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOperator, operatorLanguages, runOperator, scaffoldOperator } from "./index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hedgerow-operator-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function scaffolded(language: (typeof operatorLanguages)[number], name = "mine"): Promise<string> {
  const made = await scaffoldOperator(join(folder, name), { name, language });
  expect(made).toMatchObject({ ok: true });
  return join(folder, name);
}

describe("the workbench", () => {
  it.each(operatorLanguages)("makes a folder for %s that passes its check at once", async (language) => {
    const report = await checkOperator(await scaffolded(language, "my-operator"));
    expect(report).toMatchObject({
      ok: true,
      value: { manifest: { name: "my-operator" }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it("does not write into a folder that has files, nor under a name that is none", async () => {
    await scaffolded("javascript");
    expect(await scaffoldOperator(join(folder, "mine"), { name: "mine", language: "c" })).toMatchObject({
      code: "operator-exists",
      blame: join(folder, "mine"),
    });
    expect(await scaffoldOperator(join(folder, "other"), { name: "No Name", language: "c" })).toMatchObject({
      code: "operator-name",
      blame: join(folder, "other"),
    });
  });

  it("runs an operator over a CSV file, and twice gives one digest", async () => {
    const mine = await scaffolded("javascript");
    const first = await runOperator(mine, join(mine, "input.csv"), {});
    expect(first).toMatchObject({
      ok: true,
      value: { rows: [{ "person.age_group": "30-39" }, { "person.age_group": "10-19" }] },
    });
    const second = await runOperator(mine, join(mine, "input.csv"), {});
    expect(first.ok && second.ok && first.value.digest === second.value.digest).toBe(true);
    const wider = await runOperator(mine, join(mine, "input.csv"), { years: 20 });
    expect(wider).toMatchObject({
      ok: true,
      value: { rows: [{ "person.age_group": "20-39" }, { "person.age_group": "0-19" }] },
    });
    expect(first.ok && wider.ok && first.value.digest !== wider.value.digest).toBe(true);
  });

  it("hands params to a module, and keeps its state from batch to batch", async () => {
    const mine = await scaffolded("assemblyscript");
    const lines = Array.from({ length: 3000 }, () => '{"value":1}').join("\n");
    await writeFile(join(mine, "many.ndjson"), lines);
    const run = await runOperator(mine, join(mine, "many.ndjson"), { start: -100 });
    expect(run.ok && [run.value.rows.length, run.value.rows[0], run.value.rows[2999]]).toEqual([
      3000,
      { value: -99 },
      { value: 2900 },
    ]);
  });

  it("names file, key and what is allowed for a fault in the manifest", async () => {
    const mine = await scaffolded("javascript");
    const file = join(mine, "operator.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("format: javascript", "format: python").replace("years: 10", "Years: 10"));
    const checked = await checkOperator(mine);
    if (checked.ok) throw new Error("accepted");
    expect(checked.code).toBe("manifest-invalid");
    expect(checked.detail).toContain(`${file}:`);
    expect(checked.detail).toContain("body.format");
    expect(checked.detail).toMatch(/wasm.*javascript/);
    expect(checked.detail).toContain("params.Years");
  });

  it("says what is missing: the manifest, the body, an input that it can read", async () => {
    expect(await checkOperator(folder)).toMatchObject({ code: "operator-file", blame: join(folder, "operator.yaml") });
    const mine = await scaffolded("javascript");
    expect(await runOperator(mine, join(mine, "input.txt"), {})).toMatchObject({
      code: "input-file",
      detail: "the name must end in .csv, .ndjson or .jsonl",
    });
    expect(await runOperator(mine, join(mine, "none.csv"), {})).toMatchObject({
      code: "input-file",
      blame: join(mine, "none.csv"),
    });
    expect(await runOperator(mine, join(mine, "input.csv"), { months: 3 })).toMatchObject({
      code: "operator-params",
      blame: "params.months",
    });
    await writeFile(join(mine, "bad.csv"), "person.age\nsoon\n");
    expect(await runOperator(mine, join(mine, "bad.csv"), {})).toMatchObject({
      code: "operator-data",
      detail: "line 2: person.age is not int64",
    });
    await rm(join(mine, "operator.js"));
    expect(await checkOperator(mine)).toMatchObject({ code: "operator-file", blame: join(mine, "operator.js") });
  });

  it("shows the author what the body threw", async () => {
    const mine = await scaffolded("javascript");
    await writeFile(join(mine, "operator.js"), "function process() { throw new Error('not yet'); }");
    expect(await checkOperator(mine)).toMatchObject({ ok: true });
    expect(await runOperator(mine, join(mine, "input.csv"), {})).toMatchObject({
      code: "operator-threw",
      detail: "Error: not yet (line 1)",
    });
  });
});
