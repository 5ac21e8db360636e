// hedgerow pod export
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { openPod } from "../../sdk/pod.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { counted } from "../words.ts";
import { jsonValue } from "./pod-view.ts";

type Form = "csv" | "ndjson" | "json";
const partChars = 64 * 1024;

export async function podExport(
  session: Session,
  [name = ""]: string[],
  options: { readonly as: Form; readonly out?: string },
): Promise<ExitCode> {
  const pod = await openPod(session.folder);
  try {
    const { columns, rows } = pod.rows(name);
    const file = options.out === undefined ? null : resolve(session.terminal.cwd, options.out);
    const stream = file === null ? null : createWriteStream(file, { mode: 0o600, flags: "wx" });
    if (stream !== null) await once(stream, "open");
    let count = 0;
    let held = "";
    const write = async (text: string, flush = false) => {
      held += text;
      if (held.length < partChars && !flush) return;
      if (stream === null) await session.terminal.out(held);
      else if (!stream.write(held)) await once(stream, "drain");
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
    if (stream !== null) {
      stream.end();
      await once(stream, "finish");
      await session.data({ table: name, file, rows: count });
    }
    session.note(session.json ? "" : `${counted(count, "row")}${file === null ? "" : ` to ${file}`}, unencrypted\n`);
    return exitCodes.done;
  } finally {
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
