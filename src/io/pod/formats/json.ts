// JSON (a list of objects, at the top or under one key) and NDJSON. Objects in objects become columns such as `address_city`;
// lists are kept as JSON text.
import { inferColumns, type PodTable, podLimits, sqlName } from "../../../core/pods/index.ts";
import { headText, type SourceFile, textChunks } from "../file.ts";
import type { Cell } from "../intake.ts";
import { JsonElements } from "../json-elements.ts";
import { ImportRefused } from "../refused.ts";
import { type Format, tableNameFor } from "./format.ts";

type Flat = Map<string, Cell>;

function flatten(value: object, into: Flat = new Map(), prefix = "", depth = 0): Flat {
  if (depth > podLimits.maxDepth) throw new ImportRefused("pod-file-deep");
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (inner === null || typeof inner === "string" || typeof inner === "number" || typeof inner === "boolean") {
      into.set(path, inner);
    } else if (Array.isArray(inner)) into.set(path, JSON.stringify(inner));
    else flatten(inner as object, into, path, depth + 1);
  }
  return into;
}

/** A column for keys that the beginning of the file does not show: nothing is lost. */
const laterKeys = "other keys";

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function jsonShape(head: string): "lines" | "document" {
  const [first = "", second = ""] = head.trimStart().split("\n", 2);
  if (!first.trimEnd().endsWith("}")) return "document";
  try {
    JSON.parse(first);
  } catch {
    return "document";
  }
  // One object alone on its line may be a document such as {"people": […]}, unless another one follows.
  return second.trimStart().startsWith("{") || !/:\s*\[\s*\{/.test(first) ? "lines" : "document";
}

function sampleOf(source: SourceFile): { key: string; rows: Flat[] } {
  const head = headText(source);
  const shape = jsonShape(head);
  const byKey = new Map<string, Flat[]>();
  const elements = new JsonElements(
    shape,
    (value, key) => {
      const rows = byKey.get(key) ?? [];
      byKey.set(key, rows);
      if (isRecord(value) && rows.length < podLimits.sampleRows) rows.push(flatten(value));
    },
    () => {},
  );
  elements.push(head);
  if (source.packed === "no" && source.head.length >= source.bytes) elements.end();
  const [key, rows] = [...byKey].sort((a, b) => b[1].length - a[1].length)[0] ?? ["", []];
  return { key, rows };
}

export const json: Format = {
  name: "json",
  title: "JSON or NDJSON",
  from: "exports of many services; a list of objects, or one object per line",

  recognises: (head) => /^\s*[{[]/.test(head),

  async plan(source, order) {
    const { rows } = sampleOf(source);
    if (rows.length === 0) {
      throw new ImportRefused("pod-file-empty", { blame: source.path, detail: "it holds no list of objects" });
    }
    const labels = [...new Set(rows.flatMap((row) => [...row.keys()]))];
    if (labels.length > podLimits.maxColumns) {
      throw new ImportRefused("pod-file-malformed", { blame: source.path, detail: `${labels.length} keys` });
    }
    const sample = rows.map((row) => labels.map((label) => textOf(row.get(label))));
    const columns = inferColumns([...labels, laterKeys], sample);
    const table: PodTable = { name: sqlName(tableNameFor(source, order), undefined, "rows"), columns };
    return [table];
  },

  async read(source, tables, sink) {
    const wanted = sampleOf(source).key;
    const labels = tables[0]!.columns.map((column) => column.label);
    const known = new Set(labels);
    const elements = new JsonElements(
      jsonShape(headText(source)),
      (value, key, element, text) => {
        if (key !== wanted) return;
        if (!isRecord(value)) return sink.reject(element, "not an object", text);
        const flat = flatten(value);
        const later = [...flat].filter(([path, cell]) => !known.has(path) && cell !== null && cell !== "");
        if (later.length > 0) flat.set(laterKeys, JSON.stringify(Object.fromEntries(later)));
        sink.row(
          0,
          labels.map((label) => flat.get(label)),
          element,
        );
      },
      (element, reason, text) => sink.reject(element, reason, text),
    );
    for await (const { text, readBytes } of textChunks(source)) {
      elements.push(text);
      await sink.settle(readBytes);
    }
    elements.end();
  },
};

function textOf(cell: Cell): string {
  return cell === null || cell === undefined ? "" : String(cell);
}
