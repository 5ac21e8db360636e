// `npm run bench -- NAME [--json]`: bundles bench/NAME.ts, runs it, prints its rows. Exits 0 whatever the figures.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNode, installDependencies, root } from "./lib/install.mjs";

const args = process.argv.slice(2);
const json = args.includes("--json");
const name = args.find((arg) => !arg.startsWith("-"));
const names = readdirSync(join(root, "bench"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""));
if (name === undefined || !names.includes(name)) {
  console.error(`Which benchmark? npm run bench -- NAME [--json], with NAME one of: ${names.join(", ")}.`);
  process.exit(2);
}
checkNode();
if (!existsSync(join(root, "node_modules/.package-lock.json"))) installDependencies();
const { build } = await import("./build.mjs");
await build({ quiet: true });
const esbuild = await import("esbuild");
const outfile = join(root, `.cache/bench/${name}.mjs`);
mkdirSync(join(root, ".cache/bench"), { recursive: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: [`bench/${name}.ts`],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  logLevel: "warning",
});
const { default: bench } = await import(pathToFileURL(outfile).href);
const { rows } = await bench({ root, log: (line) => console.error(line) });
const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}`;
if (json) console.log(JSON.stringify({ name, machine, rows }));
else {
  console.log(`${name} on ${machine}`);
  for (const row of rows) {
    const met = row.better === "higher" ? row.ratio >= row.goal : row.ratio <= row.goal;
    const sign = row.better === "higher" ? "≥" : "≤";
    console.log(
      `  ${row.case}: ${figure(row.ours)} ${row.unit}; ${row.referenceName} ${figure(row.reference)}; ratio ${row.ratio.toFixed(2)} (goal ${sign} ${row.goal}: ${met ? "met" : "missed"})`,
    );
  }
}
process.exit(0);

function figure(value) {
  return value >= 1000 ? Math.round(value).toLocaleString("en-GB") : value.toPrecision(3);
}
