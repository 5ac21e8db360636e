import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { NodeId, QueryId, VertexId } from "../core/base/index.ts";
import { BatchBuilder } from "../core/batch/index.ts";
import type { RecordShape } from "../core/model/index.ts";
import { openResultLog } from "../io/storage/index.ts";
import { createResults, type Results } from "./results.ts";

const node = `12D3Koo${"A".repeat(45)}` as NodeId;
const vertex = "rows" as VertexId;
const shape = [{ name: "value", type: "int64" }] as unknown as RecordShape;
const idOf = (index: number) => index.toString(16).padStart(32, "0") as QueryId;

let folder: string;
let results: Results;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-results-"));
  results = createResults(folder, node);
});
afterEach(async () => {
  await results.close();
  rmSync(folder, { recursive: true, force: true });
});

function batch(value: number): Uint8Array {
  const builder = new BatchBuilder(shape);
  builder.append([BigInt(value)]);
  const finished = builder.finish();
  if (!finished.ok) throw new Error(finished.code);
  return finished.value;
}

it("prunes the oldest results, and never those of a query that still runs", async () => {
  const running = idOf(1);
  await results.keep(running, vertex, batch(1), { path: 0, origin: 0 });
  for (let i = 2; i < 230; i++) {
    await results.keep(idOf(i), vertex, batch(i), { path: 0, origin: 0 });
    results.wake(idOf(i));
  }
  expect(readdirSync(folder).length).toBeLessThanOrEqual(201);
  expect(readdirSync(folder)).toContain(running);
  expect(results.kept(running, vertex)).toEqual([{ path: 0, origin: 0 }]);
  await results.keep(running, vertex, batch(2), { path: 0, origin: 1 });
  expect(results.read(running, 0, 10).items).toHaveLength(2);
  expect(results.read(idOf(229), 0, 10).items).toHaveLength(1);
  expect(results.read(idOf(2), 0, 10).items).toEqual([]);
});

it("forgets the printed lines of old queries, and of none that still runs", () => {
  results.print(idOf(0), vertex, "still there");
  for (let i = 1; i < 1_000; i++) {
    results.print(idOf(i), vertex, `line ${i}`);
    results.wake(idOf(i));
  }
  expect(results.read(idOf(1), 0, 10).items).toEqual([]);
  expect(results.read(idOf(0), 0, 10).items).toHaveLength(1);
  expect(results.read(idOf(999), 0, 10).items).toHaveLength(1);
});

it("shows what was kept, also when the disk had no room for one batch between two", async () => {
  let hasRoom = true;
  await results.close();
  results = createResults(folder, node, (path) => {
    const log = openResultLog(path);
    return {
      get items() {
        return log.items;
      },
      append: (payload) => (hasRoom ? log.append(payload) : Promise.reject(new Error("ENOSPC"))),
      read: log.read,
      close: log.close,
    };
  });
  const keep = (origin: number) => results.keep(idOf(1), vertex, batch(origin), { path: 0, origin });
  await keep(0);
  hasRoom = false;
  await expect(keep(1)).rejects.toThrow("ENOSPC");
  hasRoom = true;
  await keep(1);
  const shown = results.read(idOf(1), 0, 10).items;
  expect(shown.map((item) => (item.type === "rows" ? item.rows : item.type))).toHaveLength(2);
});
