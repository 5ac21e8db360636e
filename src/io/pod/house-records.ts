// The records of the people whose pods one node keeps (owner-records.ts), as their node uses them: many are asked in the same moment,
// and none of them may wait for the disk of all the others.
//
// INVARIANT 1: what `now` wrote survives the end of this process when it returns, and power loss when `settled` has resolved. Nothing
//   may leave before that.
// INVARIANT 2: between a decision and what came of it the journal stays open, and is read again where somebody else has written.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { OwnerState } from "../../core/consent/index.ts";
import { type FolderLock, type Journal, lockFolder } from "../storage/index.ts";
import { limits } from "./limits.ts";
import { type Changed, openRecords, recordsFolder, restoredFrom } from "./owner-records.ts";

export interface PodRecords {
  /**
   * Reads the records, acts on them, and writes what comes of it, at once: for a machine whose step cannot wait. A command that holds
   * the lock holds it for milliseconds.
   */
  now<T>(act: (state: OwnerState) => Result<Changed<T>>): Result<T>;
  /** Everything that `now` wrote is durable; the journal is closed. Rejects when the disk refuses. */
  settled(): Promise<void>;
}

export interface HouseRecords {
  of(podFolder: string): PodRecords;
  /** Writes and closes what is open. */
  close(): void;
}

export function createHouseRecords(open = openRecords): HouseRecords {
  /** By folder: journals with something in them that may not be on the disk yet. The oldest first. */
  const held = new Map<string, { readonly journal: Journal; readonly idle: NodeJS.Timeout }>();

  function release(folder: string): void {
    const known = held.get(folder);
    if (known === undefined) return;
    clearTimeout(known.idle);
    held.delete(folder);
    known.journal.close();
  }

  function journalOf(folder: string): Result<Journal> {
    const known = held.get(folder);
    if (known?.journal.isCurrent() === true) return accept(known.journal);
    release(folder);
    const opened = open(folder);
    if (!opened.ok) return opened;
    // An owner who is asked herself may think for days.
    const idle = setTimeout(() => release(folder), limits.recordsIdleMs).unref();
    held.set(folder, { journal: opened.value, idle });
    // Closing waits for the disk: whoever is asked in the same moment as very many others waits as if she were alone.
    for (const oldest of held.keys())
      if (held.size > limits.maxOpenRecords) release(oldest);
      else break;
    return opened;
  }

  function of(podFolder: string): PodRecords {
    const folder = join(podFolder, recordsFolder);
    return {
      now(act) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const lock = lockedAtOnce(folder);
        if (!lock.ok) return lock;
        try {
          const journal = journalOf(folder);
          if (!journal.ok) return journal;
          const state = restoredFrom(journal.value, folder);
          const changed = state.ok ? act(state.value) : state;
          if (!changed.ok) {
            release(folder);
            return changed;
          }
          for (const { key, value } of changed.value.effects) journal.value.note(key, value);
          return accept(changed.value.value);
        } finally {
          lock.value.release();
        }
      },
      async settled() {
        const known = held.get(folder);
        if (known === undefined) return;
        await known.journal.settled();
        if (held.get(folder) === known) release(folder);
      },
    };
  }

  return {
    of,
    close() {
      for (const folder of [...held.keys()]) release(folder);
    },
  };
}

function lockedAtOnce(folder: string): Result<FolderLock> {
  for (let attempt = 1; ; attempt++) {
    const lock = lockFolder(folder);
    if (lock.ok) return lock;
    if (attempt >= limits.recordsAttemptsAtOnce) return refuse("pod-busy", { blame: folder });
    Atomics.wait(nobody, 0, 0, limits.recordsRetryMs);
  }
}

/** Nobody wakes who waits for it. */
const nobody = new Int32Array(new SharedArrayBuffer(4));
