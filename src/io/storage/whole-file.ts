// A file that is replaced as a whole: whoever reads it, also after power loss, finds what was there before or what is there now.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Durable when it returns. Only its user may read it. */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const beside = `${path}.new`;
  writeFileSync(beside, content, { mode: 0o600 });
  sync(beside);
  renameSync(beside, path);
  syncFolder(dirname(path));
}

/** Makes a rename or a new file durable: the folder's own entry has to reach the disk too. */
export function syncFolder(folder: string): void {
  sync(folder);
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
