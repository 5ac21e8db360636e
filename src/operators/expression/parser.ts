// Recursive descent over the tokens, loosest first: or, and, not, comparison, ||, + -, * / %, sign, primary.
//   expression := and {"or" and}              comparison := joined [("=" | "!=" | "<" | "<=" | ">" | ">=") joined
//   and := not {"and" not}                                          | "is" ["not"] "null"]
//   not := "not" not | comparison             joined := sum {"||" sum}
//   sum := product {("+" | "-") product}      product := signed {("*" | "/" | "%") signed}
//   signed := "-" signed | primary            primary := number | text | name | name "(" [list] ")" | "(" expression ")"
import { accept, type Refusal, type Result } from "../../core/base/index.ts";
import { limits } from "../limits.ts";
import { faultAt, type Token, tokensOf } from "./lexer.ts";

export type Node = { readonly at: number } & (
  | { readonly kind: "number" | "text" | "name"; readonly text: string }
  | { readonly kind: "constant"; readonly value: boolean | null }
  | { readonly kind: "call"; readonly name: string; readonly of: readonly Node[] }
);

/** Operators are calls of functions that no name can spell, so that one table types and evaluates everything. */
const comparisons: Record<string, string> = {
  "=": "=",
  "==": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const constants = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const words = new Set(["and", "or", "not", "is"]);

export function parseExpression(source: string): Result<Node> {
  const tokens = tokensOf(source);
  if (!tokens.ok) return tokens;
  try {
    return accept(new Parser(tokens.value).whole());
  } catch (thrown) {
    if (thrown instanceof Stop) return thrown.refusal;
    throw thrown;
  }
}

/** Leaves the recursion; never leaves this file. */
class Stop extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super();
    this.refusal = refusal;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#expression();
    const rest = this.#peek();
    if (rest.kind !== "end") this.#stop(rest, `expected the end or an operator, not ${nameOf(rest)}`);
    return node;
  }

  #expression(): Node {
    if (++this.#depth > limits.maxExpressionDepth)
      this.#stop(this.#peek(), `nested more than ${limits.maxExpressionDepth} deep`);
    const node = this.#chain(["or"], () => this.#chain(["and"], () => this.#not()));
    this.#depth--;
    return node;
  }

  #not(): Node {
    const token = this.#peek();
    if (!this.#takes("not")) return this.#comparison();
    return this.#nested(() => this.#call(token, "not", this.#not()));
  }

  #comparison(): Node {
    const left = this.#joined();
    const token = this.#peek();
    if (this.#takes("is")) {
      const negated = this.#takes("not");
      const word = this.#peek();
      if (!this.#takes("null")) this.#stop(word, `expected null after is, not ${nameOf(word)}`);
      const test = this.#call(token, "is null", left);
      return negated ? this.#call(token, "not", test) : test;
    }
    const operator = token.kind === "symbol" ? comparisons[token.text] : undefined;
    if (operator === undefined) return left;
    this.#next++;
    return this.#call(token, operator, left, this.#joined());
  }

  #joined(): Node {
    return this.#chain(["||"], () => this.#chain(["+", "-"], () => this.#chain(["*", "/", "%"], () => this.#signed())));
  }

  #signed(): Node {
    const token = this.#peek();
    if (!this.#takes("-")) return this.#primary();
    return this.#nested(() => this.#call(token, "negative", this.#signed()));
  }

  #primary(): Node {
    const token = this.#tokens[this.#next++]!;
    if (token.kind === "number" || token.kind === "text")
      return this.#count(token, { kind: token.kind, text: token.text, at: token.at });
    if (token.kind === "symbol" && token.text === "(") {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    const lower = token.text.toLowerCase();
    if (token.kind !== "name" || words.has(lower)) this.#stop(token, `expected a value, not ${nameOf(token)}`);
    if (constants.has(lower))
      return this.#count(token, { kind: "constant", value: constants.get(lower)!, at: token.at });
    if (this.#takes("(")) return this.#call(token, lower, ...this.#list());
    return this.#count(token, { kind: "name", text: token.text, at: token.at });
  }

  #list(): Node[] {
    const nodes: Node[] = [];
    if (this.#takes(")")) return nodes;
    do nodes.push(this.#expression());
    while (this.#takes(","));
    this.#expect(")");
    return nodes;
  }

  /** Left to right: a - b - c is (a - b) - c. */
  #chain(operators: readonly string[], part: () => Node): Node {
    let left = part();
    for (;;) {
      const token = this.#peek();
      const operator = operators.find((each) => this.#takes(each));
      if (operator === undefined) return left;
      left = this.#call(token, operator, left, part());
    }
  }

  #nested(inner: () => Node): Node {
    if (++this.#depth > limits.maxExpressionDepth)
      this.#stop(this.#peek(), `nested more than ${limits.maxExpressionDepth} deep`);
    const node = inner();
    this.#depth--;
    return node;
  }

  #call(token: Token, name: string, ...of: Node[]): Node {
    return this.#count(token, { kind: "call", name, of, at: token.at });
  }

  #count(token: Token, node: Node): Node {
    if (++this.#nodes > limits.maxExpressionNodes) this.#stop(token, `more than ${limits.maxExpressionNodes} parts`);
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #takes(text: string): boolean {
    const token = this.#peek();
    const matches =
      token.kind === "symbol" ? token.text === text : token.kind === "name" && token.text.toLowerCase() === text;
    if (matches) this.#next++;
    return matches;
  }

  #expect(text: string): void {
    const token = this.#peek();
    if (!this.#takes(text)) this.#stop(token, `expected ${text}, not ${nameOf(token)}`);
  }

  #stop(token: Token, detail: string): never {
    throw new Stop(faultAt(token.at, detail));
  }
}

function nameOf(token: Token): string {
  return token.kind === "end" ? "the end" : JSON.stringify(token.text);
}
