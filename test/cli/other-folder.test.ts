// Commands for a pod, told another folder than hers: they do nothing there, and say what they looked for.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-folder-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const hedgerow = (...args: string[]) => capture(args, { cwd, env: { HEDGEROW_NODE: join(cwd, "node") } });

describe("a folder that is another", () => {
  const commands = [
    ...[
      ["pod", "rules"],
      ["pod", "history"],
      ["pod", "results"],
      ["pod", "inbox"],
      ["pod", "ls"],
      ["pod", "schema"],
    ],
    ...[
      ["pod", "schema", "--map", "a.b=bank.amount"],
      ["pod", "sql", "select 1"],
      ["pod", "export", "a"],
    ],
    ...[
      ["pod", "forget", "--all", "--yes"],
      ["grant", "ls"],
      ["grant", "show", "3f9a"],
      ["grant", "allow", "3f9a"],
    ],
    ...[
      ["grant", "deny", "--analyst", "Ada Institute"],
      ["grant", "revoke", "g1234567"],
    ],
  ];
  it.each(commands.map((args) => [args]))("%j does nothing there, and says what it looked for", async (args) => {
    const said = async (folder: string) => {
      const { exitCode, out, err } = await hedgerow(...args, "--node", join(cwd, folder));
      expect([folder, exitCode, out]).toEqual([folder, 1, ""]);
      return err;
    };
    expect(await said("nowhere")).toContain("nowhere: there is no such folder; check --node and HEDGEROW_NODE");
    mkdirSync(join(cwd, "other"));
    expect(await said("other")).toContain("other: neither node.yaml nor a folder named pod is in it");
    mkdirSync(join(cwd, "house/people/anna/pod"), { recursive: true });
    writeFileSync(join(cwd, "house/node.yaml"), "hedgerow: 1\npeople: people\n");
    expect(await said("house")).toContain(`those of the people it keeps are in ${cwd}/house/people: name one of them`);
    expect(await said("house/people")).toContain("in it are anna: name one");
    expect([existsSync(join(cwd, "nowhere")), existsSync(join(cwd, "other/pod"))]).toEqual([false, false]);
  });

  it("a node whose owner has imported nothing yet has rules and grants", async () => {
    mkdirSync(join(cwd, "node"));
    writeFileSync(join(cwd, "node/node.yaml"), "hedgerow: 1\n");
    expect((await hedgerow("pod", "rules")).exitCode).toBe(0);
    expect((await hedgerow("grant", "deny", "--analyst", "Ada Institute")).exitCode).toBe(0);
  });
});
