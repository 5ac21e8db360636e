// hedgerow query validate | plan
import { resolve } from "node:path";
import type { FaultView, Submission } from "../../sdk/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { planText } from "../render/plan.ts";
import type { Session } from "../session.ts";
import { type QuestionOptions, questionOrder } from "../tree/question-options.ts";
import { counted } from "../words.ts";

/** The query file and all files it names; faults show the file's name as it was typed. */
export async function submissionOf(session: Session, file: string, options: QuestionOptions = {}): Promise<Submission> {
  const { readSubmission } = await import("../../sdk/query.ts");
  const order = questionOrder(options);
  if (file === "-") return { ...readSubmission("-"), ...order };
  return { ...readSubmission(resolve(session.terminal.cwd, file)), fileName: file, ...order };
}

/** Faults are the result of the command, so they go to stdout, for editors and for --json alike. */
export async function tellFaults(
  session: Session,
  faults: readonly FaultView[],
  after = "; nothing was sent",
): Promise<ExitCode> {
  const { style } = session;
  for (const fault of faults) {
    const where = `${fault.file}:${fault.line}:${fault.column}`;
    await session.say(`${style.bold(where)}: ${style.bad(fault.message)} [${fault.code}]\n    ${fault.remedy}\n`);
  }
  await session.data({ at: "faulty", faults });
  session.note(session.json ? "" : `${counted(faults.length, "fault")}${after}\n`);
  return exitCodes.failed;
}

export async function validate(session: Session, [file = ""]: string[], options: QuestionOptions): Promise<ExitCode> {
  const submission = await submissionOf(session, file, options);
  const { validateSubmission } = await import("../../sdk/query.ts");
  const answer = validateSubmission(submission);
  // Nothing would have been sent anyhow.
  if (answer.at === "faulty") return tellFaults(session, answer.faults, "");
  await session.data(answer);
  await session.say(`${file}: query ${answer.name} has no faults\n`);
  for (const note of answer.notes ?? []) await session.say(`    ${note}\n`);
  return exitCodes.done;
}

export async function plan(session: Session, [file = ""]: string[], options: QuestionOptions): Promise<ExitCode> {
  const submission = await submissionOf(session, file, options);
  const progress = session.progress("planning");
  const answer = await session.client.queryPlan(submission, { signal: session.signal }).finally(progress.end);
  if (answer.at === "faulty") return tellFaults(session, answer.faults);
  await session.data(answer.plan);
  await session.say(planText(answer.plan, session.style));
  return exitCodes.done;
}
