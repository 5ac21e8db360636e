// Splits an expression into tokens, each with the character at which it begins.
import { accept, type Refusal, type RefusalCode, type Result, refuse } from "../../core/base/index.ts";

export interface Token {
  readonly kind: "number" | "text" | "name" | "symbol" | "end";
  /** Names as written, text without its quotes, numbers as written. */
  readonly text: string;
  /** From 1, as an editor counts. */
  readonly at: number;
}

/** Tried in this order: the longer symbol first. */
const patterns = [
  ["space", /\s+/y],
  ["number", /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["text", /'(?:[^']|'')*'|"(?:[^"]|"")*"/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y],
  ["symbol", /\|\||<=|>=|!=|<>|==|[-+*/%<>=(),]/y],
] as const;

export function tokensOf(source: string): Result<Token[]> {
  const tokens: Token[] = [];
  let position = 0;
  while (position < source.length) {
    const token = tokenAt(source, position);
    if (token === null) return faultAt(position + 1, `unexpected ${JSON.stringify(source[position])}`);
    position += token.length;
    if (token.kind !== "space")
      tokens.push({ kind: token.kind, text: unquoted(token), at: position - token.length + 1 });
  }
  tokens.push({ kind: "end", text: "", at: source.length + 1 });
  return accept(tokens);
}

interface Raw {
  readonly kind: Token["kind"] | "space";
  readonly text: string;
  readonly length: number;
}

function tokenAt(source: string, position: number): Raw | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text, length: text.length };
  }
  return null;
}

function unquoted({ kind, text }: Raw): string {
  if (kind !== "text") return text;
  const quote = text[0]!;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

export function faultAt(at: number, detail: string, code: RefusalCode = "operator-params"): Refusal {
  return refuse(code, { detail: `at character ${at}: ${detail}` });
}
