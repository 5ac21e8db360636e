// hedgerow up beside another one, beside nodes that were started again by hand, and kept for another day.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { connect, localNetwork } from "../../src/sdk/index.ts";

const cli = resolve("bin/hedgerow.js");
let cwd: string;
let up: ChildProcess;
let said = "";

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-up-"));
});

afterEach(() => {
  up.kill("SIGKILL");
  rmSync(cwd, { recursive: true, force: true });
});

describe("a network for now", () => {
  beforeEach(() => start("--nodes", "3"), 60_000);

  it("refuses a second network in the same folder, and leaves the first alone", async () => {
    const second = spawnSync(process.execPath, [cli, "up", "--nodes", "3", "--people", "0"], {
      cwd,
      encoding: "utf8",
      timeout: 30_000,
    });
    expect(second.status).toBe(1);
    expect(second.stdout + second.stderr).toMatch(new RegExp(`already runs here.*process ${up.pid}, in .*\\.hedgerow`));
    expect((await statusOf("meter")).name).toBe("meter");
    expect(await ended()).toBe(0);
  });

  it("ends a node that was started again by hand, and leaves nothing", async () => {
    process.kill((await statusOf("meter")).process, "SIGKILL");
    const folder = join(cwd, ".hedgerow/meter");
    const again = spawnSync(process.execPath, [cli, "node", "start", folder, "--background", "--json"], {
      cwd,
      encoding: "utf8",
      timeout: 30_000,
    });
    const { process: pid } = JSON.parse(again.stdout) as { process: number };
    expect(await ended()).toBe(0);
    expect(existsSync(join(cwd, ".hedgerow"))).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

describe("a network that is kept", () => {
  it("goes on with its nodes, certificates, ports and configurations, also when the next start does not ask for it", {
    timeout: 120_000,
  }, async () => {
    await start("--nodes", "3", "--keep");
    const names = nodesIn();
    expect(names).toHaveLength(4);
    const before = await Promise.all(names.map(seen));
    expect(await ended()).toBe(0);
    for (const { process: pid } of before) expect(() => process.kill(pid, 0)).toThrow("ESRCH");

    const file = join(cwd, ".hedgerow/meter/node.yaml");
    const configured = parseDocument(readFileSync(file, "utf8"));
    configured.setIn(["policy", "rules"], [{ effect: "forbid", attribute: "location.precise", reason: "stays here" }]);
    writeFileSync(file, String(configured));

    await start();
    expect(said).toContain("going on with the nodes that were kept there");
    expect(nodesIn()).toEqual(names);
    const after = await Promise.all(names.map(seen));
    expect(after.map(({ process: _, ...kept }) => kept)).toEqual(before.map(({ process: _, ...kept }) => kept));
    const client = connect({ folder: join(cwd, ".hedgerow", localNetwork.analyst) });
    await until(async () => {
      const { peers } = await client.peers();
      return peers.find(({ name }) => name === "meter")?.policy.rules[0]?.attribute === "location.precise";
    });
    client.close();
    expect(await ended()).toBe(0);
    expect(nodesIn()).toEqual(names);
  });
});

/** `hedgerow up` with these options, until it says that it is ready. */
async function start(...options: string[]): Promise<void> {
  said = "";
  up = spawn(process.execPath, [cli, "up", "--people", "0", ...options], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [up.stdout!, up.stderr!]) stream.on("data", (text) => (said += text));
  await until(() => said.includes("Ctrl-C ends"));
}

async function statusOf(name: string) {
  const client = connect({ folder: join(cwd, ".hedgerow", name) });
  const status = await client.status();
  client.close();
  return status;
}

/** Who the node is, and where: what another start must not change. */
async function seen(name: string) {
  const { node, addresses, roles, process: pid } = await statusOf(name);
  const certificate = readFileSync(join(cwd, ".hedgerow", name, "node.crt"), "utf8");
  return { name, node, addresses, roles, certificate, process: pid };
}

/** The folders of nodes, in order. */
function nodesIn(): string[] {
  const place = join(cwd, ".hedgerow");
  return readdirSync(place)
    .filter((name) => existsSync(join(place, name, "node.yaml")))
    .sort();
}

async function ended(): Promise<number | null> {
  const exit = new Promise<number | null>((done) => up.once("exit", done));
  up.kill("SIGINT");
  return exit;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 50_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never happened: ${said}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
