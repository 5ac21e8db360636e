// hedgerow query run FILE.sql --dry-run: the question over invented people, in this process, without a node.

import type { Willing } from "../../sdk/dry-run.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { dryRunText } from "../render/dry-run.ts";
import type { Session } from "../session.ts";
import type { QuestionOptions } from "../tree/question-options.ts";
import { submissionOf, tellFaults } from "./query-before.ts";

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
  options: QuestionOptions & DryRunOptions,
): Promise<ExitCode> {
  const { isQuestion } = await import("../../sdk/query.ts");
  if (!isQuestion(file)) throw usageFault("--dry-run is for questions in SQL, in a file that ends in .sql.");
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
