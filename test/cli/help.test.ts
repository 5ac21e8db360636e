// Every command says what it does, gives an example that parses, and answers mistakes with the next step.
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { processTerminal } from "../../src/cli/terminal.ts";
import { capture } from "./capture.ts";

function commandsBelow(command: Command, path: string[] = []): { path: string[]; command: Command }[] {
  return command.commands.flatMap((child) => [
    { path: [...path, child.name()], command: child },
    ...commandsBelow(child, [...path, child.name()]),
  ]);
}

const program = buildProgram({ terminal: processTerminal(), exitCode: 0 });
const all = commandsBelow(program);
const leaves = all.filter(({ command }) => command.commands.length === 0);

it("the tree has every command of the handbook", () => {
  expect(leaves.map(({ path }) => path.join(" "))).toEqual(
    expect.arrayContaining([
      ...["init", "issue", "revoke"].map((name) => `authority ${name}`),
      ...["init", "start", "status", "peers", "connect", "stop"].map((name) => `node ${name}`),
      ...["validate", "plan", "run", "ls", "show", "watch", "logs", "stop", "result", "audit"].map(
        (name) => `query ${name}`,
      ),
      ...["new", "check", "run"].map((name) => `operator ${name}`),
      ...["ls", "show", "allow", "deny", "revoke"].map((name) => `grant ${name}`),
      ...["rules", "history", "results", "inbox"].map((name) => `pod ${name}`),
      "diffuse",
      ...["lifecycle", "draw", "membership"].map((name) => `sim ${name}`),
      "up",
      "doctor",
    ]),
  );
});

describe("help", () => {
  it("of hedgerow itself explains exit codes and which node is meant", async () => {
    const bare = await capture([]);
    expect(bare).toMatchObject({ exitCode: 0, err: "" });
    for (const words of ["Exit codes", "130 interrupted", "HEDGEROW_NODE", "Examples:"])
      expect(bare.out).toContain(words);
  });

  it("is also a command: hedgerow help query run", async () => {
    for (const [asked, same] of [
      [
        ["help", "query", "run"],
        ["query", "run", "--help"],
      ],
      [
        ["query", "help", "run"],
        ["query", "run", "--help"],
      ],
      [["help"], ["--help"]],
    ] as const) {
      expect(await capture([...asked])).toEqual(await capture([...same]));
    }
  });

  it("of up says how many nodes there are by default, how many there may be, and what is shown", async () => {
    const { out } = await capture(["up", "--help"]);
    const text = out.replace(/\s+/g, " ");
    expect(text).toContain("1 to 64 (default: 5)");
    expect(text).toMatch(/--show .*pipeline.*WebAssembly.*refuses.*plan B.*throughput/);
  });

  for (const { path, command } of all) {
    it(`of ${path.join(" ")} has a description and an example of itself`, async () => {
      const { exitCode, out, err } = await capture([...path, "--help"]);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
      expect(command.description().length).toBeGreaterThan(10);
      const examples = [...out.matchAll(/^ {2}\$ (hedgerow .*)$/gm)].map(([, example]) => example ?? "");
      expect(examples.some((example) => example.startsWith(`hedgerow ${path.join(" ")}`))).toBe(true);
    });
  }

  for (const { path, command } of leaves) {
    it(`of ${path.join(" ")} shows only examples whose options exist`, async () => {
      const { out } = await capture([...path, "--help"]);
      const known = command.options.flatMap((option) => [option.long, option.short]);
      for (const [, example = ""] of out.matchAll(/^ {2}\$ hedgerow (.*)$/gm)) {
        const own = example.split(/[|<>]/)[0] ?? "";
        for (const [option] of own.matchAll(/--[a-z-]+/g)) expect(known, example).toContain(option);
      }
      expect(known).toContain("--json");
    });
  }
});

describe("mistakes", () => {
  const cases: [string[], RegExp][] = [
    [["qery"], /Did you mean query\?[\s\S]*hedgerow --help/],
    [["query", "shwo"], /Did you mean show\?[\s\S]*hedgerow query --help/],
    [["query", "show", "--jsn"], /--json[\s\S]*hedgerow query show --help/],
    [["query", "run"], /missing required argument 'file'[\s\S]*hedgerow query run --help/],
    [["query", "run", "a", "b"], /too many arguments[\s\S]*hedgerow query run --help/],
    [["query", "run", "a", "--follow", "--detach"], /cannot be used with[\s\S]*--help/],
    [["query", "logs", "--level", "loud"], /debug, info, warn, error[\s\S]*--help/],
    [["up", "--nodes", "many"], /whole number from 1 to 64[\s\S]*hedgerow up --help/],
    [["authority", "init", "x"], /--network[\s\S]*hedgerow authority init --help/],
    [["node"], /Commands:[\s\S]*init/],
    [["up", "--once"], /Add --show/],
    [["node", "start", "x", "--node", "y"], /Use either/],
    [["node", "init", "x", "--role", "analyst"], /Add --authority/],
    [["node", "init", "x", "--function", "juggler"], /localizer, producer, transform, exit/],
    [["query", "ls", "--node", ""], /--node FOLDER/],
  ];
  for (const [args, next] of cases) {
    it(`${args.join(" ")} → 2, with the next step`, async () => {
      const { exitCode, out, err } = await capture(args);
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
      expect(err).toMatch(next);
    });
  }

  it("are a JSON document on stdout for programs", async () => {
    const { exitCode, out } = await capture(["query", "run", "--json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: "usage",
      sentence: /file/.exec(out) ? expect.any(String) : "",
    });
  });
});

it("the version is the package's", async () => {
  const { out } = await capture(["--version"]);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
