// `npm start`: installs, builds, starts a local network and shows it at work. Arguments go to `hedgerow up`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkNode, installDependencies, root } from "./lib/install.mjs";

checkNode();
installDependencies();
const { build } = await import("./build.mjs");
await build();

const child = spawn(process.execPath, [join(root, "bin/hedgerow.js"), "up", "--show", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
// The terminal sends Ctrl-C to the whole group: the child drains and ends, and we report how it ended.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
