// The pods of a node that stay open between questions. Opening one derives the key of its cipher, a millisecond of processor time that
// cannot be left out (docs/decisions/0025-a-thread-for-pods.md); the rest of a small pod's answer takes a tenth of that.
//
// INVARIANT 1: a pod that was forgotten, moved or made anew, or whose key is no longer there, is not read again.
// INVARIANT 2: between uses an open pod holds no row back: whoever writes to it finds nobody reading.
import { statSync } from "node:fs";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../../core/base/index.ts";
import { openDatabase, type PodDatabase, podExists, podFile, rowsOf } from "../database.ts";
import { limits } from "../limits.ts";
import { podKey } from "../pod-key.ts";
import { type StoredTable, tablesOf } from "../tables.ts";

export interface OpenedPod {
  readonly key: Uint8Array;
  readonly database: PodDatabase;
  readonly tables: readonly StoredTable[];
}

interface Kept {
  readonly key: Uint8Array;
  readonly database: PodDatabase;
  readonly file: string;
  tables: readonly StoredTable[];
  /** Another one when somebody else has written. */
  dataVersion: unknown;
}

export class OpenPods {
  readonly #most: number;
  readonly #kept = new Map<string, Kept>();

  constructor(most: number) {
    // Windows does not let go of a file that somebody has open, and forgetting a pod takes its file away.
    this.#most = process.platform === "win32" ? 0 : most;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** What `act` throws is thrown, and the pod closed. */
  async use<T>(folder: string, act: (pod: OpenedPod) => T): Promise<Result<T>> {
    const found = await this.#open(folder);
    if (!found.ok) {
      this.release(folder);
      return found;
    }
    const pod = found.value;
    let isClean = false;
    try {
      const value = act(pod);
      isClean = true;
      return accept(value);
    } finally {
      const isKept = this.#kept.get(folder) === pod;
      if (!isClean && isKept) this.release(folder);
      else if (!isKept && isClean && this.#kept.size < this.#most) this.#kept.set(folder, pod);
      else if (!isKept) pod.database.close();
    }
  }

  /** A statement that was left before its end reads on: its pod is closed. */
  release(folder: string): void {
    const known = this.#kept.get(folder);
    this.#kept.delete(folder);
    known?.database.close();
  }

  close(): void {
    for (const folder of [...this.#kept.keys()]) this.release(folder);
  }

  async #open(folder: string): Promise<Result<Kept>> {
    if (!podExists(folder)) return refuse("pod-missing", { blame: folder });
    const key = await podKey(folder, false);
    if (!key.ok) return key;
    const file = identityOf(folder);
    const known = this.#kept.get(folder);
    if (known !== undefined && known.file === file && Buffer.compare(known.key, key.value) === 0) {
      describe(known);
      return accept(known);
    }
    this.release(folder);
    const opened = openDatabase(folder, key.value, undefined, limits.askedBusyTimeoutMs);
    if (!opened.ok) return opened;
    const fresh = { key: key.value, database: opened.value, file, tables: [], dataVersion: undefined };
    try {
      describe(fresh);
      return accept(fresh);
    } catch (cause) {
      opened.value.close();
      return refuse("pod-damaged", { blame: folder, detail: (cause as Error).message });
    }
  }
}

/** The file itself: while it is open, no other gets its number. */
function identityOf(folder: string): string {
  const { dev, ino } = statSync(join(folder, podFile), { bigint: true });
  return `${dev} ${ino}`;
}

function describe(pod: Kept): void {
  const [[version] = []] = rowsOf(pod.database, "pragma data_version");
  if (version === pod.dataVersion) return;
  pod.tables = tablesOf(pod.database);
  pod.dataVersion = version;
}
