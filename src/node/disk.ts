// How much room the node's folder has, and takes.
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

export async function diskOf(folder: string): Promise<{ folder: string; freeBytes: number; usedBytes: number }> {
  const { bavail, bsize } = await statfs(folder);
  let usedBytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const at = join(entry.parentPath ?? entry.path, entry.name);
    usedBytes += await stat(at).then(
      (file) => file.size,
      () => 0,
    );
  }
  return { folder, freeBytes: bavail * bsize, usedBytes };
}
