// What is kept of the receipts of settled queries: a file for each, a list of envelopes as they were handed over. When there are too many,
// or too many bytes of them, those that were written longest ago go; that they were there is remembered, so that an audit can say it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fromCanonical, type QueryId, queryIdPattern, toCanonical } from "../../core/base/index.ts";
import { replaceFile } from "../../io/storage/index.ts";
import { limits } from "./limits.ts";

export interface KeptBounds {
  readonly maxKeptQueries: number;
  readonly maxKeptBytes: number;
  readonly maxDropped: number;
}

/** Queries whose receipts made room for others: a list, the latest last. */
const droppedFile = "dropped";

export function readKept(folder: string, query: QueryId): Uint8Array[] {
  return listIn(join(folder, query)).flatMap((bytes) => (bytes instanceof Uint8Array ? [bytes] : []));
}

export function wasDropped(folder: string, query: QueryId): boolean {
  return listIn(join(folder, droppedFile)).includes(query);
}

export function writeKept(
  folder: string,
  query: QueryId,
  envelopes: readonly Uint8Array[],
  bounds: KeptBounds = limits,
): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  write(join(folder, query), envelopes);
  const others = readdirSync(folder)
    .filter((name) => name !== query && name !== droppedFile)
    .map((name) => ({ name, ...statOf(join(folder, name)) }))
    .sort((a, b) => b.ms - a.ms || (a.name < b.name ? -1 : 1));
  let bytes = statOf(join(folder, query)).bytes;
  let kept = 1;
  const gone: string[] = [];
  for (const one of others) {
    // What an interrupted writing left goes first: nobody can read it.
    const fits =
      queryIdPattern.test(one.name) && kept < bounds.maxKeptQueries && bytes + one.bytes <= bounds.maxKeptBytes;
    // Once one has to go, so have all that are older: else small old ones would outlive large new ones.
    if (fits && !gone.some((name) => queryIdPattern.test(name))) {
      kept++;
      bytes += one.bytes;
    } else gone.push(one.name);
  }
  remember(folder, query, gone.filter((name) => queryIdPattern.test(name)).reverse(), bounds);
  for (const name of gone) rmSync(join(folder, name), { force: true });
}

/** Before they go: a crash between the two says too much of what is still there, and never too little of what is gone. */
function remember(folder: string, query: QueryId, gone: readonly string[], { maxDropped }: KeptBounds): void {
  const before = listIn(join(folder, droppedFile)).filter((name) => typeof name === "string");
  const now = [...before.filter((name) => name !== query && !gone.includes(name)), ...gone].slice(-maxDropped);
  if (now.length !== before.length || gone.length > 0) write(join(folder, droppedFile), now);
}

function write(path: string, list: readonly (Uint8Array | string)[]): void {
  replaceFile(path, toCanonical(list));
}

function listIn(path: string): (Uint8Array | string)[] {
  const stored = existsSync(path) ? fromCanonical(readFileSync(path), limits.maxKeptFileBytes) : undefined;
  return stored?.ok === true && Array.isArray(stored.value) ? (stored.value as (Uint8Array | string)[]) : [];
}

function statOf(path: string): { readonly bytes: number; readonly ms: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  return { bytes: found?.size ?? 0, ms: found?.mtimeMs ?? 0 };
}
