// A person's pod, for commands and programs: import, look, ask, take out, forget. No node needs to run; where one does, it
// reads the same file.
import { join } from "node:path";
import {
  type Forgotten,
  forgetPod as forgetIn,
  type ImportOrder,
  type ImportPlan,
  type ImportReport,
  type ImportWatch,
  importFormats,
  openPod as openIn,
  type Pod,
  planImport as planIn,
  runImport as runIn,
} from "../io/pod/index.ts";
import { valueOrThrow } from "./refused.ts";

export { type PodColumn, type PodTable, podTypes } from "../core/pods/index.ts";
export type { Forgotten, ImportOrder, ImportPlan, ImportReport, SourceView, SqlValue } from "../io/pod/index.ts";

/** Within the node's folder. */
export const podFolderOf = (nodeFolder: string): string => join(nodeFolder, "pod");

export const formatNames: readonly { name: string; title: string; from: string }[] = importFormats;

/** Says what the file is and what would become of it; nothing is written. */
export async function planImport(nodeFolder: string, order: ImportOrder): Promise<ImportPlan> {
  return valueOrThrow(await planIn(podFolderOf(nodeFolder), order, (tables) => tables));
}

export async function runImport(
  nodeFolder: string,
  plan: ImportPlan,
  watch: Omit<ImportWatch, "nowMs"> = {},
): Promise<ImportReport> {
  return valueOrThrow(await runIn(podFolderOf(nodeFolder), plan, { ...watch, nowMs: Date.now }));
}

interface Answer {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly unknown[]>;
}

export interface OpenPod extends Omit<Pod, "sql" | "rows" | "map" | "forgetTable" | "forgetSource"> {
  sql(text: string): Answer;
  rows(table: string): Answer;
  map(table: string, column: string, attribute: string | null): void;
  forgetTable(name: string): Forgotten;
  forgetSource(name: string): Forgotten;
}

export async function openPod(nodeFolder: string): Promise<OpenPod> {
  const pod = valueOrThrow(await openIn(podFolderOf(nodeFolder)));
  return {
    tables: pod.tables,
    sources: pod.sources,
    close: pod.close,
    sql: (text) => valueOrThrow(pod.sql(text)),
    rows: (table) => valueOrThrow(pod.rows(table)),
    map: (table, column, attribute) => void valueOrThrow(pod.map(table, column, attribute)),
    forgetTable: (name) => valueOrThrow(pod.forgetTable(name)),
    forgetSource: (name) => valueOrThrow(pod.forgetSource(name)),
  };
}

export async function forgetPod(nodeFolder: string): Promise<Forgotten> {
  return valueOrThrow(await forgetIn(podFolderOf(nodeFolder)));
}
