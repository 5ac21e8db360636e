// Asks before something is done that was only described so far. Where nobody can answer, --yes is needed.
import { type ExitCode, exitCodes, usageFault } from "./failure.ts";
import type { Session } from "./session.ts";

/** null: go on. Else the exit code to end with; what was described has been shown. */
export async function confirmed(session: Session, question: string, yes: boolean): Promise<ExitCode | null> {
  if (yes) return null;
  const { ask } = session.terminal;
  if (ask === undefined || session.json)
    throw usageFault("Nothing was done: nobody confirmed it.", "Add --yes to go on.");
  const answer = (await ask(`${question} [y/N] `)).trim().toLowerCase();
  if (answer === "y" || answer === "yes") return null;
  session.note("Nothing was done.\n");
  return exitCodes.failed;
}
