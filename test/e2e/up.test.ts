// hedgerow up beside another one, and beside nodes that were started again by hand.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect } from "../../src/sdk/index.ts";

const cli = resolve("bin/hedgerow.js");
let cwd: string;
let first: ChildProcess;
let said = "";

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-up-"));
  said = "";
  first = spawn(process.execPath, [cli, "up", "--nodes", "3"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [first.stdout!, first.stderr!]) stream.on("data", (text) => (said += text));
  await until(() => said.includes("Ctrl-C ends"));
}, 60_000);

afterEach(() => {
  first.kill("SIGKILL");
  rmSync(cwd, { recursive: true, force: true });
});

it("refuses a second network in the same folder, and leaves the first alone", async () => {
  const second = spawnSync(process.execPath, [cli, "up", "--nodes", "3"], { cwd, encoding: "utf8", timeout: 30_000 });
  expect(second.status).toBe(1);
  expect(second.stdout + second.stderr).toMatch(
    new RegExp(`already runs here.*process ${first.pid}, in .*\\.hedgerow`),
  );
  const client = connect({ folder: join(cwd, ".hedgerow/meter") });
  expect((await client.status()).name).toBe("meter");
  client.close();
  expect(await ended()).toBe(0);
});

it("ends a node that was started again by hand, and leaves nothing", async () => {
  const folder = join(cwd, ".hedgerow/meter");
  const client = connect({ folder });
  process.kill((await client.status()).process, "SIGKILL");
  client.close();
  const again = spawnSync(process.execPath, [cli, "node", "start", folder, "--background", "--json"], {
    cwd,
    encoding: "utf8",
  });
  const { process: pid } = JSON.parse(again.stdout) as { process: number };
  expect(await ended()).toBe(0);
  expect(existsSync(join(cwd, ".hedgerow"))).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

async function ended(): Promise<number | null> {
  const exit = new Promise<number | null>((done) => first.once("exit", done));
  first.kill("SIGINT");
  return exit;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 50_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it never happened: ${said}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
