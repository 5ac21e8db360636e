// One writer, readers beside it, and an import that is cut off and goes on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sentenceOf } from "../../core/base/index.ts";
import { podLimits, RowKeys } from "../../core/pods/index.ts";
import { openPod, planImport, runImport } from "./index.ts";
import { KnownRows } from "./known-rows.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-import-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rows = 150_000;
const pod = () => join(folder, "pod");

async function planned() {
  const file = join(folder, "large.csv");
  const lines = Array.from({ length: rows }, (_, n) => `2024-01-01T00:00:00Z,number ${n % 1_000},${n % 7},same`);
  writeFileSync(file, `at,shop,amount,note\n${lines.join("\n")}\n`);
  const plan = await planImport(pod(), { file }, (tables) => tables);
  if (!plan.ok) throw new Error(plan.code);
  return plan.value;
}

async function count(): Promise<unknown> {
  const opened = await openPod(pod());
  if (!opened.ok) throw new Error(opened.code);
  const answer = opened.value.sql("select count(*), count(distinct shop) from large");
  const [row] = answer.ok ? [...answer.value.rows] : [];
  opened.value.close();
  return row;
}

it("cut off in the middle, it goes on and ends with every row once, equal ones included", async () => {
  const plan = await planned();
  const interrupt = new AbortController();
  const cut = runImport(pod(), plan, {
    nowMs: () => 0,
    signal: interrupt.signal,
    onProgress: ({ added }) => added > rows / 3 && interrupt.abort(new Error("cut off")),
  });
  await expect(cut).rejects.toThrow("cut off");
  const opened = await openPod(pod());
  expect(opened.ok && opened.value.sources()[0]?.endedMs).toBeNull();
  if (opened.ok) opened.value.close();
  const again = await runImport(pod(), plan, { nowMs: () => 0 });
  if (!again.ok) throw new Error(again.code);
  const { added, known, resumed } = again.value;
  expect(resumed).toBe(true);
  expect(known).toBeGreaterThan(0);
  expect(added + known).toBe(rows);
  expect(await count()).toEqual([rows, 1_000]);
});

it("what fills a table is refused, keeps what fits, and lets go of the pod", async () => {
  const plan = await planned();
  const { maxRowsPerTable } = podLimits;
  Object.assign(podLimits, { maxRowsPerTable: 100_000 });
  try {
    expect(await runImport(pod(), plan, { nowMs: () => 0 })).toMatchObject({ ok: false, code: "pod-table-full" });
    const [kept] = (await count()) as [number];
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(100_000);
    expect(await runImport(pod(), plan, { nowMs: () => 0 })).toMatchObject({ ok: false, code: "pod-table-full" });
  } finally {
    Object.assign(podLimits, { maxRowsPerTable });
  }
  expect(await runImport(pod(), plan, { nowMs: () => 0 })).toMatchObject({ ok: true });
});

it("what the refusal of a full table advises works", async () => {
  const advice = sentenceOf("pod-table-full");
  expect(advice).toMatch(/pod forget --source FILE.*[Ss]plit the file.*--table NAME/);
  expect(advice).toContain(`${podLimits.maxRowsPerTable / 1e6} million`);
  const plan = await planned();
  const { maxRowsPerTable } = podLimits;
  Object.assign(podLimits, { maxRowsPerTable: 100_000 });
  try {
    expect(await runImport(pod(), plan, { nowMs: () => 0 })).toMatchObject({ ok: false, code: "pod-table-full" });
    const opened = await openPod(pod());
    if (!opened.ok) throw new Error(opened.code);
    expect(opened.value.forgetSource("large.csv")).toMatchObject({ ok: true });
    const [head = "", ...lines] = readFileSync(join(folder, "large.csv"), "utf8").trimEnd().split("\n");
    const parts = [lines.slice(0, rows / 2), lines.slice(rows / 2)];
    for (const [at, part] of parts.entries()) {
      const file = join(folder, `part-${at}.csv`);
      writeFileSync(file, `${[head, ...part].join("\n")}\n`);
      const next = await planImport(pod(), { file, table: `large_${at}` }, (tables) => tables);
      const done = next.ok ? await runImport(pod(), next.value, { nowMs: () => 0 }) : next;
      expect(done).toMatchObject({ ok: true, value: { added: rows / 2, known: 0 } });
    }
    expect(opened.value.tables().map(({ rows: count }) => count)).toEqual([0, rows / 2, rows / 2]);
    opened.value.close();
  } finally {
    Object.assign(podLimits, { maxRowsPerTable });
  }
});

it("a second writer is refused, a reader is served, while one writes", async () => {
  const plan = await planned();
  const seen: unknown[] = [];
  const first = runImport(pod(), plan, {
    nowMs: () => 0,
    onProgress({ added }) {
      if (added > 0 && seen.length === 0) seen.push(runImport(pod(), plan, { nowMs: () => 0 }), count());
    },
  });
  expect((await first).ok).toBe(true);
  expect(await seen[0]).toMatchObject({ ok: false, code: "pod-busy" });
  expect(await seen[1]).toEqual([expect.any(Number), expect.any(Number)]);
  expect(await count()).toEqual([rows, 1_000]);
});

it("a hundred thousand equal rows are told apart in a moment, and known the second time", () => {
  const keys = new RowKeys(["a"], [1, 2]);
  const stored = new Uint32Array(200_000);
  const first = new KnownRows();
  for (let n = 0; n < 100_000; n++) {
    keys.of(["x"]);
    expect(first.add(keys)).toBe(true);
    stored[n * 2] = keys.low;
    stored[n * 2 + 1] = keys.high;
  }
  const second = new KnownRows();
  second.load(stored);
  expect(second.size).toBe(100_000);
  for (let n = 0; n < 100_000; n++) {
    keys.of(["x"]);
    if (second.add(keys)) throw new Error(`row ${n} was taken for new`);
  }
});

it("every cell arrives, whichever values a batch has in all of its rows", async () => {
  // A column alike in all rows; one until the second batch, one until the middle of the first, with gaps; numbers of three kinds.
  const cellsOf = (n: number) => [
    "EUR",
    n < 1_200 ? "old" : "new",
    n < 500 || n % 3 === 0 ? "" : `note ${n % 5}`,
    String(n < 2_000 ? 7 : n),
    n % 2 === 0 ? "" : String(n / 8),
    `9007199254740${n % 1_000 < 500 ? "993" : "995"}`,
    n < 10 ? "" : "no",
  ];
  const lines = Array.from({ length: 3_333 }, (_, n) => (n % 100 === 50 ? "too,few" : `${n},${cellsOf(n).join(",")}`));
  const file = join(folder, "runs.csv");
  writeFileSync(file, `n,currency,kind,note,whole,part,long,flag\n${lines.join("\n")}\n${lines[1]}\n`);
  const plan = await planImport(pod(), { file }, (tables) => tables);
  if (!plan.ok) throw new Error(plan.code);
  const types = plan.value.tables[0]!.columns.map(({ type }) => type);
  expect(types).toEqual(["int64", "text", "text", "text", "int64", "float64", "int64", "bool"]);
  const report = await runImport(pod(), plan.value, { nowMs: () => 0 });
  expect(report).toMatchObject({ ok: true, value: { added: 3_301, rejected: 33 } });
  const opened = await openPod(pod());
  if (!opened.ok) throw new Error(opened.code);
  const answer = opened.value.sql(
    "select n, currency, kind, note, whole, part, cast(long as text), flag from runs order by rowid",
  );
  if (!answer.ok) throw new Error(answer.code);
  const expected = Array.from({ length: 3_333 }, (_, n) => n)
    .filter((n) => n % 100 !== 50)
    .map((n) => {
      const [currency, kind, note, whole, part, long, flag] = cellsOf(n);
      return [n, currency, kind, note || null, Number(whole), part ? Number(part) : null, long, flag ? 0 : null];
    });
  expect([...answer.value.rows]).toEqual([...expected, expected[1]]);
  opened.value.close();
});

it("a column that is called as SQLite numbers its rows takes none of them along", async () => {
  const files = ["first", "second"].map((source, at) => {
    const file = join(folder, `${source}.csv`);
    writeFileSync(file, `rowid,oid,shop\n${at === 0 ? "7,1,a\n3,2,b" : "3,1,c\n1,2,d\n2,3,e"}\n`);
    return file;
  });
  for (const file of files) {
    const plan = await planImport(pod(), { file, table: "trips" }, (tables) => tables);
    if (!plan.ok) throw new Error(plan.code);
    expect(await runImport(pod(), plan.value, { nowMs: () => 0 })).toMatchObject({ ok: true });
  }
  const opened = await openPod(pod());
  if (!opened.ok) throw new Error(opened.code);
  const shops = () => {
    const answer = opened.value.sql("select shop from trips order by shop");
    return answer.ok ? [...answer.value.rows].flat() : answer;
  };
  expect(opened.value.forgetSource("second.csv")).toMatchObject({ ok: true, value: { rows: 3 } });
  expect(shops()).toEqual(["a", "b"]);
  expect(opened.value.forgetSource("first.csv")).toMatchObject({ ok: true, value: { rows: 2 } });
  expect(shops()).toEqual([]);
  opened.value.close();
});
