// `npm test`: installs, builds, then types, lint, import rules, house rules and every test, on this Node and (the tests of
// core, operators and one live network) on Node 24. The last line is `N passed, N failed`.
//   npm test -- --quick      this Node only
//   npm test -- PATTERN…     only test files whose path contains a pattern; no checks
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkNode, installDependencies, root } from "./lib/install.mjs";

const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith("-"));
const quick = args.includes("--quick") || patterns.length > 0;
const node24 = "24.9.0";
/** A run of all tests takes a quarter of this on a busy machine; one that takes longer is ended, and has failed. */
const runLimitMs = 35 * 60_000;

checkNode();
installDependencies();
const { build } = await import("./build.mjs");
await build();

const tally = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skippedNames = [];

function run(command, commandArgs, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", (cause) => resolve({ code: 1, output: String(cause) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

async function check(name, command, commandArgs) {
  const started = performance.now();
  const { code, output } = await run(command, commandArgs);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) tally.passed++;
  else {
    tally.failed++;
    failures.push(name);
    console.log(output.trimEnd());
  }
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
}

async function vitest(name, nodeBinary, files) {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const report = join(root, `.cache/vitest-${name.replace(/\W+/g, "-")}.json`);
  rmSync(report, { force: true });
  const started = performance.now();
  const entry = join(root, "node_modules/vitest/vitest.mjs");
  const live = run(
    nodeBinary,
    [entry, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...files],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
      timeout: runLimitMs,
      killSignal: "SIGKILL",
    },
  );
  const code = await live.then((ended) => ended.code);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (!existsSync(report)) {
    tally.failed++;
    failures.push(`${name}: vitest did not run, or not to its end within ${runLimitMs / 60_000} minutes`);
    return;
  }
  const results = JSON.parse(readFileSync(report, "utf8"));
  tally.passed += results.numPassedTests;
  tally.failed += results.numFailedTests;
  for (const file of results.testResults) {
    const at = file.name.replace(`${root}/`, "");
    if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")) {
      tally.failed++;
      failures.push(`${at}: ${String(file.message).split("\n")[0]}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === "failed") failures.push(`${at}: ${test.fullName}`);
      if (test.status === "pending") {
        tally.failed++;
        failures.push(`${at}: ${test.fullName} (never ended: its process did first)`);
      }
      if (test.status === "skipped" || test.status === "todo") {
        tally.skipped++;
        skippedNames.push(`${at}: ${test.fullName}`);
      }
    }
  }
  if (code !== 0 && results.numFailedTests === 0 && results.success) {
    tally.failed++;
    failures.push(`${name}: vitest exited with ${code} (an error outside a test)`);
  }
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
}

/** Node 24 from the npm package `node`, in a folder of its own: in node_modules/.bin it would stand before the reader's Node. */
function installNode24() {
  const folder = join(root, ".cache/node24");
  const binary = join(folder, "node_modules/node/bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  console.log(`Installing Node ${node24} to test on it too…`);
  spawnSync(
    "npm",
    [
      "install",
      "--prefix",
      folder,
      "--no-save",
      "--no-fund",
      "--no-audit",
      "--loglevel=error",
      "--ignore-scripts=false",
      `node@${node24}`,
    ],
    {
      cwd: folder,
      stdio: "inherit",
    },
  );
  return existsSync(binary) ? binary : undefined;
}

/** Debian packages that some tests use. Installed where we may; elsewhere those tests are reported as skipped, by name. */
function installDebianPackages() {
  const wanted = [
    ["clang", "clang"],
    ["wasm-ld", "lld"],
  ].filter(([command]) => spawnSync("which", [command]).status !== 0);
  if (wanted.length === 0 || process.getuid?.() !== 0 || spawnSync("which", ["apt-get"]).status !== 0) return;
  const names = wanted.map(([, name]) => name);
  console.log(`Installing ${names.join(" and ")} (Debian) for the tests that build C to WebAssembly…`);
  const quietly = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeout: 300_000 };
  spawnSync("apt-get", ["update", "-qq"], quietly);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], quietly);
}

if (patterns.length === 0) {
  installDebianPackages();
  await check("types", process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--noEmit"]);
  await check("types of core, without Node and DOM", process.execPath, [
    "node_modules/typescript/bin/tsc",
    "-p",
    "tsconfig.core.json",
    "--noEmit",
  ]);
  await check("lint and format", process.execPath, ["node_modules/@biomejs/biome/bin/biome", "check", "."]);
  await check("import rules", process.execPath, [
    "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
    "--config",
    ".dependency-cruiser.cjs",
    "src",
  ]);
  await check("house rules", process.execPath, ["scripts/check-house.mjs"]);
}
await vitest(`tests on Node ${process.versions.node}`, process.execPath, patterns);
if (!quick) {
  const binary = installNode24();
  if (binary === undefined) {
    tally.skipped++;
    skippedNames.push(`tests on Node ${node24}: the npm package node@${node24} could not be installed`);
  } else {
    await vitest(`tests on Node ${node24}`, binary, []);
  }
}

for (const name of skippedNames) console.log(`skipped: ${name}`);
for (const name of failures) console.log(`failed: ${name}`);
if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
