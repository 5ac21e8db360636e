// hedgerow pod schema
import { type Catalogue, mapColumn, openPod, readCatalogue } from "../../sdk/pod.ts";
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
  const touched = new Set(name === undefined ? [] : [name]);
  for (const text of options.map ?? []) {
    const at = text.indexOf("=");
    const place = text.slice(0, at);
    if (at < 1 || place.split(".").length !== 2) {
      throw usageFault(
        `--map ${text} is not TABLE.COLUMN=ATTRIBUTE.`,
        "For example: --map statement.amount=bank.amount",
      );
    }
    const attribute = text.slice(at + 1);
    touched.add(place.split(".")[0] ?? "");
    await mapColumn(session.folder, place, attribute === "private" ? null : attribute);
  }
  const pod = await openPod(session.folder);
  try {
    const tables = pod.tables().filter((one) => touched.size === 0 || touched.has(one.name));
    if (name !== undefined && tables.length === 0) pod.rows(name); // refused there, with the sentence
    await session.data({ tables: tables.map(({ name: table, rows, columns }) => ({ name: table, rows, columns })) });
    await session.say(tables.map((one) => columnsText(one, session.style)).join(""));
    return exitCodes.done;
  } finally {
    pod.close();
  }
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
