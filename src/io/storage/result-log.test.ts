import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openResultLog } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-result-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what was appended is read by position, at once and after reopening", async () => {
  const path = join(folder, "r");
  const log = openResultLog(path);
  await Promise.all(Array.from({ length: 20 }, (_, i) => log.append(new Uint8Array(i + 1).fill(i))));
  expect(log.items).toBe(20);
  expect(log.read(7)).toEqual(new Uint8Array(8).fill(7));
  expect(log.read(20)).toBeUndefined();
  await log.close();
  const again = openResultLog(path);
  expect(again.items).toBe(20);
  expect(again.read(19)).toEqual(new Uint8Array(20).fill(19));
  await again.close();
});

test("a torn tail is cut off and the log goes on behind it", async () => {
  const path = join(folder, "r");
  const log = openResultLog(path);
  await log.append(new Uint8Array([1, 2, 3]));
  await log.append(new Uint8Array([4, 5, 6]));
  await log.close();
  truncateSync(path, statSync(path).size - 1);
  const torn = openResultLog(path);
  expect(torn.items).toBe(1);
  await torn.append(new Uint8Array([7]));
  await torn.close();
  appendFileSync(path, new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 0]));
  const again = openResultLog(path);
  expect([again.read(0), again.read(1), again.items]).toEqual([new Uint8Array([1, 2, 3]), new Uint8Array([7]), 2]);
  await again.close();
});

test("an append after closing is an error, never silence", async () => {
  const log = openResultLog(join(folder, "r"));
  await log.close();
  await expect(log.append(new Uint8Array(1))).rejects.toThrow("closed");
});
