// hedgerow diffuse: a message to whoever an expression finds, and a noised count of who took it.
import { resolve } from "node:path";
import { faultsInExpression, messageFault, submissionOfMessage } from "../../sdk/diffusion.ts";
import type { PeopleAnswer } from "../../sdk/index.ts";
import { readNamedText } from "../../sdk/named-file.ts";
import { isOfNobody, runRound } from "../../sdk/series.ts";
import { answerExitCode, endText } from "../answer-end.ts";
import { CommandFailed, type ExitCode, exitCodes } from "../failure.ts";
import { peopleText } from "../render/answer.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { type QuestionOptions, questionOrder } from "../tree/question-options.ts";
import { reasonText, shortQuery } from "../words.ts";
import { tellFaults } from "./query-before.ts";

interface Options extends QuestionOptions {
  readonly to: string;
  readonly message: string;
  readonly purpose: string;
  readonly name: string;
  readonly epsilon: number;
}

export async function diffuse(session: Session, _: string[], options: Options): Promise<ExitCode> {
  const { to, purpose, name, epsilon } = options;
  const message = readMessage(session, options.message);
  const submission = { ...submissionOfMessage({ to, message, purpose, name, epsilon }), ...questionOrder(options) };
  let progress = session.progress("planning");
  let under: string | null = null;
  try {
    for await (const item of runRound(session.client, submission, session.signal)) {
      progress.end();
      if (item.type === "faulty") return tellFaults(session, faultsInExpression(item.faults));
      await session.data(item);
      if (item.type === "accepted") {
        under = item.id;
        await session.say(`Message ${session.style.bold(name)}: query ${shortQuery(item.id)}\n`);
        progress = session.progress("finding people");
        continue;
      }
      const isUnderWay = under !== null;
      under = null;
      if (item.type === "answer") {
        const end = { ...item, assurance: null };
        await session.say(`${reachedText(item.answer)}${endText(end, session.style)}`);
        return answerExitCode(end);
      }
      const why = item.reasons.map((reason) => reasonText(reason)).join("; ");
      const nobody = !isUnderWay || isOfNobody(item.reasons);
      const what = nobody ? "reached nobody" : "no count, though people may have been called and have it";
      await session.say(`${session.style.bad(what)}${why === "" ? "" : `: ${why}`}\n`);
    }
  } finally {
    progress.end();
    if (session.signal.aborted && under !== null)
      session.note(
        `\nThe message is under way. Stop it: hedgerow query stop ${shortQuery(under)}\nWho took it has it; see how many: hedgerow query result ${shortQuery(under)}\n`,
      );
  }
  return exitCodes.failed;
}

function readMessage({ terminal }: Session, file: string): string {
  const named = { what: "a message", whose: "the file with the message", example: "message.txt", maxBytes: 64 * 1024 };
  const text = readNamedText(file === "-" ? 0 : resolve(terminal.cwd, file), named).replaceAll("\r\n", "\n");
  const fault = messageFault(text);
  if (fault === null) return text;
  throw new CommandFailed(`${file === "-" ? "The message" : file} cannot be sent: ${fault}.`, {
    code: "message",
    next: "Send plain text of 1 to 4096 characters; put the rest where a link leads.",
  });
}

function reachedText({ rows, participation, cost, missing }: PeopleAnswer): string {
  const [[count]] = rows as [[PeopleAnswer["rows"][number][number]]];
  const partial = missing.length === 0 ? "" : "  partial: what some gatherers counted is missing\n";
  return `${facts([
    ["took it", `about ${peopleText(count)}`],
    ["were found", `about ${peopleText(participation.asked)}`],
    ["counts", "with noise, 95 % intervals; who they are, nobody is told"],
    ["cost", `ε = ${Number(cost.epsilon.toPrecision(3))}, δ = ${cost.delta} to each who took it`],
  ])}${partial}`;
}
