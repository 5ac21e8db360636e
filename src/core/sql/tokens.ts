// The words and signs of the dialect. A keyword that GoogleSQL does not reserve may also be a name.
import { createToken, Lexer, type TokenType } from "chevrotain";

const all: TokenType[] = [];
const byName = new Map<string, TokenType>();

function token(name: string, pattern: RegExp, more: Partial<Parameters<typeof createToken>[0]> = {}): TokenType {
  const made = createToken({ name, pattern, ...more });
  all.push(made);
  byName.set(name, made);
  return made;
}

/** Anything that may stand where a name is wanted. */
export const Name = createToken({ name: "a name", pattern: Lexer.NA });
export const Word = createToken({ name: "Word", pattern: /[A-Za-z_][A-Za-z0-9_]*/, categories: [Name] });

token("Space", /[ \t\r\n\f\u00a0]+/, { group: Lexer.SKIPPED, line_breaks: true });
token("LineComment", /(?:--|#)[^\n]*/, { group: Lexer.SKIPPED });
token("BlockComment", /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//, { group: Lexer.SKIPPED, line_breaks: true });
export const Text = token("a text", /'(?:[^'\\\n]|\\.|'')*'|"(?:[^"\\\n]|\\.|"")*"/);
export const QuotedName = token("a quoted name", /`[^`\n]+`/, { categories: [Name] });
export const Decimal = token("a number", /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/);
export const Integer = token("a whole number", /0[xX][0-9a-fA-F]+|\d+/);
export const Parameter = token("a parameter", /@[A-Za-z_][A-Za-z0-9_]*/);

const reserved =
  "SELECT WITH FROM WHERE GROUP BY HAVING QUALIFY ORDER LIMIT JOIN INNER LEFT RIGHT FULL CROSS OUTER ON USING AS AND OR NOT IN IS NULL TRUE FALSE LIKE BETWEEN CASE WHEN THEN ELSE END CAST EXISTS ASC DESC NULLS DISTINCT ALL UNION INTERSECT EXCEPT OVER WINDOW EXTRACT INTERVAL ARRAY SAFE_CAST ROLLUP UNNEST TABLESAMPLE".split(
    " ",
  );
const unreserved = ["DIFFERENTIAL_PRIVACY", "OPTIONS", "OFFSET", "FIRST", "LAST"];

/** Longer ones first: INTERVAL begins with IN. */
for (const word of [...reserved, ...unreserved].sort((a, b) => b.length - a.length)) {
  const categories = unreserved.includes(word) ? [Name] : [];
  token(word, new RegExp(word, "i"), { longer_alt: Word, categories });
}

export const Arrow = token("=>", /=>/);
export const Comparison = token("a comparison", /<=|>=|<>|!=|<|>|=/);
export const Concatenate = token("||", /\|\|/);
export const Sign = token("+ or -", /[+-]/);
export const Star = token("*", /\*/);
export const Slash = token("/ or %", /[/%]/);
export const Open = token("(", /\(/);
export const Close = token(")", /\)/);
export const OpenList = token("[", /\[/);
export const CloseList = token("]", /\]/);
export const Comma = token(",", /,/);
export const Dot = token(".", /\./);
export const Semicolon = token(";", /;/);

all.push(Word);

export const vocabulary: readonly TokenType[] = [...all, Name];
export const keywords: readonly string[] = [...reserved, ...unreserved];
export const reservedWords: ReadonlySet<string> = new Set(reserved);

/** The token of a keyword. */
export function keyword(word: string): TokenType {
  const found = byName.get(word);
  if (found === undefined) throw new Error(`no keyword ${word}`);
  return found;
}

let lexer: Lexer | null = null;

/** Made at the first statement: its analysis of the patterns takes longer than a statement does. */
export function sqlLexer(): Lexer {
  lexer ??= new Lexer([...vocabulary], { positionTracking: "full", ensureOptimizations: false });
  return lexer;
}
