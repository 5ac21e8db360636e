// hedgerow query run: plan, instantiate, wait until it runs; then leave it running, or follow what comes out.
import type { QueryView } from "../../sdk/index.ts";
import { CommandFailed, type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { skippedText } from "../render/plan.ts";
import { isWhole, namesIn, outcomeText, phaseText, placesText, refusedSince, refusedText } from "../render/query.ts";
import type { Session } from "../session.ts";
import type { QuestionOptions } from "../tree/question-options.ts";
import { refuseOptionsOfQuestions } from "../unfit-options.ts";
import { milliseconds, reasonText, shortQuery } from "../words.ts";
import { submissionOf, tellFaults } from "./query-before.ts";
import { type DryRunOptions, ofDryRuns, tryQuery } from "./query-dry-run.ts";
import { printResult } from "./query-result.ts";
import { isSeries, runWindows, type SeriesOptions } from "./query-series.ts";

import { askPeople, type WaitOptions } from "./question-run.ts";

interface RunOptions extends QuestionOptions, WaitOptions, SeriesOptions, DryRunOptions {
  readonly follow?: boolean;
  readonly detach?: boolean;
}

export async function run(session: Session, [file = ""]: string[], options: RunOptions): Promise<ExitCode> {
  if (options.dryRun === true) return tryQuery(session, file, options);
  for (const name of ofDryRuns) if (options[name] !== undefined) throw usageFault(`--${name} is for --dry-run.`);
  const { isQuestion } = await import("../../sdk/query.ts");
  const asks = isQuestion(file);
  if (!asks) refuseOptionsOfQuestions(options);
  const submission = await submissionOf(session, file, options);
  if (!asks && options.patience !== undefined) throw usageFault("--patience is for questions in SQL.");
  if (isSeries(options)) return runWindows(session, submission, options);
  const progress = session.progress(asks ? "planning, and drawing processors by lot" : "planning");
  const answer = await session.client.queryRun(submission, { signal: session.signal }).finally(progress.end);
  if (answer.at === "faulty") return tellFaults(session, answer.faults);
  const { id, plan } = answer;
  await session.data({ type: "accepted", id, plan, ...(asks ? { question: answer.question } : {}) });
  await session.say(`${asks ? "Question" : "Query"} ${session.style.bold(plan.name)} ${id}\n`);
  if (options.detach === true) {
    await session.say(`Accepted. See how it goes: hedgerow query watch ${shortQuery(id)}\n`);
    return exitCodes.done;
  }
  try {
    return await (asks ? askPeople(session, answer, options) : lookOn(session, id, options));
  } finally {
    // Ctrl-C ends our looking on, not the query; whoever ends it should know how to end the rest.
    if (session.signal.aborted)
      session.note(`\nThe ${asks ? "question" : "query"} goes on. Stop it: hedgerow query stop ${shortQuery(id)}\n`);
  }
}

async function lookOn(session: Session, id: string, options: RunOptions): Promise<ExitCode> {
  const view = await untilRunning(session, id);
  await tellRunning(session, view, options);
  if (options.follow === true) return printResult(session, { id: view.id, follow: true });
  const { outcome } = view;
  const badly =
    outcome !== null && (outcome.outcome === "refused" || outcome.outcome === "failed" || !isWhole(outcome));
  return badly ? exitCodes.failed : exitCodes.done;
}

/** Says which plans were refused on the way: the node goes on with the next by itself. */
async function untilRunning(session: Session, id: string): Promise<QueryView> {
  let progress = session.progress("instantiating");
  try {
    let before: QueryView | undefined;
    for await (const view of session.client.queryWatch({ id }, { signal: session.signal })) {
      const refused = refusedSince(before, view);
      if (refused.length > 0) progress.end();
      for (const one of refused) {
        const { alternative, reasons, tried } = one;
        await session.data({ type: "refused", query: tried, alternative, reasons, next: view.id });
        await session.say(`${refusedText(one, view, session.style)}\n`);
      }
      if (refused.length > 0) {
        await session.say(`Query ${session.style.bold(view.name)} ${view.id}, plan "${view.alternative}"\n`);
        progress = session.progress("instantiating");
      }
      before = view;
      const waitsFor = view.reasons[0];
      progress.step(waitsFor === undefined ? view.phase : `${view.phase}: ${reasonText(waitsFor, namesIn(view))}`);
      // A plan that is taken back before it ran has another to come, or an end with reasons.
      const isTakenBack = view.phase === "stopping" && view.setupMs === null;
      if (view.phase !== "instantiating" && view.phase !== "starting" && !isTakenBack) return view;
    }
  } finally {
    progress.end();
  }
  throw new CommandFailed("The node stopped telling how the query goes.", {
    next: `See whether it runs: hedgerow query show ${shortQuery(id)}`,
  });
}

async function tellRunning(session: Session, view: QueryView, options: RunOptions): Promise<void> {
  const { style } = session;
  await session.data({ type: view.phase, query: view });
  if (view.setupMs !== null) {
    const assurance = view.assurance === null ? "" : `, assurance ${view.assurance}`;
    const word = view.phase === "settled" ? style.good("Ran") : phaseText(view.phase, null, style);
    await session.say(`${word}, set up in ${style.bold(milliseconds(view.setupMs))}${assurance}\n`);
    await session.say(placesText(view, style));
  }
  // What was tried and refused has been told when it was.
  const passedOver = view.skipped.filter(({ tried }) => tried === undefined);
  if (view.setupMs !== null || view.outcome?.outcome === "refused")
    await session.say(skippedText(passedOver, namesIn(view), style));
  for (const reason of view.reasons)
    await session.say(`${style.doubtful(view.phase)}: ${reasonText(reason, namesIn(view))}\n`);
  const short = shortQuery(view.id);
  for (const { id, operator, nodeName, node } of view.vertices) {
    if (operator !== "sink-print") continue;
    const at = nodeName ?? node;
    await session.say(`\nWhat ${id} prints stays at ${at}: hedgerow query result ${short} --node FOLDER-OF-${at}\n`);
  }
  if (options.follow === true) return void (await session.say("\n"));
  if (view.outcome !== null) return void (await session.say(outcomeText(view.outcome, namesIn(view), style)));
  if (session.json) return;
  session.note(`\nSee what comes out:  hedgerow query result ${short} --follow\n`);
  session.note(`Stop it:             hedgerow query stop ${short}\n`);
}
