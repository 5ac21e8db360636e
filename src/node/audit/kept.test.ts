// What is kept of settled queries has a bound in number and in bytes, and what made room is remembered.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { QueryId } from "../../core/base/index.ts";
import { readKept, wasDropped, writeKept } from "./kept.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-kept-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const id = (number: number) => String(number).padStart(32, "0") as QueryId;
const bounds = { maxKeptQueries: 100, maxKeptBytes: 3_500, maxDropped: 4 };
/** Written a second after the one before. */
function keep(number: number, bytes = 1_000): void {
  writeKept(folder, id(number), [new Uint8Array(bytes)], bounds);
  utimesSync(join(folder, id(number)), number, number);
}
const kept = () => [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => readKept(folder, id(number)).length > 0);
const dropped = () => [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => wasDropped(folder, id(number)));

it("all together are bounded in bytes: the oldest make room", () => {
  for (const number of [1, 2, 3]) keep(number);
  expect([kept(), dropped()]).toEqual([[1, 2, 3], []]);
  keep(4);
  expect([kept(), dropped()]).toEqual([[2, 3, 4], [1]]);
  keep(5, 2_400);
  expect([kept(), dropped()]).toEqual([
    [4, 5],
    [1, 2, 3],
  ]);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(bounds.maxKeptBytes + 500); // and the list of what is gone
});

it("no small old one outlives a newer one that had to go", () => {
  keep(1, 10);
  keep(2, 3_000);
  keep(3, 1_000);
  expect([kept(), dropped()]).toEqual([[3], [1, 2]]);
});

it("the one that was just written stays, however large it is, and is not called dropped again", () => {
  keep(1);
  keep(2, 10_000);
  expect([kept(), dropped()]).toEqual([[2], [1]]);
  keep(1);
  expect([kept(), dropped()]).toEqual([[1], [2]]);
});

it("remembers so many of those that are gone, the latest; what an interrupted writing left goes", () => {
  writeFileSync(join(folder, `${id(1)}.new`), "half");
  for (const number of [1, 2, 3, 4, 5, 6, 7]) keep(number, 3_000);
  expect([kept(), dropped()]).toEqual([[7], [3, 4, 5, 6]]);
  expect(existsSync(join(folder, `${id(1)}.new`))).toBe(false);
});
