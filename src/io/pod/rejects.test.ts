// The side file of an import on a disk that is nearly full.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { smallDisk } from "../../../test/support/small-disk.ts";
import { openRejects } from "./rejects.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-rejects-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kept = (file: string) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).at);

it("a line that is taken in parts is written to its end", () => {
  const disk = smallDisk();
  disk.partBytes = 7;
  const rejects = openRejects(folder, "a.csv", disk);
  rejects.add("record 1", "not a number", "x,y");
  rejects.add("record 2", "not a number", "x,z");
  rejects.close();
  expect(kept(rejects.file)).toEqual(["record 1", "record 2"]);
});

it("a line that finds no room is not there in part, and stops the import; one behind it is whole", () => {
  const disk = smallDisk();
  const rejects = openRejects(folder, "a.csv", disk);
  rejects.add("record 1", "not a number", "x,y");
  disk.roomBytes = 20;
  expect(() => rejects.add("record 2", "not a number", "x,y")).toThrow("ENOSPC");
  expect(kept(rejects.file)).toEqual(["record 1"]);
  disk.roomBytes = 1000;
  rejects.add("record 3", "not a number", "x,y");
  rejects.close();
  expect(kept(rejects.file)).toEqual(["record 1", "record 3"]);
});
