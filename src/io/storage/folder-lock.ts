// One daemon per data folder. The lock file names its holder by process id and start time, so a lock left by a dead
// process (kill -9, power loss) is taken over, and a process id used again by a stranger is not mistaken for the holder.
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../core/base/index.ts";

export interface FolderLock {
  release(): void;
}

export function lockFolder(folder: string): Result<FolderLock> {
  const path = join(folder, "lock");
  const own = `${process.pid} ${ownStart()}\n`;
  const candidate = join(folder, `lock.${process.pid}`);
  writeFileSync(candidate, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (linked(candidate, path)) return accept({ release: () => release(path, own) });
      const holder = readLock(path);
      if (holder !== undefined && isAlive(holder)) {
        return refuse("folder-in-use", { blame: folder, detail: `process ${holder.split(" ")[0]} holds it` });
      }
      takeAway(path, candidate);
    }
    return refuse("folder-in-use", { blame: folder });
  } finally {
    remove(candidate);
  }
}

/** The process that holds the folder now; null: nobody, or whoever held it is dead. */
export function holderOf(folder: string): number | null {
  const holder = readLock(join(folder, "lock"));
  return holder !== undefined && isAlive(holder) ? Number(holder.split(" ")[0]) : null;
}

/** link(2) fails when the name exists: the one atomic "create with content" there is. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  }
}

/** Moves a dead holder's lock aside. If a live one slipped in between, it is put back. */
function takeAway(path: string, candidate: string): void {
  const aside = `${candidate}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // somebody else took it away
  }
  const moved = readLock(aside);
  if (moved !== undefined && isAlive(moved)) linked(aside, path);
  remove(aside);
}

function release(path: string, own: string): void {
  if (readLock(path) === own.trim()) remove(path);
}

/** Called twice for each decision of an owner: `rmSync` takes several times as long. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

function isAlive(holder: string): boolean {
  const [pidText, start] = holder.split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return now === undefined || start === "?" || now === start;
}

let started: string | undefined;
/** Of this process; it does not change. */
function ownStart(): string {
  started ??= startOf(process.pid) ?? "?";
  return started;
}

/** Start time in clock ticks since boot, where /proc tells it (Linux). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name, in parentheses, may hold spaces: count fields from behind it. starttime is field 22.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
