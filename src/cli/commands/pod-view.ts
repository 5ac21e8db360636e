// hedgerow pod ls | sql
import { openPod } from "../../sdk/pod.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { cellText, sourceRows, tableRows } from "../render/pod.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { counted } from "../words.ts";

/** What a person reads on a screen; a program takes --json, which has no end. */
const shownRows = 1_000;

export async function podList(session: Session): Promise<ExitCode> {
  const pod = await openPod(session.folder);
  try {
    const [tables, sources] = [pod.tables(), pod.sources()];
    await session.data({
      tables: tables.map(({ name, rows, columns }) => ({ name, rows, columns: columns.length })),
      sources,
    });
    await session.say(tables.length === 0 ? "The pod is empty.\n" : tableRows(tables));
    if (sources.length > 0) await session.say(`\n${sourceRows(sources)}`);
    return exitCodes.done;
  } finally {
    pod.close();
  }
}

export async function podSql(session: Session, [question = ""]: string[]): Promise<ExitCode> {
  const pod = await openPod(session.folder);
  try {
    const { columns, rows } = pod.sql(question);
    const shown: string[][] = [];
    let count = 0;
    for (const row of rows) {
      session.signal.throwIfAborted();
      count++;
      if (session.json) await session.data(Object.fromEntries(row.map((value, at) => [columns[at], jsonValue(value)])));
      else if (shown.length < shownRows) shown.push(row.map(cellText));
      else break;
    }
    if (count > 0)
      await session.say(
        table(
          columns.map((name) => name.toUpperCase()),
          shown,
        ),
      );
    if (!session.json) {
      session.note(
        count > shownRows ? `the first ${shownRows} rows; --json gives all\n` : `${counted(count, "row")}\n`,
      );
    }
    return exitCodes.done;
  } finally {
    pod.close();
  }
}

/** Whole numbers beyond 2^53 as text: JSON would round them. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
