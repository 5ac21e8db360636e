// The side file of an import: one line of JSON for each row that was not taken, with its place, the reason and the row. It
// is NOT encrypted: it is there to be read and mended. Mode 0600, in the pod's folder; `pod forget` removes it.
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { podLimits } from "../../core/pods/index.ts";

export interface Rejects {
  readonly count: number;
  readonly file: string;
  add(at: string, reason: string, row: string): void;
  close(): void;
}

export const rejectsFolder = "rejects";

/** The file is made with its first row. */
export function openRejects(podFolder: string, source: string): Rejects {
  const plain = source.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 80);
  const file = join(podFolder, rejectsFolder, `${plain}.ndjson`);
  rmSync(file, { force: true });
  let handle: number | undefined;
  let count = 0;
  return {
    get count() {
      return count;
    },
    file,
    add(at, reason, row) {
      count++;
      if (count > podLimits.maxRejectsKept) return;
      if (handle === undefined) {
        mkdirSync(join(podFolder, rejectsFolder), { recursive: true, mode: 0o700 });
        handle = openSync(file, "w", 0o600);
      }
      const shown = row.length > podLimits.maxRejectChars ? `${row.slice(0, podLimits.maxRejectChars)}…` : row;
      writeSync(handle, `${JSON.stringify({ at, reason, row: shown })}\n`);
      if (count === podLimits.maxRejectsKept) {
        writeSync(handle, `${JSON.stringify({ at, reason: "more were rejected and are only counted" })}\n`);
      }
    },
    close() {
      if (handle !== undefined) closeSync(handle);
    },
  };
}
