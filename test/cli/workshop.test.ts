// hedgerow operator and hedgerow sim: what needs no network at all.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-workshop-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const hedgerow = (...args: string[]) => capture(args, { cwd });

describe("operator", () => {
  it("new, check, run: what is laid out works at once, and runs the same twice", async () => {
    const made = await hedgerow("operator", "new", "double", "--json");
    expect(made.exitCode).toBe(0);
    const { files } = JSON.parse(made.out) as { files: string[] };
    expect(files).toContain("operator.yaml");
    expect(JSON.parse((await hedgerow("operator", "check", "double", "--json")).out)).toMatchObject({
      ok: true,
      name: "double",
    });
    const input = join("double", files.find((file) => file.startsWith("input.")) ?? "");
    const [once, twice] = [
      await hedgerow("operator", "run", "double", "--input", input),
      await hedgerow("operator", "run", "double", "--input", input),
    ];
    expect(once.exitCode).toBe(0);
    expect(once.out).toBe(twice.out);
    const digest = (text: string) => /digest of the output ([0-9a-f]{64})/.exec(text)?.[1];
    expect(digest(once.err)).toBeDefined();
    expect(digest(once.err)).toBe(digest(twice.err));
    for (const line of once.out.trimEnd().split("\n")) expect(JSON.parse(line)).toBeTypeOf("object");
  });

  it("a manifest with a fault, a missing folder and a param that is none are told", async () => {
    await hedgerow("operator", "new", "double");
    writeFileSync(join(cwd, "double/operator.yaml"), "name: double\nkindd: transform\n");
    const broken = await hedgerow("operator", "check", "double");
    expect(broken.exitCode).toBe(1);
    expect(broken.err).toContain("kindd");
    expect((await hedgerow("operator", "check", "nowhere", "--json")).exitCode).toBe(1);
    const { exitCode, err } = await hedgerow("operator", "run", "double", "--input", "x.csv", "--param", "factor");
    expect(exitCode).toBe(2);
    expect(err).toContain("--param factor=3");
  });

  it("a folder that holds an operator is not overwritten", async () => {
    await hedgerow("operator", "new", "double");
    const { exitCode, err } = await hedgerow("operator", "new", "double");
    expect(exitCode).toBe(1);
    expect(err).toContain("something in this folder already, and it is not overwritten");
  });

  it("a param that it does not take, and records that are not there, are told in plain words", async () => {
    await hedgerow("operator", "new", "by-age");
    const mistyped = await hedgerow("operator", "run", "by-age", "--input", "by-age/input.csv", "--param", "yers=5");
    expect(mistyped.err).toContain('by-age has no param "yers": it takes years. Did you mean "years"?');
    const nowhere = await hedgerow("operator", "run", "by-age", "--input", "nofile.csv");
    expect(nowhere.err).toMatch(/Give a \.csv[\s\S]*nofile\.csv: there is no such file/);
    for (const { exitCode, err } of [mistyped, nowhere]) {
      expect(exitCode).toBe(1);
      expect(err).not.toMatch(/ENOENT|blame|detail/);
    }
  });

  it("query validate of a folder says that a file is needed, and of a faulty file nothing about sending", async () => {
    const folder = await hedgerow("query", "validate", ".");
    expect(folder.exitCode).toBe(1);
    expect(folder.err).toContain("is a folder. Give the query's file");
    writeFileSync(join(cwd, "q.yaml"), "hedgerow: 1\n");
    expect((await hedgerow("query", "validate", "q.yaml")).err).toMatch(/^\d faults\n$/);
  });
});

describe("sim", () => {
  it("draw: the same seed gives the same trace, and says what it saw", async () => {
    const run = async () => (await hedgerow("sim", "draw", "--seed", "7", "--seeds", "2", "--json")).out;
    const first = await run();
    const lines = first
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ seed: 7 }, { seed: 8 }]);
    for (const line of lines)
      expect(line).toMatchObject({
        outcome: expect.not.stringMatching("violation"),
        traceHash: expect.stringMatching(/^[0-9a-f]{16}$/),
        conflict: expect.any(Number),
      });
    expect(await run()).toBe(first);
    const { exitCode, out } = await hedgerow("sim", "draw", "--seeds", "1");
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /1 seed from 1: no violation[\s\S]*rosters accepted[\s\S]*runs that convict of broken-commitment/,
    );
  });

  it("lifecycle: the same seed gives the same trace", async () => {
    const run = async () => (await hedgerow("sim", "lifecycle", "--first", "7", "--seeds", "2", "--json")).out;
    const first = await run();
    expect(
      first
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { seed: number }).seed),
    ).toEqual([7, 8]);
    expect(await run()).toBe(first);
  });

  it.each(["lifecycle", "draw"])(
    "%s --trace --json: each line carries the steps that the trace without --json prints",
    async (what) => {
      const one = ["sim", what, "--seeds", "1", "--trace"];
      const [line, ...more] = (await hedgerow(...one, "--json")).out.trimEnd().split("\n");
      expect(more).toEqual([]);
      const { seed, trace } = JSON.parse(line!) as { seed: number; trace: string[] };
      expect(seed).toBe(1);
      expect(trace.length).toBeGreaterThan(10);
      const { out } = await hedgerow(...one);
      expect(out.startsWith(`${trace.join("\n")}\nseed 1: `)).toBe(true);
      const bare = JSON.parse((await hedgerow("sim", what, "--seeds", "1", "--json")).out) as object;
      expect(bare).not.toHaveProperty("trace");
    },
  );

  it("membership: says that it converged and fell silent", async () => {
    const { exitCode, out } = await hedgerow("sim", "membership", "--nodes", "12", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ nodes: 12, converged: true, gossipAfterConvergence: 0 });
  });

  it("a share of lost messages that is none is a usage fault", async () => {
    const { exitCode, err } = await hedgerow("sim", "membership", "--loss", "2");
    expect(exitCode).toBe(2);
    expect(err).toContain("from 0 to below 1");
  });
});
