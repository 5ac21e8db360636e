// hedgerow pod rules | history
import { ownerHistory, ownerRules } from "../../sdk/consent.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { historyRows, rulesText } from "../render/consent.ts";
import type { Session } from "../session.ts";
import { counted, listOf } from "../words.ts";

/** Faults end the command with 1, each named: that is how the file is checked. */
export async function podRules(session: Session): Promise<ExitCode> {
  const view = await ownerRules(session.folder);
  await session.data({ ok: true, ...view });
  await session.say(rulesText(view));
  return exitCodes.done;
}

export async function podHistory(
  session: Session,
  _: string[],
  { limit }: { readonly limit: number },
): Promise<ExitCode> {
  const { uses, unsent } = await ownerHistory(session.folder);
  for (const use of uses.slice(0, limit)) await session.data(use);
  if (uses.length === 0) await session.say("Nobody has asked yet.\n");
  else await session.say(historyRows(uses.slice(0, limit)));
  if (uses.length > limit) session.note(session.json ? "" : `the latest ${limit} of ${uses.length}\n`);
  if (unsent.length > 0) {
    const what = `${counted(unsent.length, "round")} charged and never sent (${listOf(unsent.slice(0, 5))}): the node was ended between the two`;
    session.note(session.json ? "" : `${what}\n`);
  }
  return exitCodes.done;
}
