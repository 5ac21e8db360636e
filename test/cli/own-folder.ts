// A folder for each test, and the command line in it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { capture } from "./capture.ts";

/** Of the test that runs. */
export let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "hedgerow-cli-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

export const hedgerow = (...args: string[]) => capture(args, { cwd });
