// The side file of an import: one line of JSON for each row that was not taken, with its place, the reason and the row. It
// is NOT encrypted: it is there to be read and mended. Mode 0600, in the pod's folder; `pod forget` removes it.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { podLimits } from "../../core/pods/index.ts";
import { createGrowingFile, type FilePort, type GrowingFile } from "../storage/index.ts";

export interface Rejects {
  readonly count: number;
  readonly file: string;
  /** Throws when the disk takes no whole line; the file then ends with the line before. */
  add(at: string, reason: string, row: string): void;
  close(): void;
}

export const rejectsFolder = "rejects";

/** The file is made with its first row. */
export function openRejects(podFolder: string, source: string, files?: FilePort): Rejects {
  const plain = source.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 80);
  const file = join(podFolder, rejectsFolder, `${plain}.ndjson`);
  rmSync(file, { force: true });
  let lines: GrowingFile | undefined;
  let count = 0;
  const keep = (line: object) => lines?.append(Buffer.from(`${JSON.stringify(line)}\n`));
  return {
    get count() {
      return count;
    },
    file,
    add(at, reason, row) {
      count++;
      if (count > podLimits.maxRejectsKept) return;
      if (lines === undefined) {
        mkdirSync(join(podFolder, rejectsFolder), { recursive: true, mode: 0o700 });
        lines = createGrowingFile(file, files);
      }
      const shown = row.length > podLimits.maxRejectChars ? `${row.slice(0, podLimits.maxRejectChars)}…` : row;
      keep({ at, reason, row: shown });
      if (count === podLimits.maxRejectsKept) keep({ at, reason: "more were rejected and are only counted" });
    },
    close() {
      lines?.close();
    },
  };
}
