// What came out of a query on this node: batches kept for the asker (on disk) and the lines that printing sinks wrote (in
// memory, bounded). Read from any position while it grows.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type NodeId, type QueryId, queryIdPattern, type VertexId } from "../core/base/index.ts";
import { BatchReader, shapeOf } from "../core/batch/index.ts";
import { openResultLog, type ResultLog } from "../io/storage/index.ts";
import { plainValue } from "../operators/index.ts";
import type { ResultItem } from "../sdk/index.ts";

/** Printed lines are for watching; what must be kept goes to an outlet or to the asker. */
const maxLines = 10_000;
/** A query's result stays readable after it settled; the oldest go first. */
const maxResultFiles = 200;

type Item = Extract<ResultItem, { type: "rows" | "line" }>;

export interface Results {
  keep(query: QueryId, vertex: VertexId, batch: Uint8Array): Promise<void>;
  print(query: QueryId, vertex: VertexId, line: string): void;
  /** Items from the position on, at most `limit`; `missed` when some are no longer held. */
  read(query: QueryId, from: number, limit: number): { items: ResultItem[]; next: number };
  /** Resolves at the next item of the query, or when the signal aborts. */
  more(query: QueryId, signal: AbortSignal): Promise<void>;
  /** Wakes whoever waits: the query has settled. */
  wake(query: QueryId): void;
  close(): Promise<void>;
}

interface Entry {
  /** Position of each item: a line, or the number of a record in the log. */
  readonly order: (
    | { readonly line: string; readonly vertex: VertexId }
    | { readonly record: number; readonly vertex: VertexId }
  )[];
  dropped: number;
  log: ResultLog | null;
  waiting: Set<() => void>;
}

export function createResults(folder: string, node: NodeId): Results {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const entries = new Map<QueryId, Entry>();
  prune(folder);

  function entryOf(query: QueryId): Entry {
    const known = entries.get(query);
    if (known !== undefined) return known;
    const entry: Entry = { order: [], dropped: 0, log: null, waiting: new Set() };
    entries.set(query, entry);
    if (readdirSync(folder).includes(query)) {
      const log = openResultLog(join(folder, query));
      entry.log = log;
      for (let record = 0; record < log.items; record++) {
        const payload = log.read(record)!;
        entry.order.push({ record, vertex: vertexIn(payload) });
      }
    }
    return entry;
  }

  function wake(entry: Entry): void {
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const resume of waiting) resume();
  }

  function itemAt(entry: Entry, position: number): Item {
    const item = entry.order[position - entry.dropped]!;
    if ("line" in item) return { type: "line", sequence: position, vertex: item.vertex, node, text: item.line };
    const batch = batchIn(entry.log!.read(item.record)!);
    return { type: "rows", sequence: position, vertex: item.vertex, node, rows: rowsOf(batch) };
  }

  return {
    async keep(query, vertex, batch) {
      const entry = entryOf(query);
      entry.log ??= openResultLog(join(folder, query));
      const record = entry.log.items;
      const durable = entry.log.append(withVertex(vertex, batch));
      entry.order.push({ record, vertex });
      await durable;
      wake(entry);
    },
    print(query, vertex, line) {
      const entry = entryOf(query);
      entry.order.push({ line, vertex });
      if (entry.log === null && entry.order.length > maxLines) {
        entry.order.shift();
        entry.dropped++;
      }
      wake(entry);
    },
    read(query, from, limit) {
      const entry = entryOf(query);
      const items: ResultItem[] = [];
      let position = from;
      if (position < entry.dropped) {
        items.push({ type: "missed", sequence: position, items: entry.dropped - position });
        position = entry.dropped;
      }
      const end = entry.dropped + entry.order.length;
      while (position < end && items.length < limit) items.push(itemAt(entry, position++));
      return { items, next: position };
    },
    more(query, signal) {
      const entry = entryOf(query);
      return new Promise((resolve) => {
        const resume = () => {
          entry.waiting.delete(resume);
          signal.removeEventListener("abort", resume);
          resolve();
        };
        if (signal.aborted) return resolve();
        entry.waiting.add(resume);
        signal.addEventListener("abort", resume);
      });
    },
    wake: (query) => wake(entryOf(query)),
    async close() {
      for (const entry of entries.values()) {
        wake(entry);
        await entry.log?.close();
      }
    },
  };
}

function rowsOf(batch: Uint8Array): Record<string, string | number | boolean | null>[] {
  const shape = shapeOf(batch);
  const reader = new BatchReader(batch, shape);
  return Array.from({ length: reader.rows }, (_, row) =>
    Object.fromEntries(shape.map((column, index) => [column.name, plainValue(column.type, reader.value(index, row))])),
  );
}

/** u8 length of the vertex's name | name | batch. The batch is copied out when read, so its alignment is its own. */
function withVertex(vertex: VertexId, batch: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(vertex);
  const payload = new Uint8Array(1 + name.length + batch.length);
  payload[0] = name.length;
  payload.set(name, 1);
  payload.set(batch, 1 + name.length);
  return payload;
}

function vertexIn(payload: Uint8Array): VertexId {
  return new TextDecoder().decode(payload.subarray(1, 1 + payload[0]!)) as VertexId;
}

function batchIn(payload: Uint8Array): Uint8Array {
  return payload.slice(1 + payload[0]!);
}

function prune(folder: string): void {
  const files = readdirSync(folder).filter((name) => queryIdPattern.test(name));
  if (files.length <= maxResultFiles) return;
  const ages = files.map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs })).sort((a, b) => a.ms - b.ms);
  for (const { name } of ages.slice(0, files.length - maxResultFiles)) rmSync(join(folder, name), { force: true });
}
