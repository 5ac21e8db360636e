// How a question about people ended, as an exit code and in words. 0 is for a whole answer and nothing else.
import type { OutcomeView, PeopleAnswer } from "../sdk/index.ts";
import { type ExitCode, exitCodes } from "./failure.ts";
import { manySilent } from "./render/answer.ts";
import type { Style } from "./style.ts";
import { reasonText } from "./words.ts";

export interface AnswerEnd {
  readonly answer: PeopleAnswer | null;
  /** null: it has not ended. */
  readonly outcome: OutcomeView | null;
  readonly assurance: string | null;
}

/** Too few were found, or the owners' rules want more: nobody was asked. */
const tooFew = "ask-too-few";

export function answerExitCode({ answer, outcome }: AnswerEnd): ExitCode {
  if (outcome?.reasons.some(({ code }) => code === tooFew)) return exitCodes.tooFewPeople;
  if (answer === null) return exitCodes.failed;
  return isWholeAnswer(answer, outcome) ? exitCodes.done : exitCodes.partial;
}

function isWholeAnswer(answer: PeopleAnswer, outcome: OutcomeView | null): boolean {
  const isSaidWhole = answer.missing.length === 0 && !manySilent(answer);
  return isSaidWhole && (outcome === null || outcome.outcome === "completed");
}

export function endText({ answer, outcome }: AnswerEnd, style: Style): string {
  const reasons = (outcome?.reasons ?? []).map((reason) => `  ${reasonText(reason)}\n`).join("");
  if (answer === null) {
    const word = outcome === null ? "not answered yet" : "no answer";
    const why =
      reasons === "" && outcome !== null ? `  It ended (${outcome.outcome}) before there was one.\n` : reasons;
    return `${style.bad(word)}\n${why}`;
  }
  if (isWholeAnswer(answer, outcome)) return "";
  return `${style.bad("partial answer")}: it says less than it should, and its intervals are of those who are in\n${reasons}`;
}
