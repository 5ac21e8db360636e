// hedgerow query run FILE.sql --dry-run: the question over invented people, in this process, without a node.
import type { Willing } from "../../sdk/dry-run.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { dryRunText } from "../render/dry-run.ts";
import type { Session } from "../session.ts";
import type { QuestionOptions } from "../tree/question-options.ts";
import { givenOf } from "../unfit-options.ts";
import { submissionOf, tellFaults } from "./query-before.ts";
import type { SeriesOptions } from "./query-series.ts";
import type { WaitOptions } from "./question-run.ts";

export interface DryRunOptions {
  readonly dryRun?: boolean;
  readonly people?: number;
  readonly seed?: number;
  readonly willing?: Willing;
}

const usualPeople = 1_000;

export async function tryQuestion(
  session: Session,
  file: string,
  options: QuestionOptions & DryRunOptions & SeriesOptions & WaitOptions,
): Promise<ExitCode> {
  const { isQuestion } = await import("../../sdk/query.ts");
  if (!isQuestion(file)) throw usageFault("--dry-run is for questions in SQL, in a file that ends in .sql.");
  refuseOptionsOfRounds(options);
  const { people = usualPeople, seed = 1, willing = "some" } = options;
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

/** Nobody is waited for, and nothing is asked again. */
function refuseOptionsOfRounds(options: SeriesOptions & WaitOptions): void {
  const [first] = givenOf(["every", "windows", "window", "from", "map", "patience"], options);
  if (first === undefined) return;
  const isSpan = first === "--window" || first === "--from";
  throw usageFault(
    `${first} is not for --dry-run, which gives one answer, as a table.`,
    isSpan
      ? "Give the window itself: --param window_from=2026-03-01T07:00:00Z --param window_to=2026-03-01T08:00:00Z"
      : "Leave it out, or leave out --dry-run to ask people.",
  );
}
