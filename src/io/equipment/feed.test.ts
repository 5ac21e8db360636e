// Sensors that are named pipes: their writers come late, go, and come again.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { QueryId, VertexId } from "../../core/base/index.ts";
import { columns, rowsOf } from "../../operators/harness.ts";
import { catalogue } from "../../operators/index.ts";
import { createPorts } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "hedgerow-feed-"));
const pipe = join(folder, "meter");
beforeAll(() => void execFileSync("mkfifo", [pipe]));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = columns("value: int64");
const of = { query: "aa" as QueryId, vertex: "in" as VertexId };

function portsTo(file: string) {
  const place = { name: "meter", kind: "sensor", format: "ndjson", file } as const;
  return createPorts({ of, equipment: [place], print: () => {}, keep: async () => {}, kept: () => [] });
}

function sourceOf(file: string) {
  const signature = { consumes: [], output: shape, stateless: false };
  const context = { params: { columns: shape }, inputs: [], signature, ports: portsTo(file), equipment: "meter" };
  const running = catalogue().get("source-file")!.start(context);
  if (!running.ok || running.value.kind !== "source") throw new Error("no source");
  const { source } = running.value;
  onTestFinished(() => source.close());
  return source;
}

/** A writer of its own, that opens the pipe, writes and goes. */
const write = (value: number) => appendFile(pipe, `{"value":${value}}\n`);

it("pipes without a writer hold no thread that others need", async () => {
  // As many as the pool of file system threads has, twice.
  const waiting = Array.from({ length: 8 }, () => sourceOf(pipe));
  const read = waiting.map((source) => source.next());
  writeFileSync(join(folder, "other"), "read");
  expect(await readFile(join(folder, "other"), "utf8")).toBe("read");
  await Promise.all(waiting.map((source) => source.close()));
  expect(await Promise.all(read)).toEqual(waiting.map(() => null));
});

it("a record arrives when it is written, from a writer that comes, goes and comes again", async () => {
  const source = sourceOf(pipe);
  for (const value of [1, 2, 3]) {
    const next = source.next();
    await write(value);
    expect(rowsOf(shape, (await next)!)).toEqual([{ value: BigInt(value) }]);
  }
});

it("stops at once while it waits, and gives nothing afterwards", async () => {
  const source = sourceOf(pipe);
  const next = source.next();
  await source.close();
  expect(await next).toBeNull();
  expect(await source.next()).toBeNull();
  expect(existsSync(pipe)).toBe(true);
});

it("a plain file is read to its end", async () => {
  const file = join(folder, "diary.ndjson");
  writeFileSync(file, '{"value":1}\n{"value":2}\n');
  const source = sourceOf(file);
  expect(rowsOf(shape, (await source.next())!)).toEqual([{ value: 1n }, { value: 2n }]);
  expect(await source.next()).toBeNull();
});

it("a file that is not there is refused without its path", async () => {
  await expect(sourceOf(join(folder, "nothing")).next()).rejects.toMatchObject({
    refusal: { code: "operator-equipment", blame: "meter", detail: "ENOENT" },
  });
});
