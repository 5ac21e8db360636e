// hedgerow pod export
import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { openPod } from "../../sdk/pod.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { counted } from "../words.ts";
import { type Written, writtenTo } from "../written.ts";
import { jsonValue } from "./pod-view.ts";

type Form = "csv" | "ndjson" | "json";
const partChars = 64 * 1024;

export async function podExport(
  session: Session,
  [name = ""]: string[],
  options: { readonly as: Form; readonly out?: string },
): Promise<ExitCode> {
  const pod = await openPod(session.folder);
  let written: Written | undefined;
  try {
    const { columns, rows } = pod.rows(name);
    const file = options.out === undefined ? null : resolve(session.terminal.cwd, options.out);
    const to = writtenTo(session.terminal, file, 0o600);
    written = to;
    let count = 0;
    let held = "";
    const write = async (text: string, flush = false) => {
      held += text;
      if (held.length < partChars && !flush) return;
      await to.write(held);
      await turn(); // else Ctrl-C is not heard before the last row
      held = "";
    };
    if (options.as === "csv") await write(`${columns.map(csvCell).join(",")}\n`);
    if (options.as === "json") await write("[");
    for (const row of rows) {
      session.signal.throwIfAborted();
      const separator = options.as === "json" ? (count === 0 ? "\n" : ",\n") : "";
      count++;
      await write(`${separator}${lineOf(columns, row, options.as)}`);
    }
    await write(options.as === "json" ? "\n]\n" : "", true);
    await to.done();
    if (file !== null) await session.data({ table: name, file, rows: count });
    session.note(session.json ? "" : `${counted(count, "row")}${file === null ? "" : ` to ${file}`}, unencrypted\n`);
    return exitCodes.done;
  } finally {
    written?.giveUp();
    pod.close();
  }
}

function lineOf(columns: readonly string[], row: readonly unknown[], form: Form): string {
  if (form === "csv") return `${row.map(csvCell).join(",")}\n`;
  const text = JSON.stringify(Object.fromEntries(row.map((value, at) => [columns[at], jsonValue(value)])));
  return form === "json" ? text : `${text}\n`;
}

function csvCell(value: unknown): string {
  if (value === null) return "";
  const text = String(jsonValue(value));
  return /[",\r\n]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}
