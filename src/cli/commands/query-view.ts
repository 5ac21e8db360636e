// hedgerow query ls | show | watch
import type { QueryView } from "../../sdk/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { pickQuery } from "../pick-query.ts";
import { skippedText } from "../render/plan.ts";
import { happenings, isWhole, listText, namesIn, queryText, watchLine } from "../render/query.ts";
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
  const ended = last?.outcome;
  if (ended == null) return exitCodes.done;
  const badly = ended.outcome === "refused" || ended.outcome === "failed" || !isWhole(ended);
  return badly ? exitCodes.failed : exitCodes.done;
}

/**
 * On a terminal the picture is painted over the last one, below what happened to its cells; elsewhere each change is a
 * line.
 */
function painter(session: Session): (view: QueryView) => Promise<void> {
  const { terminal, style } = session;
  const stamped = (line: string) => `${clockTime(Date.now())} ${line}\n`;
  const paints = terminal.outIsTty && terminal.env.TERM !== "dumb";
  let before: QueryView | undefined;
  let lines = 0;
  let told = "";
  return async (view) => {
    const happened = happenings(before, view, style).map(stamped).join("");
    before = named(view, before);
    if (!paints) {
      const line = watchLine(view, style);
      await session.say(`${happened}${line === told ? "" : stamped(line)}`);
      told = line;
      if (view.outcome?.outcome === "refused") await session.say(skippedText(view.skipped, namesIn(view), style));
      return;
    }
    const text = queryText(view, style);
    await session.say(`${lines === 0 ? "" : `\u001b[${lines}A\u001b[J`}${happened}${text}`);
    lines = text.split("\n").length - 1;
  };
}

/** A node keeps the name under which it was first seen: one that is gone is shown with its id too. */
function named(view: QueryView, before: QueryView | undefined): QueryView {
  const names = namesIn(before ?? view);
  return {
    ...view,
    vertices: view.vertices.map((cell) => ({ ...cell, nodeName: names.get(cell.node) ?? cell.nodeName })),
  };
}
