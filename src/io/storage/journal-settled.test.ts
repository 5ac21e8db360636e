// Waiting for the disk without holding anybody up: what is promised when, and to how many at once.
import { fstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Journal, openJournal } from "./index.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-settled-"));
  path = join(folder, "journal");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A disk that takes as long as the test says. `seen`: what the file held when a sync began. */
function slowDisk() {
  const seen: number[] = [];
  const waiting: { resolve(): void; reject(cause: Error): void }[] = [];
  const flush = (file: number) => {
    seen.push(fstatSync(file).size);
    return new Promise<void>((resolve, reject) => {
      waiting.push({
        resolve() {
          fstatSync(file); // it is open still
          resolve();
        },
        reject,
      });
    });
  };
  return { flush, seen, next: () => waiting.shift()! };
}

function opened(flush: (file: number) => Promise<void>): Journal {
  const journal = openJournal(path, { flush });
  if (!journal.ok) throw new Error(journal.code);
  return journal.value;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const stateOf = (promise: Promise<void>) => {
  const state = { at: "waiting" };
  promise.then(
    () => (state.at = "settled"),
    () => (state.at = "refused"),
  );
  return state;
};
const value = new Uint8Array([1, 2, 3]);

it("is settled when a sync has ended that began after it was written; all who wait meanwhile share the next", async () => {
  const disk = slowDisk();
  const journal = opened(disk.flush);
  journal.note("a", value);
  const first = stateOf(journal.settled());
  await turn();
  journal.note("b", value);
  const [second, third] = [stateOf(journal.settled()), stateOf(journal.settled())];
  journal.note("c", value);
  await turn();
  expect([first.at, second.at, third.at, disk.seen.length]).toEqual(["waiting", "waiting", "waiting", 1]);
  disk.next().resolve();
  await turn();
  expect([first.at, second.at, third.at, disk.seen.length]).toEqual(["settled", "waiting", "waiting", 2]);
  expect(disk.seen[1]).toBe(readFileSync(path).length);
  disk.next().resolve();
  await turn();
  expect([second.at, third.at]).toEqual(["settled", "settled"]);
  await journal.settled(); // nothing is left to wait for
  expect(disk.seen.length).toBe(2);
  journal.close();
});

it("is not settled when the disk refuses, and is tried again", async () => {
  const disk = slowDisk();
  const journal = opened(disk.flush);
  journal.note("a", value);
  const first = stateOf(journal.settled());
  await turn();
  disk.next().reject(new Error("no space"));
  await turn();
  const again = stateOf(journal.settled());
  await turn();
  expect([first.at, again.at, disk.seen.length]).toEqual(["refused", "waiting", 2]);
  disk.next().resolve();
  await turn();
  expect(again.at).toBe("settled");
  journal.close();
});

it("closed or compacted while the disk works, its file stays open until the disk is done", async () => {
  const disk = slowDisk();
  const journal = opened(disk.flush);
  const large = new Uint8Array(400_000);
  journal.note("a", large);
  const settled = stateOf(journal.settled());
  await turn();
  for (let i = 0; i < 12; i++) journal.set("a", large); // beyond four times what lives: written anew
  expect(readFileSync(path).length).toBeLessThan(12 * large.length);
  disk.next().resolve();
  await turn();
  expect(settled.at).toBe("settled");
  journal.note("b", value);
  const last = stateOf(journal.settled());
  await turn();
  journal.close();
  disk.next().resolve();
  await turn();
  expect(last.at).toBe("settled");
});

it("says whether somebody else has written", () => {
  const mine = opened(async () => {});
  mine.set("a", value);
  expect(mine.isCurrent()).toBe(true);
  const other = opened(async () => {});
  other.set("b", value);
  expect(mine.isCurrent()).toBe(false);
  other.close();
  mine.close();
});

it("a new file has its name on the disk before anything is written to it; one that was there needs none", async () => {
  const calls: string[] = [];
  const disk = {
    flush: async (file: number) => void calls.push(`file of ${fstatSync(file).size}`),
    syncFolder: (named: string) =>
      void calls.push(`${named === folder ? "folder" : named}, file of ${statSync(path).size}`),
  };
  const open = () => {
    const journal = openJournal(path, disk);
    if (!journal.ok) throw new Error(journal.code);
    return journal.value;
  };
  const fresh = open();
  expect(calls).toEqual(["folder, file of 0"]);
  fresh.note("a", value);
  await fresh.settled();
  expect(calls).toEqual(["folder, file of 0", expect.stringMatching(/^file of [1-9]/)]);
  fresh.close();
  open().close();
  expect(calls).toHaveLength(2);
  // Whoever made it may have been ended before the folder was synced.
  writeFileSync(path, "");
  open().close();
  expect(calls.slice(2)).toEqual(["folder, file of 0"]);
});

it("where the name cannot be brought to the disk there is no journal", () => {
  const cause = new Error("EIO");
  const syncFolder = () => {
    throw cause;
  };
  expect(() => openJournal(path, { syncFolder })).toThrow(cause);
});
