// A file that is replaced as a whole: whoever reads it, also after power loss, finds what was there before or what is there now.
import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { emptyToAppend, type FilePort, systemFiles, writeWhole } from "./write-whole.ts";

/** What has to reach the disk for that. */
export interface SyncPort {
  sync(file: number): void;
  syncFolder(folder: string): void;
}

/** Durable when it returns. Only its user may read it. */
export function replaceFile(
  path: string,
  content: Uint8Array | string,
  port: Partial<Pick<FilePort, "write"> & SyncPort> = {},
): void {
  const files = { write: systemFiles.write, sync: fsyncSync, syncFolder, ...port };
  const beside = `${path}.new`;
  const file = openSync(beside, emptyToAppend, 0o600);
  try {
    writeWhole(file, typeof content === "string" ? Buffer.from(content) : content, files);
    files.sync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  files.syncFolder(dirname(path));
}

/** Makes a rename or a new file durable: the folder's own entry has to reach the disk too. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
