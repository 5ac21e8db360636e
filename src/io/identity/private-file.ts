// Files that only their owner may read: written whole or not at all, and never over another one by accident.
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

async function writeBeside(file: string, content: string | Uint8Array, mode: number): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(beside, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return beside;
}

async function syncFolder(file: string): Promise<void> {
  const handle = await open(dirname(file), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces the file in one step. */
export async function replaceFile(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const beside = await writeBeside(file, content, mode);
  await rename(beside, file);
  await syncFolder(file);
}

/** False when the file was there already: of two processes that start at once, one key wins. */
export async function createFile(file: string, content: string | Uint8Array, mode = 0o600): Promise<boolean> {
  const beside = await writeBeside(file, content, mode);
  try {
    await link(beside, file);
    await syncFolder(file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  } finally {
    await unlink(beside);
  }
}

/** null when there is no such file. */
export async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}

/** True when group or others have any right on the file. Windows has no such bits. */
export async function isExposed(file: string): Promise<boolean> {
  if (process.platform === "win32") return false;
  return ((await stat(file)).mode & 0o077) !== 0;
}
