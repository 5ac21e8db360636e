// A disk that is nearly full: it takes a part of what it is given without an error, then nothing, and syncs gladly.
import { fstatSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noSpace, smallDisk } from "../../../test/support/small-disk.ts";
import type { EdgeId, QueryId, VertexId } from "../../core/base/index.ts";
import { openJournal, openReceiptStore, openResultLog, replaceFile } from "./index.ts";
import type { JournalDisk } from "./journal.ts";
import { createReceiptFile, readReceiptFile } from "./receipt-file.ts";
import { systemFiles } from "./write-whole.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-full-"));
  path = join(folder, "kept");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened = (disk: Partial<JournalDisk> = {}) => {
  const journal = openJournal(path, disk);
  if (!journal.ok) throw new Error(journal.code);
  return journal.value;
};
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const keysIn = () => {
  const journal = opened();
  const keys = journal.entries().map(([key]) => key);
  journal.close();
  return keys;
};

describe("a journal", () => {
  it("writes on when the disk took a part only", () => {
    const disk = smallDisk();
    disk.partBytes = 7;
    const journal = opened(disk);
    journal.set("a", filled(100, 1));
    journal.set("b", filled(100, 2));
    journal.close();
    expect(keysIn()).toEqual(["a", "b"]);
  });

  it("cuts off the part that found room, throws, and goes on when there is room again", () => {
    const disk = smallDisk();
    const journal = opened(disk);
    journal.set("a", filled(100, 1));
    disk.roomBytes = 60;
    expect(() => journal.set("b", filled(100, 2))).toThrow("ENOSPC");
    expect(journal.get("b")).toBeUndefined();
    expect(journal.isCurrent()).toBe(true);
    journal.set("c", filled(10, 3));
    expect(() => journal.note("d", filled(100, 4))).toThrow("ENOSPC");
    disk.roomBytes = 1000;
    journal.set("e", filled(100, 5));
    journal.close();
    expect(keysIn()).toEqual(["a", "c", "e"]);
  });

  it("that cannot cut off a torn record takes none behind it, and opens with all that was acknowledged", () => {
    const disk = smallDisk();
    const journal = opened(disk);
    journal.set("a", filled(100, 1));
    disk.roomBytes = 60;
    disk.cuts = false;
    expect(() => journal.set("b", filled(100, 2))).toThrow("ENOSPC");
    disk.roomBytes = 1000;
    expect(() => journal.set("c", filled(10, 3))).toThrow("restart when it has room");
    journal.close();
    expect(keysIn()).toEqual(["a"]);
  });

  it("does not cut off what somebody else wrote", () => {
    const disk = smallDisk();
    const journal = opened(disk);
    journal.set("a", filled(100, 1));
    const other = opened();
    other.set("b", filled(100, 2));
    disk.roomBytes = 60;
    expect(() => journal.set("c", filled(100, 3))).toThrow("ENOSPC");
    expect(() => journal.set("d", filled(1, 4))).toThrow("restart when it has room");
    other.close();
    journal.close();
    expect(keysIn()).toEqual(["a", "b"]);
  });

  it("does not keep what a sync refused to keep, and goes on when it does again", () => {
    let isSound = true;
    const journal = opened({
      sync() {
        if (!isSound) throw noSpace();
      },
    });
    journal.set("a", filled(10, 1));
    isSound = false;
    expect(() => journal.set("b", filled(10, 2))).toThrow("ENOSPC");
    expect(journal.get("b")).toBeUndefined();
    isSound = true;
    journal.set("c", filled(10, 3));
    journal.close();
    expect(keysIn()).toEqual(["a", "c"]);
  });

  it("without room to be written anew stays as it is, and is when there is room", () => {
    let isFull = true;
    const journal = opened({
      // A file beside the journal's own finds room for a part of what lives.
      write(file, bytes, from) {
        const isBeside = fstatSync(file).ino !== statSync(path).ino;
        if (!isBeside || !isFull) return systemFiles.write(file, bytes, from);
        if (fstatSync(file).size >= 1000) throw noSpace();
        return systemFiles.write(file, bytes.subarray(from, from + 1000), 0);
      },
    });
    const large = 300_000;
    journal.set("kept", filled(10, 9));
    for (let i = 0; i < 7; i++) journal.set("a", filled(large, i));
    const size = readFileSync(path).length;
    expect(size).toBeGreaterThan(7 * large);
    expect(journal.isCurrent()).toBe(true);
    isFull = false;
    for (let i = 7; i < 20; i++) journal.set("a", filled(large, i));
    expect(readFileSync(path).length).toBeLessThan(size);
    journal.close();
    const again = opened();
    expect([again.get("a")?.[0], again.get("kept")]).toEqual([19, filled(10, 9)]);
    again.close();
  });

  it("written anew whose name did not reach the disk keeps what it has and takes no more", () => {
    let isSound = true;
    const journal = opened({
      syncFolder() {
        if (!isSound) throw new Error("EIO");
      },
    });
    isSound = false;
    const large = 400_000;
    let set = 0;
    expect(() => {
      for (; set < 12; set++) journal.set("a", filled(large, set));
    }).toThrow("restart when it has room");
    journal.close();
    const again = opened();
    expect(again.get("a")?.[0]).toBe(set - 1);
    again.close();
  });
});

describe("a result", () => {
  it("rejects what found no room whole; what was acknowledged stays, what comes later is read", async () => {
    const disk = smallDisk();
    disk.partBytes = 7;
    const log = openResultLog(path, disk);
    await log.append(filled(50, 1));
    disk.roomBytes = 40;
    await expect(log.append(filled(50, 2))).rejects.toThrow("could not be stored");
    expect(log.items).toBe(1);
    disk.roomBytes = 1000;
    await log.append(filled(50, 3));
    await log.close();
    const again = openResultLog(path);
    expect([again.items, again.read(0), again.read(1)]).toEqual([2, filled(50, 1), filled(50, 3)]);
    await again.close();
  });

  it("that cannot cut off a torn batch takes none behind it", async () => {
    const disk = smallDisk();
    const log = openResultLog(path, disk);
    await log.append(filled(50, 1));
    disk.roomBytes = 40;
    disk.cuts = false;
    await expect(log.append(filled(50, 2))).rejects.toThrow("could not be stored");
    disk.roomBytes = 1000;
    await expect(log.append(filled(5, 3))).rejects.toThrow("could not be stored");
    await log.close();
    const again = openResultLog(path);
    expect(again.items).toBe(1);
    await again.close();
  });
});

it("a file of receipts has those behind one that found no room", () => {
  const disk = smallDisk();
  const file = createReceiptFile(path, disk);
  file.append({ sequence: 0, bytes: filled(50, 1) });
  disk.roomBytes = 40;
  expect(() => file.append({ sequence: 1, bytes: filled(50, 2) })).toThrow("ENOSPC");
  disk.roomBytes = 1000;
  disk.partBytes = 7;
  file.append({ sequence: 1, bytes: filled(50, 3) });
  file.close();
  expect(readReceiptFile(path).map(({ sequence, bytes }) => [sequence, bytes[0]])).toEqual([
    [0, 1],
    [1, 3],
  ]);
});

describe("secrets of links", () => {
  const query = "ab".repeat(16) as QueryId;
  const cell = { query, vertex: "plus" as VertexId, incarnation: 0 };
  const secretOf = (value: number) => filled(32, value);
  const link = { side: "input", edge: "source>plus:0" as EdgeId, peer: 0 } as const;
  const storeOn = (disk = smallDisk()) =>
    openReceiptStore({ folder, everySync: () => () => {}, disk }).open(cell, { principal: "ann", nodes: [] });
  const kept = () =>
    readFileSync(join(folder, query, "plus.0.secrets"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).secret.slice(0, 2));

  it("are whole lines, also behind one that found no room", () => {
    const disk = smallDisk();
    disk.partBytes = 7;
    const log = storeOn(disk);
    log.keepSecret(link, secretOf(1));
    disk.roomBytes = 40;
    expect(() => log.keepSecret(link, secretOf(2))).toThrow("ENOSPC");
    disk.roomBytes = 1000;
    log.keepSecret(link, secretOf(3));
    expect(kept()).toEqual(["01", "03"]);
    log.close();
  });

  it("of an earlier life stay; one that a crash tore is cut off", () => {
    const before = storeOn();
    before.keepSecret(link, secretOf(1));
    before.keepSecret(link, secretOf(2));
    const path = join(folder, query, "plus.0.secrets");
    truncateSync(path, statSync(path).size - 9);
    const log = storeOn();
    log.keepSecret(link, secretOf(3));
    expect(kept()).toEqual(["01", "03"]);
    for (const open of [before, log]) open.close();
  });
});

it("a file replaced as a whole is written to its end, or stays what it was", () => {
  const disk = smallDisk();
  disk.partBytes = 3;
  replaceFile(path, "the first", disk);
  disk.roomBytes = 5;
  expect(() => replaceFile(path, "the second", disk)).toThrow("ENOSPC");
  expect(readFileSync(path, "utf8")).toBe("the first");
});
