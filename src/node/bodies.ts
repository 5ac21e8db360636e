// Bodies of people's own operators, kept by digest beside the node's state, so that a coordinator can place a cell anew
// after a restart. Written whole before they are named: a crash leaves a body or none.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestPattern, type Hasher, toHex } from "../core/base/index.ts";
import { replaceFile } from "../io/storage/index.ts";

/** Bodies are at most 4 MiB each; the oldest go first. */
const maxBodies = 64;

export interface Bodies {
  get(digest: Digest): Uint8Array | undefined;
  keep(digest: Digest, body: Uint8Array): void;
}

export function openBodies(folder: string, hasher: Hasher): Bodies {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = readdirSync(folder);
  for (const name of files.filter((file) => !digestPattern.test(file))) rmSync(join(folder, name), { force: true });
  const cache = new Map<Digest, Uint8Array>();
  return {
    get(digest) {
      const cached = cache.get(digest);
      if (cached !== undefined) return cached;
      try {
        const body = new Uint8Array(readFileSync(join(folder, digest)));
        return toHex(hasher.sha256(body)) === digest ? body : undefined;
      } catch {
        return undefined;
      }
    },
    keep(digest, body) {
      cache.set(digest, body);
      if (cache.size > maxBodies) cache.delete(cache.keys().next().value!);
      replaceFile(join(folder, digest), body);
      const kept = readdirSync(folder).map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs }));
      kept.sort((a, b) => a.ms - b.ms);
      for (const { name } of kept.slice(0, Math.max(0, kept.length - maxBodies)))
        rmSync(join(folder, name), { force: true });
    },
  };
}
