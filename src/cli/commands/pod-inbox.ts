// hedgerow pod inbox
import { type KeptMessage, keptMessages } from "../../sdk/pod.ts";
import { CommandFailed, type ExitCode, exitCodes } from "../failure.ts";
import { minute, plain } from "../render/consent.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

/** Of a round's digest: enough to tell one from 200. */
const shownDigits = 8;

export async function podInbox(session: Session, [start]: string[]): Promise<ExitCode> {
  const kept = keptMessages(session.folder);
  if (start === undefined) return list(session, kept);
  const found = kept.filter(({ round }) => round.startsWith(start.toLowerCase()));
  const [message] = found;
  if (message === undefined || found.length > 1) {
    throw new CommandFailed(
      found.length > 1 ? `${found.length} messages begin with ${start}.` : `There is no message ${start}.`,
      { code: "unknown-message", next: "See what is there: hedgerow pod inbox" },
    );
  }
  await session.data(message);
  const { name, principal, purpose, atMs, text } = message;
  const head = `${session.style.bold(plain(name))} from ${plain(principal)}, ${plain(purpose)}, ${minute(atMs)} UTC`;
  await session.say(`${head}\n\n${text.split("\n").map(plainLine).join("\n").trimEnd()}\n`);
  return exitCodes.done;
}

async function list(session: Session, kept: readonly KeptMessage[]): Promise<ExitCode> {
  for (const message of kept) await session.data(message);
  const rows = kept.map(({ round, atMs, principal, purpose, name, text }) => [
    round.slice(0, shownDigits),
    minute(atMs),
    plain(principal),
    plain(purpose),
    plain(name),
    shortened(plain(text)),
  ]);
  if (rows.length === 0)
    await session.say("No message has come. Whose you take, you say under `messages` of pod/owner.yaml.\n");
  else await session.say(table(["MESSAGE", "CAME", "FROM", "PURPOSE", "TITLE", "BEGINS"], rows));
  return exitCodes.done;
}

const shownCharacters = 40;

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= shownCharacters ? text : `${characters.slice(0, shownCharacters - 1).join("")}…`;
}

/** Blanks stay as they are; what moves the cursor, or turns the direction of writing, does not. */
function plainLine(line: string): string {
  return line.replaceAll("\t", "    ").replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Zl}\p{Zp}]/gu, "");
}
