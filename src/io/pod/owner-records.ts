// An owner's rules and records on disk, in her pod's folder: owner.yaml, which she writes, and owner/journal, which her node and
// her commands write. Both are read again at each use, so that what she says holds from the next use on, and nobody needs
// to be told; a pod that nobody asks holds no file open. A lock, held for milliseconds, keeps node and commands apart.
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import {
  noRules,
  type OwnerRules,
  type OwnerState,
  parseOwnerRules,
  type RecordEffect,
  restoreOwner,
} from "../../core/consent/index.ts";
import { type FolderLock, type Journal, lockFolder, openJournal, syncFolder } from "../storage/index.ts";
import { limits } from "./limits.ts";

export const ownerRulesFile = "owner.yaml";
export const recordsFolder = "owner";

/** An owner without the file has allowed nothing. `concepts`: those of the catalogue. */
export function readOwnerRules(podFolder: string, concepts: readonly string[]): Result<OwnerRules> {
  return ownerRulesReader(podFolder, () => concepts)();
}

/** The same for who reads them again and again: the file is read each time, and understood again when it says something else. */
export function ownerRulesReader(podFolder: string, concepts: () => readonly string[]): () => Result<OwnerRules> {
  const file = join(podFolder, ownerRulesFile);
  let known: { readonly text: string; readonly rules: Result<OwnerRules> } | undefined;
  return () => {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return accept(noRules);
      throw cause;
    }
    if (known?.text !== text) known = { text, rules: parseOwnerRules(text, file, concepts()) };
    return known.rules;
  };
}

/** Another one once she has changed her rules or records, or somebody has: what was decided by them is decided anew. */
export function ownerStamp(podFolder: string): string {
  const files = [join(podFolder, ownerRulesFile), join(podFolder, recordsFolder, "journal")];
  return files
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => (found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`))
    .join(" | ");
}

export interface Changed<T> {
  readonly value: T;
  /** Performed in this order; each that is no note is durable before the next, and all before the call returns. */
  readonly effects: readonly RecordEffect[];
}

/**
 * Reads the records, acts on them, and writes what comes of it. `act` is synchronous: nothing else of this process comes
 * between. Another process is waited for, a little.
 */
export async function withOwnerRecords<T>(
  podFolder: string,
  act: (state: OwnerState) => Result<Changed<T>>,
): Promise<Result<T>> {
  const folder = join(podFolder, recordsFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const lock = lockFolder(folder);
    if (lock.ok) return locked(folder, lock.value, act);
    if (attempt >= limits.recordsAttempts) return refuse("pod-busy", { blame: folder });
    await wait(limits.recordsRetryMs);
  }
}

function locked<T>(folder: string, lock: FolderLock, act: (state: OwnerState) => Result<Changed<T>>): Result<T> {
  try {
    const journal = openRecords(folder);
    if (!journal.ok) return journal;
    try {
      const state = restoredFrom(journal.value, folder);
      if (!state.ok) return state;
      const changed = act(state.value);
      if (!changed.ok) return changed;
      perform(journal.value, changed.value.effects);
      return accept(changed.value.value);
    } finally {
      journal.value.close();
    }
  } finally {
    lock.release();
  }
}

/** Under the lock. */
export function openRecords(folder: string): Result<Journal> {
  const file = join(folder, "journal");
  const isNew = !existsSync(file);
  const journal = openJournal(file);
  if (!journal.ok) return refuse("owner-records-damaged", { blame: folder });
  // The journal saw to its own name; its folder may be as new.
  if (isNew) syncFolder(dirname(folder));
  return journal;
}

export function restoredFrom(journal: Journal, folder: string): Result<OwnerState> {
  const state = restoreOwner(journal.entries());
  return state.ok ? state : refuse("owner-records-damaged", { blame: `${folder}: ${state.blame ?? ""}` });
}

function perform(journal: Journal, effects: readonly RecordEffect[]): void {
  for (const { type, key, value } of effects) {
    if (type === "persist") journal.set(key, value);
    else journal.note(key, value);
  }
}

/** There is nothing to read where nobody has asked yet: a look costs no folder. */
export async function readOwnerRecords(podFolder: string): Promise<Result<OwnerState>> {
  if (!existsSync(join(podFolder, recordsFolder, "journal"))) return restoreOwner([]);
  return withOwnerRecords(podFolder, (state) => accept({ value: state, effects: [] }));
}
