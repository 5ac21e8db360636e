// The example operators: the committed bodies behave as their sources say, give one digest wherever they run, and are what
// the sources build to. C is built where clang and wasm-ld are at hand.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { operatorManifestSchema } from "../../src/core/model/index.ts";
import { createSandbox, type Sandbox } from "../../src/io/sandbox/index.ts";
import { batchOf, rowsOf } from "../../src/operators/harness.ts";
import { must } from "./sandbox-harness.ts";

const examples = join(import.meta.dirname, "../../examples/operators");
const inputs: Record<string, Record<string, unknown>[]> = {
  assemblyscript: Array.from({ length: 2000 }, (_, i) => ({ value: BigInt(i) - 700n })),
  c: Array.from({ length: 2000 }, (_, i) => ({ temperature: i / 7 - 40 })),
  javascript: Array.from({ length: 300 }, (_, i) => ({ "person.age": i % 9 === 0 ? null : BigInt(i % 100) })),
};

let sandbox: Sandbox;
let scratch: string;
beforeAll(() => {
  sandbox = createSandbox();
  scratch = mkdtempSync(join(tmpdir(), "hedgerow-examples-"));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(scratch, { recursive: true });
});

async function outputOf(language: string, body?: Uint8Array) {
  const manifest = operatorManifestSchema.parse(parse(readFileSync(join(examples, language, "operator.yaml"), "utf8")));
  const code = body ?? new Uint8Array(readFileSync(join(examples, language, manifest.body.file)));
  const order = { format: manifest.body.format, body: code, manifest, params: {}, inputs: [manifest.consumes] };
  const operator = must(await sandbox.start(order));
  const output = must(await operator.process(0, batchOf(manifest.consumes, inputs[language]!)));
  await operator.close();
  return { rows: rowsOf(manifest.produces, output!), digest: createHash("sha256").update(output!).digest("hex") };
}

function build(language: string): Uint8Array {
  const file = join(scratch, `${language}.wasm`);
  const built = spawnSync(join(examples, language, "build.sh"), [file], { encoding: "utf8", timeout: 60_000 });
  expect(`${built.status} ${built.stderr}`).toMatch(/^0/);
  return new Uint8Array(readFileSync(file));
}

const hasClang = ["clang", "wasm-ld"].every((tool) => spawnSync(tool, ["--version"]).status === 0);

describe("the example operators", () => {
  it("do what they say", async () => {
    let total = 0n;
    const totals = inputs.assemblyscript!.map(({ value }) => {
      total += value as bigint;
      return { value: total };
    });
    expect((await outputOf("assemblyscript")).rows).toEqual(totals);
    const fahrenheit = inputs.c!.map(({ temperature }) => ({ temperature: ((temperature as number) * 9) / 5 + 32 }));
    expect((await outputOf("c")).rows).toEqual(fahrenheit);
    expect((await outputOf("javascript")).rows.slice(0, 2)).toEqual([
      { "person.age_group": "0-9" },
      { "person.age_group": "0-9" },
    ]);
  });

  it.each(Object.keys(inputs))("same input, same output digest: %s", async (language) => {
    const digests = [await outputOf(language), await outputOf(language), await outputOf(language)].map(
      (output) => output.digest,
    );
    expect(new Set(digests).size).toBe(1);
  });

  it("AssemblyScript: the source builds to an operator that behaves as the committed one", async () => {
    expect(await outputOf("assemblyscript", build("assemblyscript"))).toEqual(await outputOf("assemblyscript"));
  });

  it.skipIf(!hasClang)(
    "C: the source builds to an operator that behaves as the committed one (needs clang and wasm-ld)",
    async () => {
      expect(await outputOf("c", build("c"))).toEqual(await outputOf("c"));
    },
  );
});
