// The receipts that this node's cells signed, on disk (docs/decisions/0014): a folder per query, in it
//
//   readers                              who may read them
//   <vertex>.<incarnation>.<sequence>    a segment, named for its first receipt; two per cell
//   <vertex>.<incarnation>.closings      receipts of links that have ended
//   <vertex>.<incarnation>.secrets       a line for each link: what keys its leaves
//
//   INVARIANT 1: a closing is in its file before it is in the segment; a segment is dropped after the next but one has its
//   first receipt. So a crash between any two writes loses nothing that is not covered by what is left.
//   INVARIANT 2: a cell writes only files that it made itself; those of an earlier life are read, never continued. A file
//   of the same name is there only when a crash left it without a receipt. Secrets alone are continued: each opens what it
//   opened before.
//   INVARIANT 3: who may read is on the disk before the first receipt is: after a power failure whoever may is answered.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  fromCanonical,
  type QueryId,
  queryIdPattern,
  toCanonical,
  toHex,
  type VertexId,
} from "../../core/base/index.ts";
import {
  isSegmentFull,
  type KeptReceipt,
  keptSegments,
  pageOf,
  type ReceiptCursor,
  type ReceiptReaders,
  type ReceiptStore,
  type SigningCell,
} from "../../core/cell/index.ts";
import { continueLines, type GrowingFile } from "./growing-file.ts";
import { limits } from "./limits.ts";
import { createReceiptFile, type ReceiptFile, readReceiptFile } from "./receipt-file.ts";
import { replaceFile, type SyncPort, syncFolder } from "./whole-file.ts";
import { type FilePort, systemFiles } from "./write-whole.ts";

interface Segments {
  readonly vertex: VertexId;
  readonly incarnation: number;
  /** First sequences, ascending. */
  readonly firsts: number[];
  hasClosings: boolean;
}

export interface ReceiptStoreOptions {
  readonly folder: string;
  /** Calls back when what was written should reach the disk, until stopped. Default: every few seconds. */
  readonly everySync?: (run: () => void) => () => void;
  /** Of queries that no longer run here. */
  readonly maxBytes?: number;
  readonly disk?: Partial<FilePort & SyncPort>;
}

const fileName = /^([a-z][a-z0-9-]{0,39})\.(\d{1,5})\.(\d{1,10}|closings)$/;

export function openReceiptStore({
  folder,
  everySync = everyFewSeconds,
  maxBytes = limits.maxReceiptBytes,
  disk = {},
}: ReceiptStoreOptions): ReceiptStore {
  const onDisk = { ...systemFiles, syncFolder, ...disk };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const queries = new Map<QueryId, Map<string, Segments>>();
  const counts = new Map<QueryId, number>();
  const live = new Map<QueryId, Set<Pick<ReceiptFile, "sync" | "close">>>();
  const stopSync = everySync(() => {
    for (const files of live.values()) for (const file of files) file.sync();
  });

  const pathOf = (query: QueryId, name: string) => join(folder, query, name);
  const nameOf = (
    { vertex, incarnation }: Pick<SigningCell, "vertex" | "incarnation">,
    what: number | "closings" | "secrets",
  ) => `${vertex}.${incarnation}.${what}`;

  /** The cells of a query, by name: from the folder the first time. */
  function cellsOf(query: QueryId): Map<string, Segments> {
    const known = queries.get(query);
    if (known !== undefined) return known;
    const cells = new Map<string, Segments>();
    for (const name of namesIn(join(folder, query))) {
      const parts = fileName.exec(name);
      if (parts === null) continue;
      const cell = cellIn(cells, parts[1] as VertexId, Number(parts[2]));
      if (parts[3] === "closings") cell.hasClosings = true;
      else cell.firsts.push(Number(parts[3]));
    }
    for (const { firsts } of cells.values()) firsts.sort((a, b) => a - b);
    if (cells.size > 0) queries.set(query, cells);
    return cells;
  }

  function* read(query: QueryId, cell: Segments, from = 0): Generator<KeptReceipt & ReceiptCursor> {
    const { vertex, incarnation } = cell;
    const firsts = [...cell.firsts];
    const window = firsts[0] ?? Number.POSITIVE_INFINITY;
    const closings = cell.hasClosings && from < window ? readReceiptFile(pathOf(query, nameOf(cell, "closings"))) : [];
    for (const receipt of closings) {
      if (receipt.sequence >= from && receipt.sequence < window) yield { ...receipt, vertex, incarnation };
    }
    for (const [i, first] of firsts.entries()) {
      if ((firsts[i + 1] ?? Number.POSITIVE_INFINITY) <= from) continue;
      for (const receipt of readReceiptFile(pathOf(query, nameOf(cell, first)))) {
        if (receipt.sequence >= from) yield { ...receipt, vertex, incarnation };
      }
    }
  }

  function* readAll(query: QueryId, from: ReceiptCursor | undefined): Generator<KeptReceipt & ReceiptCursor> {
    const cells = [...cellsOf(query).values()].sort((a, b) =>
      a.vertex === b.vertex ? a.incarnation - b.incarnation : a.vertex < b.vertex ? -1 : 1,
    );
    for (const cell of cells) {
      const { vertex, incarnation } = cell;
      if (from === undefined || vertex > from.vertex) yield* read(query, cell);
      else if (vertex < from.vertex || incarnation < from.incarnation) continue;
      else yield* read(query, cell, incarnation === from.incarnation ? from.sequence : 0);
    }
  }

  /** Of queries that no longer run here the oldest go, until the others are few and small enough. */
  function makeRoom(): void {
    const held = namesIn(folder)
      .filter((name): name is QueryId => queryIdPattern.test(name) && !live.has(name as QueryId))
      .map((query) => ({ query, ms: statSync(join(folder, query)).mtimeMs, bytes: bytesIn(join(folder, query)) }))
      .sort((a, b) => b.ms - a.ms);
    let bytes = 0;
    for (const [newer, one] of held.entries()) {
      bytes += one.bytes;
      if (newer < limits.maxReceiptQueries && bytes <= maxBytes) continue;
      rmSync(join(folder, one.query), { recursive: true, force: true });
      queries.delete(one.query);
      counts.delete(one.query);
    }
  }

  return {
    open(cell, readers) {
      const { query, vertex, incarnation } = cell;
      if (!live.has(query)) {
        makeRoom();
        mkdirSync(join(folder, query), { recursive: true, mode: 0o700 });
        replaceFile(pathOf(query, "readers"), toCanonical(readers), disk);
        onDisk.syncFolder(folder); // the query's folder may be new
      }
      const files = live.get(query) ?? new Set();
      live.set(query, files);
      const cells = cellsOf(query);
      queries.set(query, cells);
      const own = cellIn(cells, vertex, incarnation);
      let segment: ReceiptFile | undefined;
      let closings: ReceiptFile | undefined;
      let secrets: GrowingFile | undefined;
      const isTurning = () => segment === undefined || isSegmentFull(segment.receipts, segment.bytes);
      const opened = <File extends ReceiptFile | GrowingFile>(file: File): File => {
        files.add(file);
        return file;
      };

      function turn(receipt: KeptReceipt): void {
        const next = opened(createReceiptFile(pathOf(query, nameOf(own, receipt.sequence)), onDisk));
        next.append(receipt);
        if (segment !== undefined) files.delete(segment);
        segment?.close();
        segment = next;
        own.firsts.push(receipt.sequence);
        for (const gone of own.firsts.splice(0, Math.max(0, own.firsts.length - keptSegments))) {
          rmSync(pathOf(query, nameOf(own, gone)), { force: true });
          counts.delete(query);
        }
      }

      return {
        get turning() {
          return isTurning();
        },
        append(receipt, closing) {
          if (closing) {
            closings ??= opened(createReceiptFile(pathOf(query, nameOf(own, "closings")), onDisk));
            closings.append(receipt);
            own.hasClosings = true;
          }
          if (isTurning()) turn(receipt);
          else segment!.append(receipt);
          const counted = counts.get(query);
          if (counted !== undefined) counts.set(query, counted + 1);
        },
        keepSecret(link, secret) {
          secrets ??= opened(continueLines(pathOf(query, nameOf(own, "secrets")), onDisk));
          secrets.append(Buffer.from(`${JSON.stringify({ ...link, secret: toHex(secret) })}\n`));
        },
        close() {
          for (const file of [segment, closings, secrets]) {
            if (file === undefined) continue;
            file.close();
            files.delete(file);
          }
          if (files.size === 0) live.delete(query);
        },
      };
    },
    newest(cell) {
      const own = cellsOf(cell.query).get(nameOf(cell, "closings"));
      let newest: Uint8Array | undefined;
      if (own !== undefined) for (const { bytes } of read(cell.query, own)) newest = bytes;
      return newest;
    },
    readers(query) {
      try {
        const value = fromCanonical(readFileSync(pathOf(query, "readers")));
        return value.ok ? (value.value as ReceiptReaders) : undefined;
      } catch {
        return undefined; // none was ever written here: nobody may read what there is not
      }
    },
    page: (query, from, count, bytes) => pageOf(readAll(query, from), count, bytes),
    count(query) {
      let count = counts.get(query);
      if (count === undefined) {
        count = 0;
        for (const _ of readAll(query, undefined)) count++;
        counts.set(query, count);
      }
      return count;
    },
    close() {
      stopSync();
      for (const files of live.values()) for (const file of files) file.close();
      live.clear();
    },
  };

  function cellIn(cells: Map<string, Segments>, vertex: VertexId, incarnation: number): Segments {
    const key = nameOf({ vertex, incarnation }, "closings");
    const known = cells.get(key);
    if (known !== undefined) return known;
    const cell: Segments = { vertex, incarnation, firsts: [], hasClosings: false };
    cells.set(key, cell);
    return cell;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function bytesIn(folder: string): number {
  return namesIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function everyFewSeconds(run: () => void): () => void {
  const timer = setInterval(run, limits.receiptSyncMs);
  timer.unref();
  return () => clearInterval(timer);
}
