// What each importer is: it knows its files by their beginning, says which tables they fill, and reads them.
import type { PodTable } from "../../../core/pods/index.ts";
import type { SourceFile } from "../file.ts";
import type { Sink } from "../intake.ts";

export interface ImportOrder {
  readonly file: string;
  /** The format's name; absent: told by the file. */
  readonly format?: string;
  /** For formats of one table: its name; absent: after the file. */
  readonly table?: string;
  readonly encoding?: string;
  /** What the owner says of columns against what was inferred: `column=type`. */
  readonly types?: Readonly<Record<string, string>>;
}

export interface Format {
  readonly name: string;
  readonly title: string;
  /** Where these files come from, for help. */
  readonly from: string;
  /** By the beginning of the text. */
  recognises(head: string, source: SourceFile): boolean;
  plan(source: SourceFile, order: ImportOrder): Promise<readonly PodTable[]>;
  /** Rows go to tables by their place in the plan. Throws ImportRefused where the file is not of the format. */
  read(source: SourceFile, tables: readonly PodTable[], sink: Sink): Promise<void>;
}

/** The table's name for formats of one table. */
export function tableNameFor(source: SourceFile, order: ImportOrder): string {
  const name = source.entry ?? source.name;
  return order.table ?? (name.split("/").at(-1) ?? name).replace(/\.gz$/i, "").replace(/\.[^.]*$/, "");
}
