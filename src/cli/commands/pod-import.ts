// hedgerow pod import
import { resolve } from "node:path";
import { podFolderOf } from "../../sdk/folder-facts.ts";
import { type ImportPlan, type ImportReport, planImport, runImport, unfinishedRows } from "../../sdk/pod.ts";
import { confirmed } from "../confirm.ts";
import { CommandFailed, type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { needLastingPlace } from "../pod-place.ts";
import { planDocument, planText, reportText } from "../render/pod.ts";
import type { CommonOptions, Session } from "../session.ts";
import { bytes, counted, duration } from "../words.ts";

interface Options extends CommonOptions {
  readonly format?: string;
  readonly table?: string;
  readonly encoding?: string;
  readonly type?: readonly string[];
  readonly yes?: boolean;
}

export async function podImport(session: Session, [file = ""]: string[], options: Options): Promise<ExitCode> {
  const { format, table, encoding } = options;
  const warning = needLastingPlace(session, options);
  const pod = podFolderOf(session.folder);
  const plan = await planImport(session.folder, {
    file: resolve(session.terminal.cwd, file),
    ...(format === undefined ? {} : { format }),
    ...(table === undefined ? {} : { table }),
    ...(encoding === undefined ? {} : { encoding }),
    types: Object.fromEntries((options.type ?? []).map(typeOf)),
  });
  if (warning !== null) session.note(`${session.style.doubtful(warning)}\n`);
  if (!plan.confirmed) {
    session.note(session.json ? "" : planText(plan, pod, session.style));
    if (options.yes !== true && (session.json || session.terminal.ask === undefined)) {
      await session.data({
        ok: false,
        code: "usage",
        sentence: "Nothing was imported: add --yes.",
        plan: planDocument(plan, pod),
      });
      if (session.json) return exitCodes.usage;
    }
    const ended = await confirmed(session, "Import it so?", options.yes === true);
    if (ended !== null) return ended;
  }
  const begun = await unfinishedRows(session.folder, plan);
  if (begun !== null)
    session.note(
      `An earlier import of ${plan.source.name} did not come to its end; this one goes on. ${rowsIn(begun, "it")}.\n`,
    );
  const report = await importWithProgress(session, plan).catch((cause) => cutOff(session, plan, cause));
  const told = { pod, ...report, ...(warning === null ? {} : { warning }) };
  await session.say(reportText(report, pod, session.style));
  const failed = nothingTaken(report);
  if (failed === null) await session.data({ ok: true, ...told });
  else if (session.json)
    await session.data({ ok: false, code: failed.code, sentence: failed.message, next: failed.next, ...told });
  else throw failed;
  return failed === null ? exitCodes.done : failed.exitCode;
}

const rowsIn = (rows: number, whose: string) =>
  rows === 1 ? `1 row of ${whose} is in` : `${rows.toLocaleString("en-GB")} rows of ${whose} are in`;

/** Ctrl-C: what stays, before the command ends as it would. */
async function cutOff(session: Session, plan: ImportPlan, cause: unknown): Promise<never> {
  const { name } = plan.source;
  if (session.signal.aborted) {
    const rows = (await unfinishedRows(session.folder, plan).catch(() => null)) ?? 0;
    if (rows === 0) session.note(`Cut off: nothing of ${name} is in. Run it again to import it.\n`);
    else session.note(`Cut off: ${rowsIn(rows, name)}. Run it again to go on.\n`);
  }
  throw cause;
}

/** A script that goes on would go on with nothing. */
function nothingTaken({ source, format, added, known, rejected, rejectsFile }: ImportReport): CommandFailed | null {
  if (added > 0 || known > 0 || rejected === 0) return null;
  const all = rejected === 1 ? "the only one was" : `all ${rejected.toLocaleString("en-GB")} were`;
  const typed = ["csv", "json", "sqlite"].includes(format);
  return new CommandFailed(`No row of ${source} is in: ${all} rejected. Why, row by row: ${rejectsFile}`, {
    code: "pod-all-rejected",
    next: typed
      ? "Most often a column's type does not fit. Give it one that does, in a table of its own: --table NAME --type COLUMN=TYPE"
      : "Most often the file is damaged, or only looks like this format. Download it again, or name another one: --format NAME",
  });
}

async function importWithProgress(session: Session, plan: ImportPlan) {
  const startedMs = performance.now();
  const progress = session.progress(`importing ${plan.source.name}`);
  const all = Math.max(1, plan.source.bytes);
  let shown = -1;
  return runImport(session.folder, plan, {
    signal: session.signal,
    onProgress({ bytes: done, added, rejected }) {
      const tenths = Math.floor((done / all) * 10);
      // On a terminal the line moves; elsewhere one line for each tenth is enough.
      if (!session.terminal.errIsTty && tenths === shown) return;
      shown = tenths;
      const leftMs = done === 0 ? 0 : ((performance.now() - startedMs) / done) * (all - done);
      const filled = Math.min(20, Math.round((done / all) * 20));
      const bar = `${"█".repeat(filled)}${"░".repeat(20 - filled)}`;
      const rejects = rejected === 0 ? "" : `, ${counted(rejected, "row")} rejected`;
      progress.step(
        `${bar} ${bytes(done)} of ${bytes(all)}, ${added.toLocaleString("en-GB")} rows${rejects}, ${duration(leftMs)} left`,
      );
    },
  }).finally(progress.end);
}

function typeOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw usageFault(`--type ${text} is not COLUMN=TYPE.`, "For example: --type used=float64:kWh");
  return [text.slice(0, at), text.slice(at + 1)];
}
