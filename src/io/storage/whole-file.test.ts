import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceFile } from "./index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-whole-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("is replaced as a whole, for its user alone, whatever an interrupted writing left", () => {
  const path = join(folder, "kept");
  writeFileSync(`${path}.new`, "half of what was to be wri");
  replaceFile(path, "first");
  replaceFile(path, new TextEncoder().encode("second"));
  expect(readFileSync(path, "utf8")).toBe("second");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["kept"]);
});

it("stays as it was when the new one cannot be written", () => {
  const path = join(folder, "kept");
  replaceFile(path, "first");
  mkdirSync(`${path}.new`);
  expect(() => replaceFile(path, "second")).toThrow("EISDIR");
  expect(readFileSync(path, "utf8")).toBe("first");
});
