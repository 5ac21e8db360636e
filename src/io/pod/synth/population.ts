// A believable population: a pod and rules for each person, or files as she might have downloaded them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../../core/base/index.ts";
import type { PodTable } from "../../../core/pods/index.ts";
import { podExists } from "../database.ts";
import { fillPod } from "../import.ts";
import type { Cell } from "../intake.ts";
import { ownerRulesFile } from "../owner-records.ts";
import { ownerFileOf } from "./owner-file.ts";
import { type Professions, personRows, synthTables } from "./person.ts";

export interface PopulationOrder {
  readonly folder: string;
  readonly people: number;
  readonly seed: number;
  readonly as: "pods" | "files";
  /** Only these professions, so likely. */
  readonly professions?: Professions;
}

export interface PopulationReport {
  readonly folder: string;
  readonly people: number;
  readonly rows: number;
}

const source = "synthetic";

/** Person 7 of a seed is the same whether ten people are made or a thousand; one that is there already is left alone. */
export async function synthesise(
  order: PopulationOrder,
  attributesOf: (tables: readonly PodTable[]) => readonly PodTable[],
  watch: { readonly signal?: AbortSignal; readonly nowMs: () => number; readonly onPerson?: (done: number) => void },
): Promise<Result<PopulationReport>> {
  const digits = Math.max(4, String(order.people).length);
  const tables = attributesOf(synthTables);
  let rows = 0;
  for (let index = 1; index <= order.people; index++) {
    watch.signal?.throwIfAborted();
    const folder = join(order.folder, `person-${String(index).padStart(digits, "0")}`);
    const own = [...personRows(order.seed, index, order.professions)];
    rows += own.length;
    if (order.as === "files") await writeFiles(folder, own);
    else {
      const pod = join(folder, "pod");
      if (podExists(pod))
        return refuse("pod-order", { blame: pod, detail: "there is a pod already; name another folder" });
      const filled = await fillPod(pod, { source, format: source, tables, rows: own }, watch.nowMs);
      if (!filled.ok) return filled;
      await writeFile(join(pod, ownerRulesFile), ownerFileOf(order.seed, index).text, { mode: 0o600 });
    }
    watch.onPerson?.(index);
  }
  return accept({ folder: order.folder, people: order.people, rows });
}

async function writeFiles(folder: string, rows: Iterable<readonly [number, readonly Cell[]]>): Promise<void> {
  const texts = synthTables.map((table) => `${table.columns.map((column) => column.name).join(",")}\n`);
  for (const [table, cells] of rows) texts[table] += `${cells.map((cell) => csvText(cell)).join(",")}\n`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [index, table] of synthTables.entries()) {
    await writeFile(join(folder, `${table.name}.csv`), texts[index]!, { mode: 0o600 });
  }
}

function csvText(cell: Cell): string {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
