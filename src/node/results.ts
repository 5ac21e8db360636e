// What came out of a query on this node: batches kept for the asker (on disk) and the lines that printing sinks wrote (in
// memory, bounded). Read from any position while it grows.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type NodeId, type QueryId, queryIdPattern, type VertexId } from "../core/base/index.ts";
import { shapeOf } from "../core/batch/index.ts";
import { openResultLog, type ResultLog } from "../io/storage/index.ts";
import { type Position, plainRecords } from "../operators/index.ts";
import type { ResultItem } from "../sdk/index.ts";

/** Printed lines are for watching; what must be kept goes to an outlet or to the asker. */
const maxLines = 10_000;
/** A query's result stays readable after it settled; the oldest go first. */
const maxResultFiles = 200;

const positionBytes = 12;

type Item = Extract<ResultItem, { type: "rows" | "line" }>;

export interface Results {
  keep(query: QueryId, vertex: VertexId, batch: Uint8Array, position: Position): Promise<void>;
  /** Per path the last batch kept for the vertex. */
  kept(query: QueryId, vertex: VertexId): Position[];
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
  /** By vertex and path: origin of the last batch kept. */
  readonly kept: Map<VertexId, Map<number, number>>;
  log: ResultLog | null;
  waiting: Set<() => void>;
  /** A cell of the query has been here since the start, and the query has not settled: it is never pruned. */
  active: boolean;
}

export function createResults(folder: string, node: NodeId, open: typeof openResultLog = openResultLog): Results {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const entries = new Map<QueryId, Entry>();

  function entryOf(query: QueryId): Entry {
    const known = entries.get(query);
    if (known !== undefined) return known;
    const entry: Entry = { order: [], dropped: 0, kept: new Map(), log: null, waiting: new Set(), active: false };
    if (entries.size >= 2 * maxResultFiles) forgetOldest();
    entries.set(query, entry);
    if (readdirSync(folder).includes(query)) {
      const log = open(join(folder, query));
      entry.log = log;
      for (let record = 0; record < log.items; record++) {
        const { vertex, path, origin } = headOf(log.read(record)!);
        entry.order.push({ record, vertex });
        note(entry, vertex, { path, origin });
      }
    }
    return entry;
  }

  function activeEntryOf(query: QueryId): Entry {
    const entry = entryOf(query);
    entry.active = true;
    return entry;
  }

  /** On a node that runs for months no restart prunes: each new file may cost the oldest, and each new entry one of memory. */
  function forgetOldest(): void {
    const spared = new Set(
      [...entries].filter(([, entry]) => entry.active || entry.waiting.size > 0).map(([id]) => id),
    );
    for (const query of prune(folder, spared)) forget(query);
    const idle = [...entries.keys()].filter((query) => !spared.has(query));
    for (const query of idle.slice(0, Math.max(0, entries.size - maxResultFiles))) forget(query);
  }

  /** Its file, if there is one, is opened again when somebody asks. */
  function forget(query: QueryId): void {
    void entries.get(query)?.log?.close();
    entries.delete(query);
  }

  function note(entry: Entry, vertex: VertexId, { path, origin }: Position): void {
    const origins = entry.kept.get(vertex) ?? new Map<number, number>();
    entry.kept.set(vertex, origins);
    origins.set(path, Math.max(origin, origins.get(path) ?? origin));
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
    return { type: "rows", sequence: position, vertex: item.vertex, node, rows: plainRecords(batch, shapeOf(batch)) };
  }

  return {
    async keep(query, vertex, batch, position) {
      const entry = activeEntryOf(query);
      if (entry.log === null) {
        entry.log = open(join(folder, query));
        forgetOldest();
      }
      const record = entry.log.items;
      const durable = entry.log.append(withHead(vertex, position, batch));
      if (entry.log.items > record) entry.order.push({ record, vertex }); // else nothing was written
      await durable;
      note(entry, vertex, position);
      wake(entry);
    },
    kept(query, vertex) {
      const origins = activeEntryOf(query).kept.get(vertex) ?? [];
      return [...origins].map(([path, origin]) => ({ path, origin }));
    },
    print(query, vertex, line) {
      const entry = activeEntryOf(query);
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
    wake(query) {
      const entry = entryOf(query);
      entry.active = false;
      wake(entry);
    },
    async close() {
      for (const entry of entries.values()) {
        wake(entry);
        await entry.log?.close();
      }
    },
  };
}

/** u8 length of the vertex's name | name | u32 path | f64 origin | batch. A batch is copied out when it is read. */
function withHead(vertex: VertexId, { path, origin }: Position, batch: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(vertex);
  const payload = new Uint8Array(1 + name.length + positionBytes + batch.length);
  payload[0] = name.length;
  payload.set(name, 1);
  const view = new DataView(payload.buffer, 1 + name.length);
  view.setUint32(0, path);
  view.setFloat64(4, origin);
  payload.set(batch, 1 + name.length + positionBytes);
  return payload;
}

function headOf(payload: Uint8Array): Position & { readonly vertex: VertexId } {
  const end = 1 + payload[0]!;
  const view = new DataView(payload.buffer, payload.byteOffset + end);
  const vertex = new TextDecoder().decode(payload.subarray(1, end)) as VertexId;
  return { vertex, path: view.getUint32(0), origin: view.getFloat64(4) };
}

function batchIn(payload: Uint8Array): Uint8Array {
  return payload.slice(1 + payload[0]! + positionBytes);
}

/** Those asked to be spared stay; gives what went. */
function prune(folder: string, spared: ReadonlySet<string>): QueryId[] {
  const files = readdirSync(folder).filter((name) => queryIdPattern.test(name)) as QueryId[];
  if (files.length <= maxResultFiles) return [];
  const ages = files.map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs })).sort((a, b) => a.ms - b.ms);
  const gone = ages.slice(0, files.length - maxResultFiles).filter(({ name }) => !spared.has(name));
  for (const { name } of gone) rmSync(join(folder, name), { force: true });
  return gone.map(({ name }) => name);
}
