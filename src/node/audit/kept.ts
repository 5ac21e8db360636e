// What is kept of the receipts of settled queries: a file for each, a list of envelopes as they were handed over.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromCanonical, type QueryId, toCanonical } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

export function readKept(folder: string, query: QueryId): Uint8Array[] {
  const path = join(folder, query);
  const stored = existsSync(path) ? fromCanonical(readFileSync(path), limits.maxKeptFileBytes) : undefined;
  if (stored === undefined || !stored.ok || !Array.isArray(stored.value)) return [];
  return stored.value.filter((bytes) => bytes instanceof Uint8Array);
}

export function writeKept(folder: string, query: QueryId, envelopes: readonly Uint8Array[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, query);
  writeFileSync(`${path}.new`, toCanonical(envelopes), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  const files = readdirSync(folder).map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs }));
  files.sort((a, b) => a.ms - b.ms);
  for (const { name } of files.slice(0, Math.max(0, files.length - limits.maxKeptQueries)))
    rmSync(join(folder, name), { force: true });
}
