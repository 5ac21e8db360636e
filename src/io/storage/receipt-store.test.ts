// What signed receipts survive: age, kill -9 after any write, torn and damaged files. One contract for disk and memory.
import {
  cpSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NodeId, type QueryId, toHex, type VertexId } from "../../core/base/index.ts";
import { cellLimits, type ReceiptCursor, type ReceiptLog, type ReceiptStore } from "../../core/cell/index.ts";
import { createMemoryReceipts, openReceiptStore } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-receipts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const query = "ab".repeat(16) as QueryId;
const cell = { query, vertex: "plus" as VertexId, incarnation: 0 };
const readers = { principal: "ann", nodes: ["meter" as NodeId] };
const perSegment = cellLimits.receiptsPerSegment;
/** So long that three fill a segment. */
const long = Math.ceil(cellLimits.maxSegmentBytes / 3) + 1;
const openOn = (at: string) => openReceiptStore({ folder: at, everySync: () => () => {} });

function receipt(sequence: number, length = 40) {
  const bytes = new Uint8Array(length).fill(sequence);
  new DataView(bytes.buffer).setUint32(0, sequence);
  return { sequence, bytes };
}
const sequenceOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
const all = (store: ReceiptStore) =>
  store.page(query, undefined, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY).envelopes.map(sequenceOf);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
function sign(log: ReceiptLog, from: number, to: number, closings: readonly number[] = [], length = 40): void {
  for (let sequence = from; sequence < to; sequence++)
    log.append(receipt(sequence, length), closings.includes(sequence));
}

for (const [where, open] of [
  ["on disk", () => openOn(folder)],
  ["in memory", createMemoryReceipts],
] as const) {
  describe(`kept ${where}`, () => {
    it("are all there, in order, until two segments are full; then whole segments go, oldest first", () => {
      const store = open();
      const log = store.open(cell, readers);
      const turns: number[] = [];
      for (let sequence = 0; sequence < 5 * perSegment + 7; sequence++) {
        if (log.turning) turns.push(sequence);
        log.append(receipt(sequence), false);
        if (sequence === 2 * perSegment - 1) expect(all(store)).toEqual(range(0, 2 * perSegment));
      }
      expect(turns).toEqual([0, 1, 2, 3, 4, 5].map((segment) => segment * perSegment));
      expect(all(store)).toEqual(range(4 * perSegment, 5 * perSegment + 7));
      expect(store.count(query)).toBe(perSegment + 7);
      expect(sequenceOf(store.newest(cell)!)).toBe(5 * perSegment + 6);
      store.close();
    });

    it("closings stay, however old", () => {
      const store = open();
      sign(store.open(cell, readers), 0, 4 * perSegment, [5, 9, 4 * perSegment - 2]);
      expect(all(store)).toEqual([5, 9, ...range(2 * perSegment, 4 * perSegment)]);
      store.close();
    });

    it("a page has at most so many receipts and bytes, and the next goes on where it ended", () => {
      const store = open();
      sign(store.open({ ...cell, vertex: "a" as VertexId }, readers), 0, 300);
      sign(store.open({ ...cell, incarnation: 1 }, readers), 0, 30, [3]);
      sign(store.open(cell, readers), 0, 3 * perSegment, [7]);
      const seen: string[] = [];
      let from: ReceiptCursor | undefined;
      let pages = 0;
      do {
        const page = store.page(query, from, 100, 40 * 64);
        expect(page.envelopes.length).toBeLessThanOrEqual(64);
        seen.push(...page.envelopes.map((bytes) => `${sequenceOf(bytes)}`));
        from = page.next;
        pages++;
      } while (from !== undefined);
      const expected = [...range(0, 300), 7, ...range(perSegment, 3 * perSegment), ...range(0, 30)];
      expect(seen).toEqual(expected.map(String));
      expect(pages).toBe(Math.ceil(expected.length / 64));
      // One that is larger than a page still comes, alone.
      expect(store.page(query, undefined, 100, 1).envelopes).toHaveLength(1);
      // What went while somebody was reading is skipped.
      const gone = { vertex: "plus" as VertexId, incarnation: 0, sequence: 20 };
      expect(sequenceOf(store.page(query, gone, 1, 1_000).envelopes[0]!)).toBe(perSegment);
      store.close();
    });

    it("know who may read them, and nothing of another query", () => {
      const store = open();
      sign(store.open(cell, readers), 0, 3);
      expect(store.readers(query)).toEqual(readers);
      const other = "cd".repeat(16) as QueryId;
      expect([store.readers(other), store.count(other), store.page(other, undefined, 9, 9).envelopes]).toEqual([
        undefined,
        0,
        [],
      ]);
      expect(store.newest({ ...cell, incarnation: 4 })).toBeUndefined();
      store.close();
    });
  });
}

describe("after kill -9 or a power failure", () => {
  /** As a process finds it that starts now: nothing was closed. */
  function crashed(change: (queryFolder: string) => void = () => {}): ReceiptStore {
    const copy = mkdtempSync(join(tmpdir(), "hedgerow-crashed-"));
    cpSync(folder, copy, { recursive: true });
    change(join(copy, query));
    const store = openOn(copy);
    rest.push(() => rmSync(copy, { recursive: true, force: true }));
    return store;
  }
  const rest: (() => void)[] = [];
  afterEach(() => {
    for (const clean of rest.splice(0)) clean();
  });
  const newest = (at: string) =>
    readdirSync(at)
      .filter((name) => /\.\d+$/.test(name))
      .sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)))
      .at(-1)!;

  it("after every write: each receipt that was appended is there, or a later one stands for it", () => {
    const store = openOn(folder);
    const log = store.open(cell, readers);
    for (let sequence = 0; sequence < 14; sequence++) {
      log.append(receipt(sequence, long), sequence === 4);
      const segment = Math.floor(sequence / 3);
      const first = Math.max(0, 3 * (segment - 1));
      const expected = [...(first > 4 ? [4] : []), ...range(first, sequence + 1)];
      const found = crashed();
      expect(all(found)).toEqual(expected);
      expect(found.readers(query)).toEqual(readers);
      // Torn in the middle of this very write, wherever: only this receipt is missing, and it was shown to nobody.
      for (const kept of [0, 5, 12, long]) {
        const torn = crashed((at) => {
          const path = join(at, newest(at));
          truncateSync(path, statSync(path).size - 12 - long + kept);
        });
        expect(all(torn)).toEqual(expected.slice(0, -1));
      }
    }
    store.close();
  });

  it("between the first write of a segment and the dropping of the oldest: both are there", () => {
    const store = openOn(folder);
    const log = store.open(cell, readers);
    sign(log, 0, 6, [], long);
    const before = crashed();
    const oldest = readFileSync(join(folder, query, "plus.0.0"));
    sign(log, 6, 7, [], long);
    expect(all(before)).toEqual(range(0, 6));
    expect(all(crashed())).toEqual(range(3, 7));
    expect(all(crashed((at) => writeFileSync(join(at, "plus.0.0"), oldest)))).toEqual(range(0, 7));
    store.close();
  });

  it("between a closing's own file and the segment: it was shown to nobody, and nothing else is missing", () => {
    const store = openOn(folder);
    sign(store.open(cell, readers), 0, 6, [5], long);
    const torn = crashed((at) => {
      const path = join(at, newest(at));
      truncateSync(path, statSync(path).size - 12 - long);
    });
    expect(all(torn)).toEqual(range(0, 5));
    store.close();
  });

  it("a damaged receipt is left out, those behind it are found", () => {
    const store = openOn(folder);
    sign(store.open(cell, readers), 0, 5);
    const found = crashed((at) => {
      const path = join(at, newest(at));
      const bytes = readFileSync(path);
      bytes[2 * 52 + 30]! ^= 1;
      writeFileSync(path, bytes);
    });
    expect(all(found)).toEqual([0, 1, 3, 4]);
    store.close();
  });

  it("a cell that goes on begins a file of its own, and stands for what is before it", () => {
    const store = openOn(folder);
    sign(store.open(cell, readers), 0, 1);
    const found = crashed();
    expect(sequenceOf(found.newest(cell)!)).toBe(0);
    const log = found.open(cell, readers);
    expect(log.turning).toBe(true);
    sign(log, 1, 3);
    expect(all(found)).toEqual([0, 1, 2]);
    // A file that a crash left without a receipt is in nobody's way.
    const torn = crashed((at) => truncateSync(join(at, "plus.0.0"), 7));
    expect(torn.newest(cell)).toBeUndefined();
    sign(torn.open(cell, readers), 0, 2);
    expect(all(torn)).toEqual([0, 1]);
    store.close();
  });

  it("who may read them is on the disk, with the names that lead there, before the first is appended", () => {
    /** Files and folders with what they held when they were synced: all that a power failure leaves. */
    const synced = new Map<number, number>();
    const inodeOf = (path: string) => statSync(path).ino;
    const disk = {
      sync: (file: number) => void synced.set(fstatSync(file).ino, fstatSync(file).size),
      syncFolder: (path: string) => void synced.set(inodeOf(path), readdirSync(path).length),
    };
    const store = openReceiptStore({ folder, everySync: () => () => {}, disk });
    store.open(cell, readers);
    const path = join(folder, query, "readers");
    expect(synced.get(inodeOf(path))).toBe(statSync(path).size);
    expect([synced.get(inodeOf(join(folder, query))), synced.get(inodeOf(folder))]).toEqual([1, 1]);
    store.close();
  });

  it("rubbish in the folder disturbs nobody, and readers that cannot be read let nobody in", () => {
    const store = openOn(folder);
    sign(store.open(cell, readers), 0, 2);
    const found = crashed((at) => {
      writeFileSync(join(at, "plus.0.9"), new Uint8Array(100).fill(255));
      writeFileSync(join(at, "note.txt"), "x");
      truncateSync(join(at, "readers"), 3);
    });
    expect(all(found)).toEqual([0, 1]);
    expect(found.readers(query)).toBeUndefined();
    store.close();
  });
});

it("keeps the newest queries, and never drops one that runs", () => {
  const store = openOn(folder);
  const idOf = (i: number) => toHex(new Uint8Array(16).fill(i)) as QueryId;
  const running = store.open({ ...cell, query: idOf(0) }, readers);
  sign(running, 0, 1);
  for (let i = 1; i <= 203; i++) {
    const log = store.open({ ...cell, query: idOf(i) }, readers);
    sign(log, 0, 1);
    log.close();
  }
  expect(readdirSync(folder).length).toBeLessThanOrEqual(202);
  expect(store.count(idOf(0))).toBe(1);
  expect(store.count(idOf(203))).toBe(1);
  expect(statSync(join(folder, idOf(0), "plus.0.0")).mode & 0o777).toBe(0o600);
  running.close();
  store.close();
});

it("keeps of what no longer runs only so much, the newest first", () => {
  const store = openReceiptStore({ folder, everySync: () => () => {}, maxBytes: 50_000 });
  const idOf = (i: number) => toHex(new Uint8Array(16).fill(i)) as QueryId;
  for (let i = 0; i < 6; i++) {
    const log = store.open({ ...cell, query: idOf(i) }, readers);
    sign(log, 0, 1, [], 20_000);
    log.close();
    utimesSync(join(folder, idOf(i)), 1_000 + i, 1_000 + i);
  }
  expect(readdirSync(folder).sort()).toEqual([idOf(3), idOf(4), idOf(5)]);
  store.close();
});
