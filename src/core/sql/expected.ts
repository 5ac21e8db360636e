// What the parser says it expected, in words for people.
import type { IParserErrorMessageProvider, TokenType } from "chevrotain";

/** More than these would be a list to read, not a hint. */
const mostNamed = 6;

function expected(types: readonly TokenType[]): string {
  const names = [...new Set(types.map((type) => (/^[a-z]/.test(type.name) ? type.name : `\`${type.name}\``)))];
  if (names.length === 0 || names.length > mostNamed) return "";
  return `Expected here: ${names.join(", ")}.`;
}

export const expectedMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: (options) => expected([options.expected]),
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: (options) =>
    expected(options.expectedPathsPerAlt.flatMap((paths) => paths.flatMap((path) => path.slice(0, 1)))),
  buildEarlyExitMessage: (options) => expected(options.expectedIterationPaths.flatMap((path) => path.slice(0, 1))),
};
