// What `npm start -- --once` runs: everything went as it should, or the exit code says that it did not; nothing is left.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-show-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function show(...more: string[]) {
  return spawnSync(process.execPath, [resolve("bin/hedgerow.js"), "up", "--show", "--once", ...more], {
    cwd,
    encoding: "utf8",
    timeout: 230_000,
  });
}

function nothingIsLeft(): void {
  expect(existsSync(join(cwd, ".hedgerow"))).toBe(false);
  if (process.platform !== "linux") return;
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  expect(processes.filter((id) => commandOf(id).includes(cwd))).toEqual([]);
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

it("runs every act, prints what went in and came out, and leaves nothing", () => {
  const { status, stdout, stderr } = show();
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/people let themselves be found by concepts they chose/);
  expect(stdout).toMatch(/gather-3 +on .*not whose/);
  expect(stdout).toMatch(/the answer: [\d.]+ days on average, between [\d.]+ and [\d.]+ with 95 %/);
  expect(stdout).toMatch(/the truth, .*: [\d.]+ days over all \d+ of them/);
  expect(stdout).toMatch(/no processor knew the answer without it/);
  expect(stdout).toMatch(/makes numbers from 10 on; gateway prints 11, 12, 13/);
  expect(stdout).toMatch(/makes numbers from 1 on; gateway prints 1001, 1003/);
  expect(stdout).toMatch(/refused, and nothing was sent: .*location\.precise/);
  expect(stdout).toMatch(/not the plan "precise"/);
  expect(stdout).toMatch(/running, [\d.]+ ms after it was asked/);
  expect(stdout).toMatch(/million per second/);
  expect(stdout.match(/the chain from source to sink holds/g)).toHaveLength(5);
  nothingIsLeft();
}, 240_000);

it("exits with 1 when a part fails, here for want of nodes, and leaves nothing all the same", () => {
  const { status, stdout, stderr } = show("--nodes", "1", "--people", "0");
  expect(status).toBe(1);
  expect(stdout + stderr).toMatch(/no .*node|nobody|eligible/i);
  nothingIsLeft();
}, 240_000);
