// hedgerow query run FILE --dry-run: a question over invented people, or a dataflow fed by invented sensors, in this process, without a
// node.

import type { Willing } from "../../sdk/dry-run.ts";
import { limits } from "../../sdk/limits.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { Arrived, dataflowDryRunText } from "../render/dataflow-dry-run.ts";
import { dryRunText } from "../render/dry-run.ts";
import type { Session } from "../session.ts";
import type { QuestionOptions } from "../tree/question-options.ts";
import { givenOf, refuseForDataflows, refuseOptionsOfQuestions } from "../unfit-options.ts";
import { submissionOf, tellFaults } from "./query-before.ts";
import type { SeriesOptions } from "./query-series.ts";
import type { WaitOptions } from "./question-run.ts";

export interface DryRunOptions {
  readonly dryRun?: boolean;
  readonly people?: number;
  readonly seed?: number;
  readonly willing?: Willing;
  readonly records?: number;
}

/** What a dry run alone takes. */
export const ofDryRuns = ["people", "seed", "willing", "records"] as const;

const usualPeople = 1_000;
const usualSeed = 1;

type TryOptions = QuestionOptions & DryRunOptions & SeriesOptions & WaitOptions;

export async function tryQuery(session: Session, file: string, options: TryOptions): Promise<ExitCode> {
  const { isQuestion } = await import("../../sdk/query.ts");
  return isQuestion(file) ? tryQuestion(session, file, options) : tryDataflow(session, file, options);
}

async function tryQuestion(session: Session, file: string, options: TryOptions): Promise<ExitCode> {
  refuseOptionsOfRounds(options);
  if (options.records !== undefined)
    throw usageFault("--records is for dataflows in YAML.", "Of a question say how many people: --people 1000");
  const { people = usualPeople, seed = usualSeed, willing = "some" } = options;
  const submission = await submissionOf(session, file, options);
  const { dryRun } = await import("../../sdk/dry-run.ts");
  const progress = session.progress("inventing people");
  const ran = await dryRun(
    submission,
    { people, seed, willing },
    {
      signal: session.signal,
      onPerson(done) {
        if (session.terminal.errIsTty || done % Math.ceil(people / 10) === 0)
          progress.step(`${done} of ${people} invented people have decided`);
      },
    },
  ).finally(progress.end);
  if (ran.at === "faulty") return tellFaults(session, ran.faults);
  await session.data({ type: "invented", ...ran.run });
  await session.say(dryRunText(ran.run, session.style));
  return exitCodes.done;
}

async function tryDataflow(session: Session, file: string, options: TryOptions): Promise<ExitCode> {
  refuseOptionsOfQuestions(options);
  refuseForDataflows([...ofRounds, "people", "willing"], options);
  const submission = await submissionOf(session, file);
  const { tryDataflow: tryIt } = await import("../../sdk/dataflow-dry-run.ts");
  const { records = limits.usualTriedRecords, seed = usualSeed } = options;
  const arrived = new Arrived(session.style);
  const progress = session.progress("planning over invented nodes");
  const tried = await tryIt(
    submission,
    { records, seed },
    {
      signal: session.signal,
      async onItems(items) {
        for (const item of items) await (session.json ? session.data(item) : arrived.add(item));
      },
      onRecords(made) {
        if (session.terminal.errIsTty) progress.step(`${made} invented records have gone through`);
      },
    },
  ).finally(progress.end);
  if (tried.at === "faulty") return tellFaults(session, tried.faults);
  await session.data({ type: "invented", ...tried.run });
  await session.say(dataflowDryRunText(tried.run, arrived, session.style));
  return tried.run.fault === null ? exitCodes.done : exitCodes.failed;
}

const ofRounds = ["every", "windows", "window", "from", "map", "patience"] as const;

/** Nobody is waited for, and nothing is asked again. */
function refuseOptionsOfRounds(options: SeriesOptions & WaitOptions): void {
  const [first] = givenOf(ofRounds, options);
  if (first === undefined) return;
  const isSpan = first === "--window" || first === "--from";
  throw usageFault(
    `${first} is not for --dry-run, which gives one answer, as a table.`,
    isSpan
      ? "Give the window itself: --param window_from=2026-03-01T07:00:00Z --param window_to=2026-03-01T08:00:00Z"
      : "Leave it out, or leave out --dry-run to ask people.",
  );
}
