// A statement's text → its syntax tree, or every fault of its syntax with its place and what is expected there.
import {
  EarlyExitException,
  type ILexingError,
  type IRecognitionException,
  type IToken,
  MismatchedTokenException,
  tokenMatcher,
} from "chevrotain";
import { didYouMean } from "../base/index.ts";
import { type Fault, FaultList, type Position, positionsWithoutFile } from "../query/index.ts";
import type { Select } from "./ast.ts";
import { SqlGrammar } from "./grammar.ts";
import { limits } from "./limits.ts";
import { keywords, Name, sqlLexer, Text, Word } from "./tokens.ts";

export type ParsedStatement =
  | { readonly ok: true; readonly select: Select }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Made once, at the first statement: its analysis of the grammar takes longer than a statement does. */
let grammar: SqlGrammar | null = null;

export function parseStatement(text: string, fileName: string): ParsedStatement {
  const faults = new FaultList({ ...positionsWithoutFile([]), file: fileName });
  const refused = (): ParsedStatement => ({ ok: false, faults: faults.sorted() });
  if (text.length > limits.maxCharacters) {
    const message = `the statement has ${text.length} characters, at most ${limits.maxCharacters} are read`;
    faults.add("query-too-large", "", message, "Shorten it: a public list of groups is usually the longest part.");
    return refused();
  }
  const { tokens, errors } = sqlLexer().tokenize(text);
  for (const error of errors) addLexingFault(error, text, faults);
  if (tokens.length > limits.maxTokens) {
    const message = `the statement has ${tokens.length} words and signs, at most ${limits.maxTokens} are read`;
    faults.add("query-too-large", "", message, "Shorten its lists.");
    return refused();
  }
  for (const token of tokens) if (token.tokenType === Text) checkText(token, faults);
  if (!checkStart(tokens, faults) || !checkNesting(tokens, faults)) return refused();
  grammar ??= new SqlGrammar();
  grammar.input = tokens;
  const select = grammar.statement();
  const end = endOf(text);
  for (const error of grammar.errors) addSyntaxFault(error, tokens, end, faults);
  return faults.any || select === undefined ? refused() : { ok: true, select };
}

const otherStatements: Readonly<Record<string, string>> = {
  INSERT: "adds data",
  UPDATE: "changes data",
  DELETE: "removes data",
  MERGE: "changes data",
  CREATE: "makes a table",
  DROP: "removes a table",
  ALTER: "changes a table",
  DECLARE: "declares a variable",
  SET: "sets a variable",
  EXPLAIN: "explains another statement",
  CALL: "calls a procedure",
  PRAGMA: "changes the database",
  ATTACH: "opens another database",
};

function checkStart(tokens: readonly IToken[], faults: FaultList): boolean {
  const first = tokens[0];
  const word = first?.image.toUpperCase() ?? "";
  if (word === "SELECT" || word === "WITH") return true;
  const write = "Write `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(…) … FROM … WHERE …`.";
  if (first === undefined) faults.add("sql-syntax", "", "there is no statement in this file", write);
  else if (Object.hasOwn(otherStatements, word)) {
    const message = `${word} ${otherStatements[word]}: a statement here only asks`;
    faults.add("sql-not-offered", "", message, write, placeOf(first));
  } else {
    const hint = didYouMean(first.image, ["SELECT"]);
    faults.add(
      "sql-syntax",
      "",
      `a statement begins with SELECT, here stands ${shown(first)}`,
      write + hint,
      placeOf(first),
    );
  }
  return false;
}

function checkText(token: IToken, faults: FaultList): void {
  if (token.image.length - 2 <= limits.maxTextCharacters) return;
  const message = `this text has ${token.image.length - 2} characters`;
  faults.add("query-too-large", "", message, `Write at most ${limits.maxTextCharacters}.`, placeOf(token));
}

/** Before the parser, which is recursive, sees the text. */
function checkNesting(tokens: readonly IToken[], faults: FaultList): boolean {
  let depth = 0;
  let prefixes = 0;
  let selects = 0;
  for (const token of tokens) {
    const image = token.image.toUpperCase();
    if (image === "(" || image === "[" || image === "CASE") depth++;
    if ((image === ")" || image === "]" || image === "END") && depth > 0) depth--;
    prefixes = image === "NOT" || image === "-" || image === "+" || image === "INTERVAL" ? prefixes + 1 : 0;
    if (image === "SELECT") selects++;
    if (depth + prefixes > limits.maxNesting) {
      const message = `this is nested deeper than ${limits.maxNesting} levels`;
      faults.add("query-too-deep", "", message, "Write it flatter: AND, OR and IN take many operands.", placeOf(token));
      return false;
    }
    if (selects > limits.maxSelects) {
      const message = `this is the ${selects}th SELECT of the statement, at most ${limits.maxSelects} are read`;
      faults.add("query-too-deep", "", message, "Join the tables in one SELECT instead.", placeOf(token));
      return false;
    }
  }
  return true;
}

function addLexingFault(error: ILexingError, text: string, faults: FaultList): void {
  const sign = text.slice(error.offset, error.offset + 1);
  const at = { line: error.line ?? 1, column: error.column ?? 1 };
  const quote = sign === "'" || sign === '"' || sign === "`";
  const message = quote
    ? `the text that begins here with ${sign} has no end`
    : `${JSON.stringify(sign)} means nothing here`;
  const remedy = quote ? `Close it with ${sign} on the same line; write a quote inside it as \\${sign}.` : "Remove it.";
  faults.add("sql-syntax", "", message, remedy, at);
}

function addSyntaxFault(
  error: IRecognitionException,
  tokens: readonly IToken[],
  end: Position,
  faults: FaultList,
): void {
  const { token } = error;
  const atEnd = Number.isNaN(token.startOffset) || token.image === "";
  const at = atEnd ? end : placeOf(token);
  const index = atEnd ? tokens.length : tokens.indexOf(token);
  const message = atEnd ? "the statement ends too early" : `${shown(token)} cannot stand here`;
  faults.add("sql-syntax", "", message, remedyFor(error, tokens, index), at);
}

function remedyFor(error: IRecognitionException, tokens: readonly IToken[], index: number): string {
  const here = tokens[index];
  if (here?.image === ";" || tokens[index - 1]?.image === ";") return "Write one statement in a file.";
  // A misspelt keyword is often read as an alias, and the word behind it is the one at fault.
  const misspelt = [tokens[index - 1], here]
    .filter((token) => token !== undefined && token.tokenType === Word && token.image.length > 2)
    .map((token) => didYouMean(token!.image, keywords))
    .find((hint) => hint !== "");
  if (here !== undefined && tokenMatcher(here, Name) === false && keywords.includes(here.image.toUpperCase())) {
    const hint = `A name like this one stands in back quotes: \`${here.image}\`.`;
    if (error instanceof MismatchedTokenException) return `${expectedText(error.message)} ${hint}`;
  }
  const base = error instanceof EarlyExitException ? "Something is missing here." : expectedText(error.message);
  return `${base}${misspelt ?? ""}`.trim() || "Remove it, or complete what stands before it.";
}

/** Our own messages of the parser (grammar-expression.ts) name what is expected; nothing else of them is shown. */
function expectedText(message: string): string {
  return message.startsWith("Expected")
    ? `${message} `
    : "Check what stands before it: a comma, a bracket or a keyword is missing.";
}

function shown(token: IToken): string {
  return token.image.length <= 40 ? `\`${token.image}\`` : `\`${token.image.slice(0, 37)}…\``;
}

function placeOf(token: IToken): Position {
  return { line: token.startLine || 1, column: token.startColumn || 1 };
}

function endOf(text: string): Position {
  const lines = text.trimEnd().split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
