// hedgerow draw run | verify
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkRoster } from "../../sdk/draw.ts";
import type { CallerInput } from "../../sdk/index.ts";
import { nodeFiles } from "../../sdk/node-folder.ts";
import { type ExitCode, exitCodes, needFolderOf, usageFault } from "../failure.ts";
import { drawText, rosterText } from "../render/draw-run.ts";
import type { Session } from "../session.ts";

type Purpose = NonNullable<CallerInput<"draw">["purpose"]>;

export async function drawRun(
  session: Session,
  _: string[],
  options: { actors: number; purpose?: string; out?: string },
): Promise<ExitCode> {
  const { actors, purpose, out } = options;
  const file = out === undefined ? null : resolve(session.terminal.cwd, out);
  if (file !== null) needFolderOf(file);
  const progress = session.progress("drawing");
  const asked = { actors, ...(purpose === undefined ? {} : { purpose: purpose as Purpose }) };
  const view = await session.client.draw(asked, { signal: session.signal }).finally(() => progress.end());
  if (file !== null) await writeFile(file, Buffer.from(view.roster, "base64"));
  await session.data(view);
  await session.say(drawText(view, session.style));
  if (out !== undefined && !session.json) session.note(`The roster is in ${out}: hedgerow draw verify ${out}\n`);
  return view.checks.every(({ holds }) => holds) ? exitCodes.done : exitCodes.failed;
}

export async function drawVerify(
  session: Session,
  [file = ""]: string[],
  options: { authority?: string; purpose?: string },
): Promise<ExitCode> {
  const { cwd } = session.terminal;
  const roster = await readFile(resolve(cwd, file));
  const authority = await readFile(authorityFile(session, options.authority));
  const purpose = options.purpose === undefined ? {} : { purpose: options.purpose as Purpose };
  const view = checkRoster({ roster, authority, ...purpose });
  await session.data(view);
  await session.say(rosterText(view, session.style));
  return exitCodes.done;
}

/** Whoever has a node has its authority's certificate. */
function authorityFile({ terminal, folder }: Session, given: string | undefined): string {
  if (given !== undefined) return resolve(terminal.cwd, given);
  const file = join(folder, nodeFiles.authority);
  if (!existsSync(file))
    throw usageFault(
      "There is no node here whose authority could vouch.",
      "Give the authority's certificate: --authority FILE",
    );
  return file;
}
