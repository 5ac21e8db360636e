import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toCanonical } from "../../core/base/index.ts";
import { lockFolder, openJournal } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-storage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(path: string) {
  const journal = openJournal(path);
  if (!journal.ok) throw new Error(journal.code);
  return journal.value;
}
const bytes = (text: string) => new TextEncoder().encode(text);

test("what was set is there after reopening, what was forgotten is not", () => {
  const path = join(folder, "state");
  const first = open(path);
  first.set("a", bytes("1"));
  first.set("b", bytes("2"));
  first.set("a", null);
  first.set("b", bytes("3"));
  first.close();
  const again = open(path);
  expect(again.entries()).toEqual([["b", bytes("3")]]);
  again.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a journal cut anywhere opens with a prefix of what was written", () => {
  const path = join(folder, "state");
  const journal = open(path);
  const sizes: number[] = [0];
  for (let i = 0; i < 8; i++) {
    journal.set(`k${i}`, bytes("v".repeat(i * 7)));
    sizes.push(statSync(path).size);
  }
  journal.close();
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), (cut) => {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const reopened = open(path);
      const expected = sizes.filter((size) => size <= cut).length - 1;
      expect(reopened.entries().length).toBe(expected);
      reopened.set("after", bytes("x"));
      reopened.close();
      const last = open(path);
      expect(last.entries().length).toBe(expected + 1);
      last.close();
    }),
    { numRuns: 60 },
  );
});

test("a torn last record is cut off, damage in the middle is refused and nothing is thrown away", () => {
  const path = join(folder, "state");
  const journal = open(path);
  journal.set("a", bytes("one"));
  journal.set("b", bytes("two"));
  journal.close();
  appendFileSync(path, new Uint8Array([9, 0, 0, 0, 1, 2, 3, 4, 5]));
  const torn = open(path);
  expect(torn.entries().length).toBe(2);
  torn.close();
  const damaged = readFileSync(path);
  damaged[10]! ^= 0xff;
  writeFileSync(path, damaged);
  expect(openJournal(path)).toMatchObject({ ok: false, code: "journal-damaged", blame: path });
  expect(readFileSync(path)).toEqual(damaged);
});

test("a record whose checksum holds and whose content is no entry is damage, not a crash", () => {
  const path = join(folder, "state");
  for (const value of [5, [1], ["key"], ["key", "text"], [1, new Uint8Array(1)], { key: null }]) {
    const payload = toCanonical(value);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt32LE(crc32(payload), 4);
    const record = Buffer.concat([head, payload]);
    writeFileSync(path, Buffer.concat([record, record]));
    expect(openJournal(path)).toMatchObject({ ok: false, code: "journal-damaged" });
  }
});

test("compaction keeps the live entries and shrinks the file", () => {
  const path = join(folder, "state");
  const journal = open(path);
  for (let i = 0; i < 40; i++) journal.set("big", new Uint8Array(64 * 1024).fill(i));
  expect(statSync(path).size).toBeLessThan(20 * 64 * 1024);
  journal.set("small", bytes("s"));
  journal.close();
  const again = open(path);
  expect(again.get("big")?.[0]).toBe(39);
  expect(again.get("small")).toEqual(bytes("s"));
  again.close();
});

test("a note is there for whoever opens the file next, and lies before what is set after it", () => {
  const path = join(folder, "state");
  const journal = open(path);
  journal.note("asked", bytes("plan"));
  const crashed = open(path); // nothing was closed or flushed: as after kill -9
  expect(crashed.get("asked")).toEqual(bytes("plan"));
  crashed.close();
  journal.note("asked", null);
  journal.set("begun", bytes("yes"));
  journal.close();
  const again = open(path);
  expect(again.entries()).toEqual([["begun", bytes("yes")]]);
  again.close();
});

test("a folder has one holder; a lock left by a dead process is taken over", () => {
  const first = lockFolder(folder);
  expect(first.ok).toBe(true);
  expect(lockFolder(folder)).toMatchObject({ ok: false, code: "folder-in-use", blame: folder });
  if (first.ok) first.value.release();
  const dead = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], { encoding: "utf8" }).stdout.trim();
  writeFileSync(join(folder, "lock"), `${dead} 12345\n`);
  const taken = lockFolder(folder);
  expect(taken.ok).toBe(true);
  writeFileSync(join(folder, "lock"), `${process.pid} 1\n`); // our process id, but another start: a stranger's old lock
  expect(lockFolder(folder).ok).toBe(true);
});
