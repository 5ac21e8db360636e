// hedgerow query run: plan, instantiate, wait until it runs; then leave it running, or follow what comes out.
import type { QueryView, Submission } from "../../sdk/index.ts";
import { CommandFailed, type ExitCode, exitCodes } from "../failure.ts";
import { skippedText } from "../render/plan.ts";
import { isWhole, namesIn, outcomeText, phaseText, placesText } from "../render/query.ts";
import type { Session } from "../session.ts";
import { milliseconds, reasonText, shortQuery } from "../words.ts";
import { printResult } from "./query-after.ts";
import { submissionOf, tellFaults } from "./query-before.ts";

interface RunOptions {
  readonly follow?: boolean;
  readonly detach?: boolean;
}

export async function run(session: Session, [file = ""]: string[], options: RunOptions): Promise<ExitCode> {
  const submission = await submissionOf(session, file);
  const progress = session.progress("planning");
  const answer = await session.client.queryRun(submission, { signal: session.signal }).finally(progress.end);
  if (answer.at === "faulty") return tellFaults(session, answer.faults);
  return accepted(session, submission, answer, options);
}

type Accepted = Extract<Awaited<ReturnType<Session["client"]["queryRun"]>>, { at: "accepted" }>;

async function accepted(
  session: Session,
  submission: Submission,
  { id, plan }: Accepted,
  options: RunOptions,
): Promise<ExitCode> {
  await session.data({ type: "accepted", id, plan });
  await session.say(`Query ${session.style.bold(plan.name)} ${id}\n`);
  if (options.detach === true) {
    await session.say(`Accepted. See how it goes: hedgerow query watch ${shortQuery(id)}\n`);
    return exitCodes.done;
  }
  let goesOn = true;
  try {
    return await lookOn(session, id, { plan: plan.alternative, submission, onNext: () => (goesOn = false) }, options);
  } finally {
    // Ctrl-C ends our looking on, not the query; whoever ends it should know how to end the rest.
    if (session.signal.aborted && goesOn)
      session.note(`\nThe query goes on. Stop it: hedgerow query stop ${shortQuery(id)}\n`);
  }
}

interface Tried {
  readonly plan: string;
  readonly submission: Submission;
  readonly onNext: () => void;
}

async function lookOn(session: Session, id: string, tried: Tried, options: RunOptions): Promise<ExitCode> {
  const progress = session.progress("instantiating");
  const view = await untilRunning(session, id, (phase) => progress.step(phase)).finally(progress.end);
  if (isByPolicy(view)) {
    const submission = { ...tried.submission, after: tried.plan };
    const next = await session.client.queryRun(submission, { signal: session.signal }).catch(() => null);
    if (next?.at === "accepted") {
      tried.onNext();
      const reasons = view.outcome!.reasons.map((reason) => reasonText(reason, namesIn(view))).join("; ");
      await session.data({ type: "refused", query: view });
      await session.say(`${session.style.doubtful("refused")}, so not the plan "${tried.plan}": ${reasons}\n`);
      return accepted(session, submission, next, options);
    }
  }
  await tellRunning(session, view, options);
  if (options.follow === true) return printResult(session, { id, follow: true });
  const { outcome } = view;
  const badly =
    outcome !== null && (outcome.outcome === "refused" || outcome.outcome === "failed" || !isWhole(outcome));
  return badly ? exitCodes.failed : exitCodes.done;
}

/** A policy that changed since gossip brought it: what planning would have passed over, the owner's node refused. */
function isByPolicy({ outcome }: QueryView): boolean {
  const codes = ["attribute-forbidden", "attribute-required-missing"];
  return outcome?.outcome === "refused" && outcome.reasons.some(({ code }) => codes.includes(code));
}

async function untilRunning(session: Session, id: string, onPhase: (phase: string) => void): Promise<QueryView> {
  for await (const view of session.client.queryWatch({ id }, { signal: session.signal })) {
    const waitsFor = view.reasons[0];
    onPhase(waitsFor === undefined ? view.phase : `${view.phase}: ${reasonText(waitsFor, namesIn(view))}`);
    if (view.phase !== "instantiating" && view.phase !== "starting") return view;
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
    await session.say(`${placesText(view, style)}${skippedText(view.skipped, namesIn(view), style)}`);
  }
  for (const reason of view.reasons)
    await session.say(`${style.doubtful(view.phase)}: ${reasonText(reason, namesIn(view))}\n`);
  if (options.follow === true) return void (await session.say("\n"));
  if (view.outcome !== null) return void (await session.say(outcomeText(view.outcome, namesIn(view), style)));
  if (session.json) return;
  const short = shortQuery(view.id);
  session.note(`\nSee what comes out:  hedgerow query result ${short} --follow\n`);
  session.note(`Stop it:             hedgerow query stop ${short}\n`);
}
