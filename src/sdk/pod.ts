// A person's pod, for commands and programs: import, look, ask, take out, forget. No node needs to run; where one does, it
// reads the same file.
import { refuse } from "../core/base/index.ts";
import { type Catalogue, checkMapping, type PodTable, withAttributes, withWords } from "../core/pods/index.ts";
import {
  type ColumnMapping,
  type DryRun,
  type Forgotten,
  forgetPod as forgetIn,
  type ImportOrder,
  type ImportPlan,
  type ImportReport,
  type ImportWatch,
  inventAnswers as inventIn,
  type KeptMessage,
  type KeptResult,
  openPod as openIn,
  type Pod,
  type PodAnswer,
  type PopulationOrder,
  type PopulationReport,
  planImport as planIn,
  readKept,
  readOwnCatalogue,
  runImport as runIn,
  synthesise as synthesiseIn,
  unfinishedRows as unfinishedIn,
} from "../io/pod/index.ts";
import { standardCatalogue } from "./catalogue.ts";
import { ownedPod, ownedPodToBe, podFolderOf } from "./folder-facts.ts";
import { valueOrThrow } from "./refused.ts";

export { type Catalogue, type PodColumn, type PodTable, podTypes } from "../core/pods/index.ts";
export type {
  ColumnMapping,
  Forgotten,
  ImportOrder,
  ImportPlan,
  ImportReport,
  KeptMessage,
  KeptResult,
  SourceView,
  SqlValue,
} from "../io/pod/index.ts";
export { personRows, professionNames } from "../io/pod/index.ts";

/** The standard catalogue, and the owner's lines over it. */
export async function readCatalogue(nodeFolder: string): Promise<Catalogue> {
  return valueOrThrow(readOwnCatalogue(podFolderOf(nodeFolder), standardCatalogue()));
}

/**
 * All of them or none: refused where the catalogue has no such attribute, or one of another type or unit, and where the pod has no
 * such column.
 */
export async function mapColumns(nodeFolder: string, columns: readonly ColumnMapping[]): Promise<void> {
  const catalogue = await readCatalogue(nodeFolder);
  const pod = await openPod(nodeFolder);
  try {
    const tables = new Map(pod.tables().map((table) => [table.name, table.columns]));
    for (const { table, column, attribute } of columns) {
      const known = tables.get(table)?.find(({ name }) => name === column);
      if (known === undefined) valueOrThrow(refuse("pod-unknown-table", { blame: `${table}.${column}` }));
      else if (attribute !== null) valueOrThrow(checkMapping(catalogue, known, attribute));
    }
    pod.map(columns);
  } finally {
    pod.close();
  }
}

/** Says what the file is and what would become of it; nothing is written. */
export async function planImport(nodeFolder: string, order: ImportOrder): Promise<ImportPlan> {
  const catalogue = await readCatalogue(nodeFolder);
  return valueOrThrow(await planIn(podFolderOf(nodeFolder), order, (tables) => withAttributes(catalogue, tables)));
}

/** Rows of the file that an import brought in which was cut off; null: there was none. */
export async function unfinishedRows(nodeFolder: string, plan: ImportPlan): Promise<number | null> {
  return valueOrThrow(await unfinishedIn(podFolderOf(nodeFolder), plan));
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

export interface OpenPod
  extends Omit<Pod, "sql" | "rows" | "map" | "forgetTable" | "forgetSource" | "answer" | "concepts"> {
  sql(text: string): Answer;
  rows(table: string): Answer;
  map(columns: readonly ColumnMapping[]): void;
  forgetTable(name: string): Forgotten;
  forgetSource(name: string): Forgotten;
}

export async function openPod(nodeFolder: string): Promise<OpenPod> {
  const pod = valueOrThrow(await openIn(ownedPod(nodeFolder)));
  return {
    tables: pod.tables,
    sources: pod.sources,
    close: pod.close,
    sql: (text) => valueOrThrow(pod.sql(text)),
    rows: (table) => valueOrThrow(pod.rows(table)),
    map: (columns) => void valueOrThrow(pod.map(columns)),
    forgetTable: (name) => valueOrThrow(pod.forgetTable(name)),
    forgetSource: (name) => valueOrThrow(pod.forgetSource(name)),
  };
}

/** Invents people, each with a node folder that holds a pod (or files to import). Deterministic by its seed. */
export async function synthesise(
  order: PopulationOrder,
  watch: { readonly signal?: AbortSignal; readonly onPerson?: (done: number) => void } = {},
): Promise<PopulationReport> {
  const catalogue = await readCatalogue(order.folder);
  const attributesOf = (tables: readonly PodTable[]) => withAttributes(catalogue, tables);
  return valueOrThrow(await synthesiseIn(order, attributesOf, { ...watch, nowMs: Date.now }));
}

/** What invented people would answer to a question, one entry each, without a pod: what a dry run adds up. null: she takes no part. They describe all words as the analyst does. */
export function inventAnswers(order: DryRun): Generator<PodAnswer | null> {
  const { words } = order.question.local;
  const standard = standardCatalogue();
  return inventIn(order, words === undefined ? standard : withWords(standard, words));
}

export async function forgetPod(nodeFolder: string): Promise<Forgotten> {
  return valueOrThrow(await forgetIn(ownedPod(nodeFolder)));
}

/** Answers that were told to whom was asked, newest first. */
export function keptResults(nodeFolder: string): KeptResult[] {
  return readKept(ownedPodToBe(nodeFolder), "results");
}

/** Messages that her rules took, newest first. */
export function keptMessages(nodeFolder: string): KeptMessage[] {
  return readKept(ownedPodToBe(nodeFolder), "inbox");
}
