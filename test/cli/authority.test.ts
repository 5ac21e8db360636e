// hedgerow authority init: what it lets its network's draws assume.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openAuthorityCertificate } from "../../src/io/identity/index.ts";
import { capture } from "./capture.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-authority-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

async function assumptionsOf(...args: string[]) {
  const { exitCode, out } = await capture(["authority", "init", "a", "--network", "garden", ...args, "--json"], {
    cwd,
  });
  expect(exitCode).toBe(0);
  const certificate = openAuthorityCertificate(readFileSync(join(cwd, "a/authority.crt"), "utf8"));
  if (!certificate.ok) throw new Error(certificate.code);
  const { draw } = JSON.parse(out) as { draw: object };
  expect(draw).toMatchObject(certificate.value.draw);
  return certificate.value.draw;
}

it("takes alpha as one region's, unless it is told that it is the network's", async () => {
  expect(await assumptionsOf("--colluding", "20", "--alpha", "1e-4")).toEqual({ colluding: 20, alpha: 1e-4 });
});

it("--risk network: C times each k that C nodes can fill share the network's", async () => {
  const { alpha } = await assumptionsOf("--colluding", "20", "--alpha", "1e-4", "--risk", "network");
  expect(alpha).toBe(1e-4 / (20 * 19));
});

it("says to people which alpha each region gets, and refuses what no region can keep", async () => {
  const init = ["authority", "init", "a", "--network", "garden", "--risk", "network"];
  const refused = await capture([...init, "--colluding", "1000000", "--alpha", "1e-29", "--json"], { cwd });
  expect(refused.exitCode).toBe(1);
  expect(JSON.parse(refused.out).code).toBe("draw-parameters");
  const { out } = await capture([...init, "--colluding", "20", "--alpha", "1e-4"], { cwd });
  expect(out).toContain("witnesses only with less than 0.0001: each region with less than 2.63");
  expect(out).toMatch(/Each draw adds at most \d\.\d+e-5\n/);
});

it("--cache is part of what all nodes must agree on; the default is not written", async () => {
  expect(await assumptionsOf("--cache", "64")).toEqual({ colluding: 1, alpha: 1e-6, cacheNodes: 64 });
  const tooMany = await capture(["authority", "init", "b", "--network", "garden", "--cache", "5000"], { cwd });
  expect(tooMany.exitCode).toBe(2);
});
