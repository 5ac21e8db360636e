// hedgerow pod forget
import { type Forgotten, forgetPod, openPod } from "../../sdk/pod.ts";
import { confirmed } from "../confirm.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { Session } from "../session.ts";
import { counted, listOf } from "../words.ts";

interface Options {
  readonly table?: string;
  readonly source?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export async function podForget(session: Session, _: string[], options: Options): Promise<ExitCode> {
  const { table, source, all } = options;
  if (table === undefined && source === undefined && all !== true) {
    throw usageFault("What is to be forgotten?", "Give --table NAME, --source FILE or --all.");
  }
  const what =
    table !== undefined
      ? `the table ${table}`
      : source !== undefined
        ? `everything that came from ${source}`
        : "the whole pod and its key";
  const ended = await confirmed(session, `Forget ${what}? It cannot be brought back.`, options.yes === true);
  if (ended !== null) return ended;
  const forgotten = all === true ? await forgetPod(session.folder) : await forgetPart(session.folder, table, source);
  await session.data(forgotten);
  await session.say(
    forgotten.whole
      ? "Forgot the pod: its key was destroyed first, so that what a disk may still hold of it cannot be read.\n"
      : `Forgot ${counted(forgotten.rows, "row")} of ${listOf(forgotten.tables)}: overwritten in the pod's file and its journal.\n`,
  );
  session.note(session.json ? "" : "Files you imported from, exports and backups are as they were.\n");
  return exitCodes.done;
}

async function forgetPart(folder: string, table: string | undefined, source: string | undefined): Promise<Forgotten> {
  const pod = await openPod(folder);
  try {
    return table !== undefined ? pod.forgetTable(table) : pod.forgetSource(source ?? "");
  } finally {
    pod.close();
  }
}
