// hedgerow query logs | stop | detach | attach
import type { LogLine } from "../../sdk/index.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { pickQuery } from "../pick-query.ts";
import { isWhole, namesIn, outcomeText } from "../render/query.ts";
import type { Session } from "../session.ts";
import { clockTime } from "../words.ts";

type Level = LogLine["level"];

export async function logs(
  session: Session,
  [given]: string[],
  options: { follow?: boolean; level?: Level },
): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const { follow = false, level = "info" } = options;
  for await (const line of session.client.queryLogs({ id, follow, level }, { signal: session.signal })) {
    await session.data(line);
    await session.say(logText(session, line));
  }
  return exitCodes.done;
}

export function logText(session: Session, line: LogLine): string {
  const { style } = session;
  const paint = { debug: style.dim, info: (text: string) => text, warn: style.doubtful, error: style.bad }[line.level];
  const who = [line.nodeName, line.vertex].filter((part) => part !== undefined).join("/");
  return `${style.dim(clockTime(line.atMs))} ${paint(line.level.padEnd(5))} ${who === "" ? "" : `${who}: `}${line.text}\n`;
}

export async function stop(session: Session, [given]: string[]): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const progress = session.progress("draining what is in flight");
  const view = await session.client.queryStop({ id }, { signal: session.signal }).finally(progress.end);
  await session.data(view);
  if (view.outcome === null) {
    await session.say(
      `Query ${view.name} is ${view.phase}. It goes on stopping; see: hedgerow query show ${id.slice(0, 8)}\n`,
    );
    return exitCodes.done;
  }
  await session.say(`Query ${view.name}: ${outcomeText(view.outcome, namesIn(view), session.style)}`);
  return isWhole(view.outcome) ? exitCodes.done : exitCodes.failed;
}

export async function detach(session: Session, [given]: string[]): Promise<ExitCode> {
  const id = await pickQuery(session, given);
  const view = await session.client.queryDetach({ id }, { signal: session.signal });
  await session.data(view);
  await session.say(`Query ${view.name} goes on by itself. To look after it again: hedgerow query attach ${id}\n`);
  return exitCodes.done;
}

export async function attach(session: Session, [given = ""]: string[]): Promise<ExitCode> {
  if (!/^[0-9a-f]{32}$/.test(given)) {
    throw usageFault(
      `${given} is not the whole id of a query.`,
      "Give all 32 digits, as `hedgerow query ls --json` prints them on the node that asked it.",
    );
  }
  const progress = session.progress("asking the nodes that may hold it");
  const id = given as Parameters<typeof session.client.queryAttach>[0]["id"];
  const view = await session.client.queryAttach({ id }, { signal: session.signal }).finally(progress.end);
  await session.data(view);
  await session.say(`Query ${view.name} is ${view.phase}; this node looks after it now.\n`);
  return exitCodes.done;
}
