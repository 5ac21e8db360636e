// Public keys as one run of bytes, in ascending order, each once: so that one set has one encoding.
import { publicKeyBytes } from "../base/index.ts";
import { compareAt } from "./statements.ts";

export function sortedKeys(keys: readonly Uint8Array[]): Uint8Array {
  const sorted = [...keys].sort((a, b) => compareAt(a, 0, b, 0));
  const once = sorted.filter((key, i) => i === 0 || compareAt(key, 0, sorted[i - 1]!, 0) !== 0);
  const all = new Uint8Array(once.length * publicKeyBytes);
  for (const [i, key] of once.entries()) all.set(key, i * publicKeyBytes);
  return all;
}
