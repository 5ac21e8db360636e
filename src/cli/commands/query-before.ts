// hedgerow query validate | plan
import { resolve } from "node:path";
import type { FaultView, Submission } from "../../sdk/index.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import { planText } from "../render/plan.ts";
import { questionPlanText } from "../render/question-plan.ts";
import type { Session } from "../session.ts";
import { type ExplainOptions, type QuestionOptions, questionOrder } from "../tree/question-options.ts";
import { refuseOptionsOfQuestions } from "../unfit-options.ts";
import { counted } from "../words.ts";

/** The query file and all files it names; faults show the file's name as it was typed. */
export async function submissionOf(
  session: Session,
  file: string,
  options: QuestionOptions = {},
  words?: Words,
): Promise<Submission> {
  const { readSubmission } = await import("../../sdk/query.ts");
  const order = { ...questionOrder(options), ...(words ?? (await wordsOf(session, options))) };
  if (file === "-") return { ...readSubmission("-"), ...order };
  return { ...readSubmission(resolve(session.terminal.cwd, file)), fileName: file, ...order };
}

type Words = Pick<Submission, "words">;

async function wordsOf(session: Session, { catalogue }: QuestionOptions): Promise<Words> {
  if (catalogue === undefined) return {};
  const { readWordsFile } = await import("../../sdk/query.ts");
  return { words: { ...readWordsFile(resolve(session.terminal.cwd, catalogue)), fileName: catalogue } };
}

/** More than anybody mends at once: it is another sort of file. */
const shownFaults = 20;

/** Faults are the result of the command, so they go to stdout, for editors and for --json alike. */
export async function tellFaults(
  session: Session,
  faults: readonly FaultView[],
  after = "; nothing was sent",
  about: { readonly file?: string } = {},
): Promise<ExitCode> {
  const { style } = session;
  for (const fault of faults.slice(0, shownFaults)) {
    const where = `${fault.file}:${fault.line}:${fault.column}`;
    await session.say(`${style.bold(where)}: ${style.bad(fault.message)} [${fault.code}]\n    ${fault.remedy}\n`);
  }
  const left = faults.length - shownFaults;
  if (left > 0) await session.say(`and ${left} more; --json tells all. Is it a query?\n`);
  await session.data({ at: "faulty", ...about, faults });
  session.note(session.json ? "" : `${counted(faults.length, "fault")}${after}\n`);
  return exitCodes.failed;
}

/** One file after another: that one has faults, or cannot be read, says nothing of the next. */
export async function validate(session: Session, files: string[], options: QuestionOptions): Promise<ExitCode> {
  const { isQuestion } = await import("../../sdk/query.ts");
  if (!files.some(isQuestion)) refuseOptionsOfQuestions(options);
  // Read once, as they may come out of a pipe; and that they cannot be read is no fault of the first file.
  const words = await wordsOf(session, options);
  let exitCode: ExitCode = exitCodes.done;
  for (const file of files) {
    session.signal.throwIfAborted();
    try {
      if ((await validateOne(session, file, options, words)) !== exitCodes.done) exitCode = exitCodes.failed;
    } catch (cause) {
      // Of a single file it is the command that fails.
      if (files.length === 1 || !(cause instanceof Error)) throw cause;
      const problem = unreadText(cause);
      await session.say(`${session.style.bold(file)}: ${session.style.bad(problem)}\n`);
      await session.data({ at: "unread", file, problem });
      exitCode = exitCodes.failed;
    }
  }
  return exitCode;
}

async function validateOne(session: Session, file: string, options: QuestionOptions, words: Words): Promise<ExitCode> {
  const submission = await submissionOf(session, file, options, words);
  const { validateSubmission } = await import("../../sdk/query.ts");
  const answer = validateSubmission(submission);
  // Nothing would have been sent anyhow.
  if (answer.at === "faulty") return tellFaults(session, answer.faults, "", { file });
  await session.data({ ...answer, file });
  await session.say(`${file}: query ${answer.name} has no faults\n`);
  for (const note of answer.notes ?? []) await session.say(`    ${note}\n`);
  return exitCodes.done;
}

function unreadText(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause.message;
  return code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
}

export async function plan(
  session: Session,
  [file = ""]: string[],
  options: QuestionOptions & ExplainOptions,
): Promise<ExitCode> {
  const { isQuestion } = await import("../../sdk/query.ts");
  if (!isQuestion(file)) refuseOptionsOfQuestions(options);
  const submission = await submissionOf(session, file, options);
  const explain = await explainOrder(file, options);
  const progress = session.progress("planning");
  const answer = await session.client
    .queryPlan({ ...submission, explain }, { signal: session.signal })
    .finally(progress.end);
  if (answer.at === "faulty") return tellFaults(session, answer.faults);
  if (answer.at === "explained") {
    await session.data(answer.question);
    await session.say(questionPlanText(answer.question, session.style));
    return exitCodes.done;
  }
  await session.data(answer.plan);
  await session.say(planText(answer.plan, session.style));
  return exitCodes.done;
}

async function explainOrder(file: string, { people, error, output }: ExplainOptions) {
  const { isQuestion } = await import("../../sdk/query.ts");
  const given = { people, error, output };
  const named = Object.entries(given).find(([, value]) => value !== undefined);
  if (named !== undefined && !isQuestion(file))
    throw usageFault(`--${named[0]} is for questions in SQL, in a file that ends in .sql.`);
  if (output !== undefined && error === undefined)
    throw usageFault("--output says what --error is of.", "Give both: --error 0.5 --output NAME");
  return given;
}
