#!/usr/bin/env node
// Starts the built command line. In a fresh clone, `npm start` and `npm test` build it.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    "error: Hedgerow is not built yet.\n  Build it: npm start   (or npm run build, once npm ci has run)\n",
  );
  process.exitCode = 1;
}
