// hedgerow query run FILE.sql: waits for the answer, and says meanwhile how far it is. It tells no number of people that has no
// noise; and it never waits for longer than people have to answer and a margin for everything else.
import type { CallerAnswer, PeopleAnswer, QueryView } from "../../sdk/index.ts";
import { type AnswerEnd, answerExitCode, endText } from "../answer-end.ts";
import { CommandFailed, type ExitCode } from "../failure.ts";
import { answerText } from "../render/answer.ts";
import { costText } from "../render/question-plan.ts";
import type { Session } from "../session.ts";
import { clockTime, counted, duration, milliseconds, shortQuery } from "../words.ts";

type Accepted = Extract<CallerAnswer<"queryRun">, { at: "accepted" }>;

export interface WaitOptions {
  /** Seconds beyond the time that people have. */
  readonly patience?: number;
}

/** For set-up, look-ups, messages on their way, and adding up: each is bounded by less, and all of them together too. */
const usualPatienceSeconds = 120;

export const peoplePhases = ["setting up", "finding people", "waiting for answers", "adding up"] as const;
type PeoplePhase = (typeof peoplePhases)[number];

export async function askPeople(session: Session, accepted: Accepted, options: WaitOptions): Promise<ExitCode> {
  const { id, question } = accepted;
  const answerMs = question?.settings.answerMs ?? 0;
  const waitMs = answerMs + (options.patience ?? usualPatienceSeconds) * 1_000;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), waitMs);
  const signal = AbortSignal.any([session.signal, late.signal]);
  if (question !== null) await session.say(`It costs each who contributes ${costText(question.cost)}\n`);
  const startedMs = performance.now();
  try {
    const settled = await untilSettled(session, id, answerMs, signal);
    const end = await collect(session, settled, signal);
    const view = await withReceipts(session, id, end, signal);
    await tell(session, view, end, performance.now() - startedMs);
    return answerExitCode(end);
  } catch (cause) {
    if (!late.signal.aborted || session.signal.aborted) throw cause;
    const short = shortQuery(id);
    throw new CommandFailed(`No answer came within ${duration(waitMs)}; the question goes on.`, {
      code: "answer-late",
      next: `See how it is: hedgerow query show ${short}   Its answer, when there is one: hedgerow query result ${short}   End it: hedgerow query stop ${short}`,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function untilSettled(session: Session, id: string, answerMs: number, signal: AbortSignal): Promise<QueryView> {
  let told: PeoplePhase = peoplePhases[0];
  const progress = session.progress(told);
  try {
    for await (const view of session.client.queryWatch({ id }, { signal })) {
      if (view.phase === "settled") return view;
      const phase = phaseOfPeople(view, told);
      if (phase === told) continue;
      told = phase;
      const untilMs = Date.now() + answerMs;
      const waits = phase === "waiting for answers";
      progress.step(waits ? `${phase} until ${clockTime(untilMs).slice(0, 8)} UTC at the latest` : phase);
      await session.data({ type: "phase", phase, ...(waits ? { untilMs } : {}) });
    }
  } finally {
    progress.end();
  }
  signal.throwIfAborted();
  throw new CommandFailed("The node stopped telling how the question goes.", {
    code: "connection-lost",
    next: `See how it is: hedgerow query show ${shortQuery(id)}`,
  });
}

/** It never goes back: a cell that moves begins anew, and what it waits for is the same. */
function phaseOfPeople({ phase, vertices }: QueryView, before: PeoplePhase): PeoplePhase {
  if (phase === "instantiating" || phase === "starting") return before;
  const find = vertices.find(({ id }) => id === "find");
  const over = phase === "stopping" || find === undefined || find.state === "ended" || find.state === "draining";
  // That it has handed on something says that it has begun to ask; how much says how many, which is nobody's business here.
  const now = over ? "adding up" : find.recordsOut > 0 ? "waiting for answers" : "finding people";
  return peoplePhases.indexOf(now) > peoplePhases.indexOf(before) ? now : before;
}

async function collect(session: Session, { id, outcome }: QueryView, signal: AbortSignal): Promise<AnswerEnd> {
  let answer: PeopleAnswer | null = null;
  let end = outcome;
  let { assurance }: { assurance: QueryView["assurance"] } = { assurance: null };
  for await (const item of session.client.queryResult({ id }, { signal })) {
    if (item.type === "answer") answer = item.answer;
    else if (item.type === "settled") {
      end = item.outcome;
      assurance = item.assurance;
    }
    if (item.type === "answer") await session.data(item);
  }
  return { answer, outcome: end, assurance };
}

/** They are collected when it has ended, from every node that took part. */
const receiptLooks = 25;
const receiptPauseMs = 200;

async function withReceipts(session: Session, id: string, end: AnswerEnd, signal: AbortSignal): Promise<QueryView> {
  const progress = session.progress("collecting receipts");
  try {
    for (let looks = 1; ; looks++) {
      const view = await session.client.queryShow({ id }, { signal });
      if (end.answer === null || (view.receipts ?? 0) > 0 || looks === receiptLooks) return view;
      await new Promise((resolve) => setTimeout(resolve, receiptPauseMs));
      signal.throwIfAborted();
    }
  } finally {
    progress.end();
  }
}

async function tell(session: Session, view: QueryView, end: AnswerEnd, tookMs: number): Promise<void> {
  const { style } = session;
  const drawn = view.vertices.filter(({ id }) => id !== "answer");
  const roster = drawn.map(({ id, nodeName, incarnation }) => ({ cell: id, node: nodeName, moved: incarnation > 0 }));
  await session.data({ type: "settled", ...end, answer: undefined, roster, receipts: view.receipts, tookMs });
  if (end.answer !== null) await session.say(`\n${answerText(end.answer, style)}`);
  const places = roster.map(({ cell, node, moved }) => `${cell} on ${node}${moved ? style.doubtful(" (moved)") : ""}`);
  if (end.answer !== null) {
    await session.say(`  processors    ${places.join(", ")}\n`);
    const assurance = end.assurance === null ? "" : `, assurance ${end.assurance}`;
    const collected = view.receipts ? counted(view.receipts, "receipt") : "not collected yet";
    const receipts = `${collected}${assurance}; set up in ${milliseconds(view.setupMs ?? 0)}, ${duration(tookMs)} in all`;
    await session.say(`  receipts      ${receipts}\n`);
  }
  await session.say(endText(end, style));
  if (!session.json && end.answer !== null) {
    const short = shortQuery(view.id);
    session.note(`\nCheck the receipts:  hedgerow query audit ${short}\n`);
    session.note(`As a table:          hedgerow query result ${short} --format csv\n`);
  }
}
