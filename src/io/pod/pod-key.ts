// The key of a pod: 32 random bytes, sealed by a provider. libsql's cipher uses the first 16 (docs/decisions/0025-a-thread-for-pods.md).
//
// What the software provider protects: the pod's file alone (a copy of the database, a backup that leaves out the key, a
// disk block read elsewhere) shows nothing. It does NOT protect against whoever can read this user's files, the owner
// of the machine or root: the key lies beside the pod, readable by its user. A provider with hardware behind it seals
// the same bytes to the machine; nothing else changes.
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { createPrivateFile, readIfThere } from "../identity/index.ts";

export interface KeySealer {
  readonly name: string;
  /** What is written to the key file. */
  seal(key: Uint8Array): Promise<Uint8Array>;
  /** null: these bytes were not sealed by this provider on this machine. */
  unseal(sealed: Uint8Array): Promise<Uint8Array | null>;
}

const keyBytes = 32;
const heading = "hedgerow pod key, sealed by software\n";

export const softwareSealer: KeySealer = {
  name: "software",
  seal: async (key) => Buffer.from(`${heading}${Buffer.from(key).toString("base64")}\n`),
  async unseal(sealed) {
    const text = Buffer.from(sealed).toString("latin1");
    if (!text.startsWith(heading)) return null;
    const key = Buffer.from(text.slice(heading.length).trim(), "base64");
    return key.length === keyBytes ? key : null;
  },
};

export const podKeyFile = "pod.key";

/** `create`: makes one where there is none. Of two processes that start at once, one key wins. */
export async function podKey(folder: string, create: boolean, sealer = softwareSealer): Promise<Result<Uint8Array>> {
  const file = join(folder, podKeyFile);
  if (create) {
    if ((await readIfThere(file)) === null) await createPrivateFile(file, await sealer.seal(randomBytes(keyBytes)));
  }
  // Some bytes of one file: waiting for a thread to read them takes ten times as long as reading them.
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return refuse("pod-key-missing", { blame: file });
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0) return refuse("pod-key-exposed", { blame: file });
  const sealed = readFileSync(file);
  const key = await sealer.unseal(sealed);
  return key === null ? refuse("pod-key-malformed", { blame: file }) : accept(key);
}

/** Without it the pod's bytes say nothing, wherever a copy of them may lie. */
export async function destroyPodKey(folder: string): Promise<void> {
  await rm(join(folder, podKeyFile), { force: true });
}
