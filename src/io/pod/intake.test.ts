import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inferColumns } from "../../core/pods/index.ts";
import { openDatabase } from "./database.ts";
import { Intake } from "./intake.ts";
import { limits } from "./limits.ts";
import { ensureTables } from "./tables.ts";
import type { Batch } from "./writer.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-intake-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Characters of all rows, as the writer gets them. */
function charsIn({ columns, rows }: Batch): number {
  const charsOf = (value: unknown) => String(value ?? "").length;
  return columns.reduce<number>(
    (sum, column) =>
      sum + (Array.isArray(column) ? column.reduce((all, value) => all + charsOf(value), 0) : rows * charsOf(column)),
    0,
  );
}

it("a batch stays small, however large the value is that all its rows have until one has another", async () => {
  const opened = openDatabase(folder, new Uint8Array(32), () => "0011223344556677");
  if (!opened.ok) throw new Error(opened.code);
  const columns = inferColumns(["n", "note"], [["1", "x"]]);
  const tables = ensureTables(opened.value, [{ name: "notes", columns }]);
  if (!tables.ok) throw new Error(tables.code);
  const batches: Batch[] = [];
  const intake = new Intake({
    tables: tables.value,
    database: opened.value,
    salt: [1, 2],
    outlet: { write: (batch) => batches.push(structuredClone(batch)), ready: async () => {}, close: async () => {} },
    rejects: { file: "", count: 0, add() {}, close() {} },
    onSettled: () => {},
  });
  const long = "y".repeat(20_000);
  for (let n = 0; n < 200; n++) intake.row(0, [String(n), n < 190 ? long : `${n}`], n);
  await intake.finish();
  opened.value.close();
  expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(200);
  for (const batch of batches) expect(charsIn(batch)).toBeLessThan(limits.batchChars + 2 * long.length);
});
