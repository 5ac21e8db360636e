// `npm run paper -- figures`: bundles bench/paper/figures.ts and runs it. Writes docs/paper/.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNode, installDependencies, root } from "./lib/install.mjs";

if (process.argv[2] !== "figures") {
  console.error("What of the paper? npm run paper -- figures");
  process.exit(2);
}
checkNode();
if (!existsSync(join(root, "node_modules/.package-lock.json"))) installDependencies();
const { build } = await import("./build.mjs");
await build({ quiet: true });
const esbuild = await import("esbuild");
const outfile = join(root, ".cache/paper/figures.mjs");
mkdirSync(join(root, ".cache/paper"), { recursive: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["bench/paper/figures.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  logLevel: "warning",
});
const { default: figures } = await import(pathToFileURL(outfile).href);
await figures({ root, log: (line) => console.error(line) });
