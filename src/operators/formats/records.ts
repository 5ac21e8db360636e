// Records of a shape from and to CSV and NDJSON. Columns that the shape does not name are not read: they never enter.

import { accept, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import { BatchReader, type RowValue } from "../../core/batch/index.ts";
import type { RecordShape } from "../../core/model/index.ts";
import type { FileFormat } from "../contract.ts";
import { limits } from "../limits.ts";
import { type CsvCell, CsvParser, csvCell } from "./csv.ts";
import { fromPlain, fromText, type PlainValue, plainValue } from "./values.ts";

/** Fed with chunks of text, gives rows in the shape's order. Refusals name the line, never what stands on it. */
export interface RecordParser {
  push(chunk: string): Result<RowValue[][]>;
  end(): Result<RowValue[][]>;
}

export function recordParser(format: FileFormat, shape: RecordShape): RecordParser {
  return format === "csv" ? csvRecords(shape) : ndjsonRecords(shape);
}

function csvRecords(shape: RecordShape): RecordParser {
  const parser = new CsvParser(limits.maxLineBytes);
  let columns: number[] | null = null;
  let refusal: Refusal | null = null;
  let rows: RowValue[][] = [];
  const fail = (detail: string): false => {
    refusal = refuse("operator-data", { detail: `line ${parser.line}: ${detail}` });
    return false;
  };
  const onRecord = (record: CsvCell[]): boolean => {
    if (columns === null) {
      const header = record.map((cell) => (cell ?? "").replace(/^\uFEFF/, "").trim());
      const missing = shape.find((column) => !header.includes(column.name));
      if (missing !== undefined) return fail(`the header does not name ${missing.name}`);
      columns = shape.map((column) => header.indexOf(column.name));
      return true;
    }
    const row: RowValue[] = [];
    for (let c = 0; c < shape.length; c++) {
      const { name, type, nullable } = shape[c]!;
      const cell = record[columns[c]!] ?? null;
      const value = cell === null ? null : fromText(type, cell);
      if (value === undefined) return fail(`${name} is not ${type}`);
      if (value === null && !nullable) return fail(`${name} is absent`);
      row.push(value);
    }
    rows.push(row);
    return true;
  };
  const take = (fine: boolean): Result<RowValue[][]> => {
    if (!fine)
      return (
        refusal ?? refuse("operator-data", { detail: `line ${parser.line}: not CSV (quotes, or a cell too long)` })
      );
    const taken = rows;
    rows = [];
    return accept(taken);
  };
  return {
    push: (chunk) => take(parser.push(chunk, onRecord)),
    end: () => take(parser.end(onRecord)),
  };
}

function ndjsonRecords(shape: RecordShape): RecordParser {
  let rest = "";
  let line = 0;
  const rowOf = (text: string): Result<RowValue[] | null> => {
    line++;
    if (text.trim() === "") return accept(null);
    const fail = (detail: string) => refuse("operator-data", { detail: `line ${line}: ${detail}` });
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return fail("not JSON");
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return fail("not an object");
    const row: RowValue[] = [];
    for (const { name, type, nullable } of shape) {
      const value = Object.hasOwn(parsed, name) ? fromPlain(type, (parsed as Record<string, unknown>)[name]) : null;
      if (value === undefined) return fail(`${name} is not ${type}`);
      if (value === null && !nullable) return fail(`${name} is absent`);
      row.push(value);
    }
    return accept(row);
  };
  const rowsOf = (lines: readonly string[]): Result<RowValue[][]> => {
    const rows: RowValue[][] = [];
    for (const text of lines) {
      const row = rowOf(text);
      if (!row.ok) return row;
      if (row.value !== null) rows.push(row.value);
    }
    return accept(rows);
  };
  return {
    push(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      if (rest.length > limits.maxLineBytes)
        return refuse("operator-data", { detail: `line ${line + lines.length + 1}: too long` });
      return rowsOf(lines);
    },
    end() {
      const last = rest;
      rest = "";
      return rowsOf([last]);
    },
  };
}

export function csvHeader(shape: RecordShape): string {
  return `${shape.map((column) => csvCell(column.name)).join(",")}\n`;
}

/** The records of a batch, one line each. */
export function recordsToText(format: FileFormat, bytes: Uint8Array, shape: RecordShape): string {
  const batch = new BatchReader(bytes, shape);
  let text = "";
  for (let row = 0; row < batch.rows; row++) {
    const values = shape.map((column, c) => plainValue(column.type, batch.value(c, row)));
    text +=
      format === "csv"
        ? values.map((value) => csvCell(value === null ? null : String(value))).join(",")
        : JSON.stringify(Object.fromEntries(shape.map((column, c) => [column.name, values[c]])));
    text += "\n";
  }
  return text;
}

/** The records of a batch as plain JSON. The bytes must have passed checkBatch for this shape. */
export function plainRecords(batch: Uint8Array, shape: RecordShape): Record<string, PlainValue>[] {
  const reader = new BatchReader(batch, shape);
  return Array.from({ length: reader.rows }, (_, row) =>
    Object.fromEntries(shape.map(({ name, type }, column) => [name, plainValue(type, reader.value(column, row))])),
  );
}
