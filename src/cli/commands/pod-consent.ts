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
  else await session.say(historyRows(uses.slice(0, limit), session.style));
  if (uses.length > limit) session.note(session.json ? "" : `the latest ${limit} of ${uses.length}\n`);
  if (unsent.length > 0) {
    const what = `${counted(unsent.length, "round")} charged and never sent (${listOf(unsent.slice(0, 5))}): the node was ended between the two`;
    session.note(session.json ? "" : `${what}\n`);
  }
  return tellProofs(session, uses);
}

const shownRounds = 5;

/** Of all uses, also those that were not shown: that a receipt is another is no less true of an old one. */
function tellProofs(session: Session, uses: Awaited<ReturnType<typeof ownerHistory>>["uses"]): ExitCode {
  const by = new Map<string, { readonly sentence: string; readonly rounds: string[] }>();
  let exitCode: ExitCode = exitCodes.done;
  for (const { proof, round } of uses) {
    if (proof === null || proof.at === "verified") continue;
    // What is gone proves nothing; what is there and another proves that it was changed.
    if (proof.at === "not verified") exitCode = exitCodes.failed;
    else if (exitCode === exitCodes.done) exitCode = exitCodes.unproven;
    by.set(proof.code, { sentence: proof.sentence, rounds: [...(by.get(proof.code)?.rounds ?? []), round] });
  }
  for (const [code, { sentence, rounds }] of by) {
    const shown = listOf(rounds.slice(0, shownRounds).map((round) => round.slice(0, 12)));
    const more = rounds.length > shownRounds ? ` and ${rounds.length - shownRounds} more` : "";
    const verb = code === "contribution-unsigned" ? "missing" : "not verified";
    session.note(
      session.json ? "" : `${counted(rounds.length, "receipt")} ${verb} (${shown}${more}): ${sentence} [${code}]\n`,
    );
  }
  return exitCode;
}
