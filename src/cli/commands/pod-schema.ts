// hedgerow pod schema
import { type Catalogue, type ColumnMapping, mapColumns, openPod, readCatalogue } from "../../sdk/pod.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { columnsText } from "../render/pod.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { listOf } from "../words.ts";

interface Options {
  readonly map?: readonly string[];
  readonly attributes?: boolean;
}

export async function podSchema(session: Session, [name]: string[], options: Options): Promise<ExitCode> {
  if (options.attributes === true) {
    const catalogue = await readCatalogue(session.folder);
    await session.data(catalogue);
    await session.say(attributesText(catalogue));
    return exitCodes.done;
  }
  const mappings = (options.map ?? []).map(mappingOf);
  const touched = new Set([...(name === undefined ? [] : [name]), ...mappings.map(({ table }) => table)]);
  const pod = await openPod(session.folder);
  try {
    // Refused there, with the sentence, before anything is mapped.
    if (name !== undefined && !pod.tables().some((one) => one.name === name)) pod.rows(name);
    if (mappings.length > 0) await mapColumns(session.folder, mappings);
    const tables = pod.tables().filter((one) => touched.size === 0 || touched.has(one.name));
    await session.data({ tables: tables.map(({ name: table, rows, columns }) => ({ name: table, rows, columns })) });
    await session.say(tables.map((one) => columnsText(one, session.style)).join(""));
    return exitCodes.done;
  } finally {
    pod.close();
  }
}

function mappingOf(text: string): ColumnMapping {
  const [, table, column, attribute] = /^([^.=]+)\.([^.=]+)=(.*)$/s.exec(text) ?? [];
  if (table === undefined || column === undefined || attribute === undefined) {
    throw usageFault(`--map ${text} is not TABLE.COLUMN=ATTRIBUTE.`, "For example: --map statement.amount=bank.amount");
  }
  return { table, column, attribute: attribute === "private" ? null : attribute };
}

function attributesText(catalogue: Catalogue): string {
  const rows = catalogue.attributes.map(({ name, type, unit, ladder, description }) => [
    name,
    type,
    unit ?? "",
    listOf(ladder.map((rung) => rung.attribute)),
    description,
  ]);
  return table(["ATTRIBUTE", "TYPE", "UNIT", "LESS REVEALING", ""], rows);
}
