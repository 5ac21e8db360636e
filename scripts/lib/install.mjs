// Installs the dependencies when they are missing or older than the lockfile. Used by `npm start` and `npm test`, so that
// both do everything on a fresh clone.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const oldestNode = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  console.error(
    `Hedgerow needs Node ${oldestNode.join(".")} or newer; this is ${process.version}. Install a newer Node and run the command again.`,
  );
  process.exit(1);
}

export function installDependencies() {
  const installed = join(root, "node_modules/.package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log("Installing dependencies (npm ci; once, about half a minute)…");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  if (result.status !== 0) {
    console.error("npm ci failed. Is the npm registry reachable? Mend that and run the command again.");
    process.exit(result.status ?? 1);
  }
}
