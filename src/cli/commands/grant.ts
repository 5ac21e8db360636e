// hedgerow grant ls | show | allow | deny | revoke
import {
  cardLines,
  lackingFor,
  makeGrant,
  ownerGrants,
  revokeGrant,
  waitingAsk,
  wordsOfCard,
} from "../../sdk/consent.ts";
import { confirmed } from "../confirm.ts";
import { CommandFailed, type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { askRows, grantFacts, grantRows, minute } from "../render/consent.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { counted } from "../words.ts";

export async function grantList(session: Session, _: string[], { all }: { readonly all?: boolean }): Promise<ExitCode> {
  const { waiting, grants } = await ownerGrants(session.folder);
  const shown = grants.filter(({ state }) => all === true || state === "in force");
  await session.data({ waiting, grants: shown });
  if (waiting.length > 0) await session.say(`waiting for you\n${askRows(waiting)}`);
  if (shown.length > 0) await session.say(`${waiting.length > 0 ? "\n" : ""}grants\n${grantRows(shown)}`);
  if (waiting.length === 0 && shown.length === 0)
    await session.say("Nobody waits for you, and no grant is in force.\n");
  const hidden = grants.length - shown.length;
  if (hidden > 0) session.note(session.json ? "" : `${counted(hidden, "grant")} that ended: --all\n`);
  return exitCodes.done;
}

export async function grantShow(session: Session, [name = ""]: string[]): Promise<ExitCode> {
  const grant = (await ownerGrants(session.folder)).grants.find(({ id }) => id === name);
  if (grant !== undefined) {
    await session.data({ grant });
    await session.say(facts(grantFacts(grant)));
    return exitCodes.done;
  }
  const ask = await waitingAsk(session.folder, name);
  const lacks = await lackingFor(session.folder, ask.card);
  const { hers, others } = await wordsOfCard(session.folder, ask.card);
  await session.data({ ask: { ...ask, lacks } });
  await session.say(facts(cardLines(ask.card, minute, Date.now(), lacks, hers)));
  for (const { name, type, unit, ladder } of session.json ? [] : others)
    session.note(
      `Your catalogue.yaml does not describe ${name} as the question does: ${JSON.stringify({ name, type, unit, ladder })}\n`,
    );
  if (lacks[0] !== undefined && !session.json)
    session.note(`If one does: hedgerow pod schema --map TABLE.COLUMN=${lacks[0]}\n`);
  const start = ask.card.query.slice(0, 12);
  session.note(session.json ? "" : `hedgerow grant allow ${start}, or hedgerow grant deny ${start}\n`);
  return exitCodes.done;
}

interface Options {
  readonly analyst?: string;
  readonly attribute?: string;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly until?: number;
  readonly note?: string;
  readonly yes?: boolean;
}

export const grantAllow = (session: Session, args: string[], options: Options) =>
  answer("allow", session, args, options);
export const grantDeny = (session: Session, args: string[], options: Options) => answer("deny", session, args, options);

async function answer(
  effect: "allow" | "deny",
  session: Session,
  [query]: string[],
  options: Options,
): Promise<ExitCode> {
  const { analyst, attribute, epsilon, delta, until, note } = options;
  if (query === undefined && analyst === undefined && attribute === undefined) {
    throw usageFault(`What do you ${effect}?`, "Give a query (hedgerow grant ls), --analyst NAME or --attribute NAME.");
  }
  if (query !== undefined && attribute !== undefined) {
    throw usageFault("A query is answered by itself.", "Leave out --attribute, or the query.");
  }
  if (epsilon === undefined && delta !== undefined) throw usageFault("--delta needs --epsilon.", "Give both.");
  // Whoever allows a query has seen its card: that is why the answer beats her rules. What she saw is what is allowed.
  let seen = {};
  if (effect === "allow" && query !== undefined && query.length < 64) {
    const { card } = await waitingAsk(session.folder, query, analyst);
    seen = { query: card.query, analyst: card.analyst.principal };
    const lacks = await lackingFor(session.folder, card);
    const { hers } = await wordsOfCard(session.folder, card);
    if (!session.json) session.note(facts(cardLines(card, minute, Date.now(), lacks, hers)));
    const ended = await confirmed(session, "Take part?", options.yes === true);
    if (ended !== null) return ended;
  }
  const made = await makeGrant(session.folder, {
    effect,
    ...(query === undefined ? {} : { query }),
    ...(analyst === undefined ? {} : { analyst }),
    ...(attribute === undefined ? {} : { attribute }),
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(delta === undefined ? {} : { delta }),
    ...(until === undefined ? {} : { untilMs: until }),
    ...(note === undefined ? {} : { note }),
    ...seen,
  });
  await session.data({ ok: true, ...made });
  const waited = made.answered === 0 ? "" : `, ${counted(made.answered, "ask")} answered`;
  await session.say(`${effect === "allow" ? "Allowed" : "Denied"}: grant ${session.style.bold(made.id)}${waited}\n`);
  session.note(session.json ? "" : leftText(made.left));
  session.note(session.json ? "" : `It holds from the next use on. Take it back: hedgerow grant revoke ${made.id}\n`);
  return exitCodes.done;
}

const shownLeft = 3;

/** Asks that read what was allowed or denied, and are not answered by it. */
function leftText(left: readonly string[]): string {
  if (left.length === 0) return "";
  const named = left.slice(0, shownLeft).join(", ");
  const more = left.length > shownLeft ? ` and ${left.length - shownLeft} more` : "";
  const rest = `${named}${more} ${left.length === 1 ? "reads it and waits" : "read it and wait"} on`;
  return `${rest}: decided when asked again, or by you now: hedgerow grant show ${left[0]}\n`;
}

export async function grantRevoke(session: Session, [id = ""]: string[]): Promise<ExitCode> {
  const { revokedMs, wasRevoked } = await revokeGrant(session.folder, id);
  if (revokedMs === null) throw new CommandFailed(`Grant ${id} is still in force.`);
  await session.data({ ok: true, id, revokedMs, wasRevoked });
  const name = `grant ${session.style.bold(id)}`;
  await session.say(
    wasRevoked
      ? `Nothing changed: ${name} is revoked since ${minute(revokedMs)}\n`
      : `Revoked: ${name}, from the next use on\n`,
  );
  return exitCodes.done;
}
