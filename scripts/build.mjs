// Builds dist/: esbuild bundles each entry point with shared chunks (a quick start matters to a daemon and a CLI),
// `npm pack` has tsc write the types of the SDK. `--watch` is not needed: a build takes about a second.
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const entryPoints = {
  "cli/main": "src/cli/main.ts",
  "node/main": "src/node/main.ts",
  "sdk/index": "src/sdk/index.ts",
  "node/audit/worker": "src/node/audit/worker.ts",
  "io/sandbox/worker": "src/io/sandbox/worker.ts",
  "io/pod/worker": "src/io/pod/worker.ts",
  "io/pod/asking/worker": "src/io/pod/asking/worker.ts",
  "sim/draw/worker": "src/sim/draw/worker.ts",
};

/** Left out of the bundle: it finds its own .wasm beside its own file. */
const external = [
  "libsql",
  "@jitl/quickjs-ng-wasmfile-release-sync",
  "quickjs-emscripten-core",
  "esbuild",
  "assemblyscript",
];

async function newestSourceMs(folder) {
  let newest = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.endsWith(".test.ts")) continue;
    newest = Math.max(newest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return newest;
}

/** So that `npx hedgerow` finds the clone's own command: npm links the commands of dependencies only. */
function linkCommand() {
  const folder = join(root, "node_modules/.bin");
  const link = join(folder, "hedgerow");
  if (!existsSync(folder) || process.platform === "win32") return;
  rmSync(link, { force: true });
  symlinkSync("../../bin/hedgerow.js", link);
  chmodSync(join(root, "bin/hedgerow.js"), 0o755);
}

/** Files of an earlier build stay unless `clean`: a node that still runs may load one of its chunks later. */
export async function build({ quiet = false, force = false, clean = false } = {}) {
  const stamp = join(root, "dist/.built");
  const newest = Math.max(await newestSourceMs(join(root, "src")), statSync(join(root, "package.json")).mtimeMs);
  if (!force && !clean && existsSync(stamp) && Number(readFileSync(stamp, "utf8")) >= newest) return { built: false };
  const esbuild = await import("esbuild");
  const started = performance.now();
  if (clean) rmSync(join(root, "dist"), { recursive: true, force: true });
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entryPoints).filter(([, file]) => existsSync(join(root, file)))),
    outdir: "dist",
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20.19",
    external,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    define: { __HEDGEROW_VERSION__: JSON.stringify(version) },
    // Some dependencies are CommonJS and call require() for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  linkCommand();
  writeFileSync(stamp, String(newest));
  const ms = Math.round(performance.now() - started);
  const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  if (!quiet)
    console.log(
      `built dist/ in ${ms} ms (${Object.keys(result.metafile.outputs).length} files, ${(bytes / 1e6).toFixed(1)} MB)`,
    );
  return { built: true };
}

if (process.argv[1] !== undefined && relative(fileURLToPath(import.meta.url), process.argv[1]) === "") {
  await build({ force: true, clean: process.argv.includes("--clean") });
}
