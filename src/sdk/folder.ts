// Where a node's API is found, given the node's folder. The daemon and its clients compute it alike.
import { createHash } from "node:crypto";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { apiFiles } from "./api.ts";

/** Linux allows 107 bytes for a socket's path and macOS 103; longer ones are cut off silently or refused. */
const maxSocketPathBytes = 100;

/** In the folder itself; for a folder too deep, a name derived from it under the system's temporary folder. */
export function socketPathOf(folder: string): string {
  const whole = resolve(folder);
  const inside = join(whole, apiFiles.folder, apiFiles.socket);
  if (Buffer.byteLength(inside) <= maxSocketPathBytes) return inside;
  const short = createHash("sha256").update(whole).digest("hex").slice(0, 24);
  return join(tmpdir(), `hedgerow-${userInfo().uid}`, `${short}.sock`);
}

/**
 * `hedgerow up` keeps its nodes in this folder below the current one; the analyst's node and the authority lie in the named folders in it.
 * Without the file `kept` in it, all of it goes when that command ends, or with the next one.
 */
export const localNetwork = { folder: ".hedgerow", analyst: "desk", authority: "authority", kept: "kept" } as const;
