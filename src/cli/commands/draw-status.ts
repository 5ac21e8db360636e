// hedgerow draw status | evidence
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { drawStatusText } from "../render/draw-status.ts";
import type { Session } from "../session.ts";

export async function drawStatus(session: Session): Promise<ExitCode> {
  const state = await session.client.drawState({}, { signal: session.signal });
  await session.data(state);
  await session.say(drawStatusText(state, session.style, Date.now()));
  return exitCodes.done;
}

export async function drawEvidence(
  session: Session,
  [subject = ""]: string[],
  options: { out: string },
): Promise<ExitCode> {
  const { reports } = await session.client.drawState({}, { signal: session.signal });
  const about = reports.filter(({ node, name }) => node === subject || name === subject || node.endsWith(subject));
  const proven = about.find((report) => report.proven !== null);
  if (proven?.proven == null) {
    const seen =
      about.length > 0 ? "What this node has seen of it proves nothing to others." : "Nothing speaks against it.";
    throw usageFault(`There is no evidence against ${subject}. ${seen}`, "See: hedgerow draw status");
  }
  const file = resolve(session.terminal.cwd, options.out);
  await writeFile(file, Buffer.from(proven.proven.evidence, "base64"));
  const { node, name } = proven;
  await session.data({ node, name, kind: proven.proven.kind, file });
  await session.say(`${name ?? node} ${proven.proven.says}: ${file}\n`);
  session.note(session.json ? "" : `Exclude it: hedgerow authority revoke --evidence ${options.out} --authority …\n`);
  return exitCodes.done;
}
