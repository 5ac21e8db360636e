// hedgerow pod results
import { type KeptResult, keptResults } from "../../sdk/pod.ts";
import { CommandFailed, type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { peopleText, scalarText } from "../render/answer.ts";
import { minute, plain } from "../render/consent.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { drawMap, noMap, shownAnswer, wordsOf } from "./query-series.ts";

/** Of a round's digest: enough to tell one from 48. */
const shownDigits = 8;

export async function podResults(
  session: Session,
  [start]: string[],
  { map }: { readonly map?: string },
): Promise<ExitCode> {
  const kept = keptResults(session.folder);
  if (start === undefined) {
    if (map !== undefined) throw usageFault("It is not said which answer is to be drawn.", "Name its round first.");
    return list(session, kept);
  }
  const found = kept.filter(({ round }) => round.startsWith(start.toLowerCase()));
  const [result] = found;
  if (result === undefined || found.length > 1) {
    throw new CommandFailed(
      found.length > 1 ? `${found.length} rounds begin with ${start}.` : `No answer of a round ${start} is kept.`,
      { code: "unknown-round", next: "See what is kept: hedgerow pod results" },
    );
  }
  const when = `${minute(result.atMs)} UTC${parametersOf(result)}`;
  await session.data(result);
  await session.say(`${session.style.bold(plain(result.name))} by ${plain(result.principal)}, ${when}\n`);
  await session.say(shownAnswer(result.answer, session));
  if (map !== undefined) {
    if (!drawMap(session, result.answer, map, wordsOf(result.answer, plain(result.name), when))) throw noMap();
    session.note(session.json ? "" : `The map is in ${map}\n`);
  }
  return exitCodes.done;
}

async function list(session: Session, kept: readonly KeptResult[]): Promise<ExitCode> {
  for (const result of kept) await session.data(result);
  const rows = kept.map((result) => [
    result.round.slice(0, shownDigits),
    minute(result.atMs),
    plain(result.name),
    plain(result.principal),
    plain(result.purpose),
    peopleText(result.answer.participation.contributed),
  ]);
  if (rows.length === 0) await session.say("Nobody has told you an answer yet.\n");
  else await session.say(table(["ROUND", "TOLD", "QUESTION", "ANALYST", "PURPOSE", "TOOK PART"], rows));
  return exitCodes.done;
}

function parametersOf({ parameters }: KeptResult): string {
  return parameters
    .map(({ name, value }) => `, ${name} ${plain(scalarText(value.value, { name, type: value.type, unit: null }))}`)
    .join("");
}
