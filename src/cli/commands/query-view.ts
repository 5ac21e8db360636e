// hedgerow query ls | show | watch
import type { QueryView } from "../../sdk/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { pickQuery } from "../pick-query.ts";
import { listText, queryText, watchLine } from "../render/query.ts";
import type { Session } from "../session.ts";
import { clockTime } from "../words.ts";

export async function list(session: Session): Promise<ExitCode> {
  const answer = await session.client.queryList({}, { signal: session.signal });
  await session.data(answer);
  await session.say(listText(answer.queries, session.style));
  return exitCodes.done;
}

export async function show(session: Session, [given]: string[]): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const view = await session.client.queryShow({ id }, { signal: session.signal });
  await session.data(view);
  await session.say(queryText(view, session.style));
  return exitCodes.done;
}

export async function watch(session: Session, [given]: string[]): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const paint = painter(session);
  let last: QueryView | undefined;
  for await (const view of session.client.queryWatch({ id }, { signal: session.signal })) {
    await session.data(view);
    await paint(view);
    last = view;
  }
  const ended = last?.outcome?.outcome;
  return ended === "refused" || ended === "failed" ? exitCodes.failed : exitCodes.done;
}

/** On a terminal the picture is painted over the last one; elsewhere each change is a line. */
function painter(session: Session): (view: QueryView) => Promise<void> {
  const { terminal, style } = session;
  if (!terminal.outIsTty || terminal.env.TERM === "dumb") {
    return (view) => session.say(`${clockTime(Date.now())} ${watchLine(view, style)}\n`);
  }
  let lines = 0;
  return async (view) => {
    const text = queryText(view, style);
    await session.say(lines === 0 ? text : `\u001b[${lines}A\u001b[J${text}`);
    lines = text.split("\n").length - 1;
  };
}
