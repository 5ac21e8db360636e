// The grammar of expressions, from OR down to literals, in the order of how tightly the operators bind.
import { EmbeddedActionsParser, type IToken, type ParserMethod } from "chevrotain";
import type { Position } from "../query/index.ts";
import type { Argument, Case, Expression, Literal, Select } from "./ast.ts";
import { expectedMessages } from "./expected.ts";
import { textOf } from "./literals.ts";
import * as t from "./tokens.ts";
import { keyword } from "./tokens.ts";

export function placeOf(token: IToken): Position {
  return { line: token.startLine || 1, column: token.startColumn || 1 };
}

/** Without its quotes. */
export function nameOf(token: IToken): string {
  const { image } = token;
  return image.startsWith("`") ? image.slice(1, -1) : image;
}

/** While the parser records its own rules, a choice yields no token. */
export function wordOf(token: IToken): string {
  return (token.image ?? "").toLowerCase();
}

function operation(operator: string, at: Position, ...of: Expression[]): Expression {
  return { kind: "operation", operator, of, at };
}

function literal(type: Literal["type"], value: string, at: Position): Literal {
  return { kind: "literal", type, value, at };
}

export abstract class ExpressionGrammar extends EmbeddedActionsParser {
  constructor() {
    super([...t.vocabulary], { recoveryEnabled: true, maxLookahead: 3, errorMessageProvider: expectedMessages });
  }

  abstract readonly select: ParserMethod<[], Select>;

  readonly expression: ParserMethod<[], Expression> = this.RULE("expression", (): Expression => {
    const of = [this.SUBRULE(this.conjunction)];
    const at = placeOf(this.LA(1));
    this.MANY(() => {
      this.CONSUME(keyword("OR"));
      of.push(this.SUBRULE1(this.conjunction));
    });
    return of.length === 1 ? of[0]! : operation("or", at, ...of);
  });

  private readonly conjunction = this.RULE("conjunction", (): Expression => {
    const of = [this.SUBRULE(this.negation)];
    const at = placeOf(this.LA(1));
    this.MANY(() => {
      this.CONSUME(keyword("AND"));
      of.push(this.SUBRULE1(this.negation));
    });
    return of.length === 1 ? of[0]! : operation("and", at, ...of);
  });

  private readonly negation = this.RULE("negation", (): Expression => {
    const places: Position[] = [];
    this.MANY(() => places.push(placeOf(this.CONSUME(keyword("NOT")))));
    const inner = this.SUBRULE(this.comparison);
    return places.reduceRight((of, at) => operation("not", at, of), inner);
  });

  /** Comparisons do not chain: `a < b < c` is a fault, as it is in GoogleSQL. */
  private readonly comparison = this.RULE("comparison", (): Expression => {
    const left = this.SUBRULE(this.sum);
    return (
      this.OPTION(() =>
        this.OR<Expression>([
          {
            ALT: () => {
              const sign = this.CONSUME(t.Comparison);
              return operation(sign.image === "!=" ? "<>" : sign.image, placeOf(sign), left, this.SUBRULE1(this.sum));
            },
          },
          { ALT: () => this.SUBRULE(this.isTest, { ARGS: [left] }) },
          {
            ALT: () => {
              const not = this.OPTION1(() => this.CONSUME(keyword("NOT")));
              const test = this.SUBRULE(this.membership, { ARGS: [left] });
              return not === undefined ? test : operation("not", placeOf(not), test);
            },
          },
        ]),
      ) ?? left
    );
  });

  private readonly isTest = this.RULE("isTest", (left: Expression): Expression => {
    const at = placeOf(this.CONSUME(keyword("IS")));
    const not = this.OPTION(() => this.CONSUME(keyword("NOT")));
    const what = this.OR([
      { ALT: () => this.CONSUME(keyword("NULL")) },
      { ALT: () => this.CONSUME(keyword("TRUE")) },
      { ALT: () => this.CONSUME(keyword("FALSE")) },
    ]);
    const test = operation(`is ${wordOf(what)}`, at, left);
    return not === undefined ? test : operation("not", at, test);
  });

  private readonly membership = this.RULE(
    "membership",
    (left: Expression): Expression =>
      this.OR<Expression>([
        {
          ALT: () => {
            const at = placeOf(this.CONSUME(keyword("BETWEEN")));
            const low = this.SUBRULE(this.sum);
            this.CONSUME(keyword("AND"));
            return operation("between", at, left, low, this.SUBRULE1(this.sum));
          },
        },
        {
          ALT: () => {
            const at = placeOf(this.CONSUME(keyword("LIKE")));
            return operation("like", at, left, this.SUBRULE2(this.sum));
          },
        },
        {
          ALT: () => {
            const at = placeOf(this.CONSUME(keyword("IN")));
            this.CONSUME(t.Open);
            const found = this.OR1<Expression>([
              { ALT: () => ({ kind: "in-select", value: left, select: this.SUBRULE(this.select), at }) },
              {
                ALT: () => {
                  const items: Expression[] = [];
                  this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
                  return operation("in", at, left, ...items);
                },
              },
            ]);
            this.CONSUME(t.Close);
            return found;
          },
        },
      ]),
  );

  private readonly sum = this.RULE("sum", (): Expression => {
    let left = this.SUBRULE(this.product);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(t.Sign) }, { ALT: () => this.CONSUME(t.Concatenate) }]);
      left = operation(sign.image, placeOf(sign), left, this.SUBRULE1(this.product));
    });
    return left;
  });

  private readonly product = this.RULE("product", (): Expression => {
    let left = this.SUBRULE(this.signed);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(t.Star) }, { ALT: () => this.CONSUME(t.Slash) }]);
      left = operation(sign.image, placeOf(sign), left, this.SUBRULE1(this.signed));
    });
    return left;
  });

  private readonly signed = this.RULE("signed", (): Expression => {
    const signs: IToken[] = [];
    this.MANY(() => signs.push(this.CONSUME(t.Sign)));
    const inner = this.SUBRULE(this.primary);
    return signs.reduceRight((of, sign) => (sign.image === "+" ? of : operation("negate", placeOf(sign), of)), inner);
  });

  readonly primary: ParserMethod<[], Expression> = this.RULE("primary", (): Expression => {
    const at = placeOf(this.LA(1));
    return this.OR<Expression>([
      { ALT: () => literal("integer", this.CONSUME(t.Integer).image, at) },
      { ALT: () => literal("decimal", this.CONSUME(t.Decimal).image, at) },
      { ALT: () => literal("text", textOf(this.CONSUME(t.Text).image), at) },
      { ALT: () => literal("null", this.CONSUME(keyword("NULL")).image.toLowerCase(), at) },
      { ALT: () => literal("bool", this.CONSUME(keyword("TRUE")).image.toLowerCase(), at) },
      { ALT: () => literal("bool", this.CONSUME(keyword("FALSE")).image.toLowerCase(), at) },
      { ALT: () => ({ kind: "parameter", name: this.CONSUME(t.Parameter).image.slice(1), at }) },
      { ALT: () => this.SUBRULE(this.caseOf) },
      { ALT: () => this.SUBRULE(this.cast) },
      { ALT: () => this.SUBRULE(this.extract) },
      { ALT: () => this.SUBRULE(this.interval) },
      {
        ALT: () => {
          this.CONSUME(keyword("EXISTS"));
          this.CONSUME(t.Open);
          const select = this.SUBRULE(this.select);
          this.CONSUME(t.Close);
          return { kind: "exists", select, at };
        },
      },
      { ALT: () => this.SUBRULE(this.brackets) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(keyword("ARRAY")));
          this.CONSUME(t.OpenList);
          const items: Expression[] = [];
          this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
          this.CONSUME(t.CloseList);
          return { kind: "list", bracket: "[", items, at };
        },
      },
      { ALT: () => this.SUBRULE(this.named) },
    ]);
  });

  private readonly brackets = this.RULE("brackets", (): Expression => {
    const at = placeOf(this.CONSUME(t.Open));
    const found = this.OR<Expression>([
      { ALT: () => ({ kind: "scalar", select: this.SUBRULE(this.select), at }) },
      {
        ALT: () => {
          const items: Expression[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
          return items.length === 1 ? items[0]! : { kind: "list", bracket: "(", items, at };
        },
      },
    ]);
    this.CONSUME(t.Close);
    return found;
  });

  private readonly caseOf = this.RULE("caseOf", (): Case => {
    const at = placeOf(this.CONSUME(keyword("CASE")));
    const operand = this.OPTION(() => this.SUBRULE(this.expression)) ?? null;
    const branches: { when: Expression; result: Expression }[] = [];
    this.AT_LEAST_ONE(() => {
      this.CONSUME(keyword("WHEN"));
      const when = this.SUBRULE1(this.expression);
      this.CONSUME(keyword("THEN"));
      branches.push({ when, result: this.SUBRULE2(this.expression) });
    });
    const otherwise =
      this.OPTION1(() => {
        this.CONSUME(keyword("ELSE"));
        return this.SUBRULE3(this.expression);
      }) ?? null;
    this.CONSUME(keyword("END"));
    return { kind: "case", operand, branches, otherwise, at };
  });

  private readonly cast = this.RULE("cast", (): Expression => {
    const word = this.OR([
      { ALT: () => this.CONSUME(keyword("CAST")) },
      { ALT: () => this.CONSUME(keyword("SAFE_CAST")) },
    ]);
    this.CONSUME(t.Open);
    const of = this.SUBRULE(this.expression);
    this.CONSUME(keyword("AS"));
    const to = nameOf(this.CONSUME(t.Name)).toLowerCase();
    this.CONSUME(t.Close);
    return { kind: "cast", of, to, at: placeOf(word) };
  });

  private readonly extract = this.RULE("extract", (): Expression => {
    const at = placeOf(this.CONSUME(keyword("EXTRACT")));
    this.CONSUME(t.Open);
    const part = nameOf(this.CONSUME(t.Name)).toLowerCase();
    this.CONSUME(keyword("FROM"));
    const from = this.SUBRULE(this.expression);
    this.CONSUME(t.Close);
    return { kind: "extract", part, from, at };
  });

  private readonly interval = this.RULE("interval", (): Expression => {
    const at = placeOf(this.CONSUME(keyword("INTERVAL")));
    const count = this.SUBRULE(this.signed);
    return { kind: "interval", count, part: nameOf(this.CONSUME(t.Name)).toLowerCase(), at };
  });

  /** A column, a function's call, or a literal with its type in front. */
  private readonly named = this.RULE("named", (): Expression => {
    const first = this.CONSUME(t.Name);
    const at = placeOf(first);
    return (
      this.OPTION(() =>
        this.OR<Expression>([
          {
            ALT: () => ({
              kind: "typed",
              word: nameOf(first).toLowerCase(),
              value: textOf(this.CONSUME(t.Text).image),
              at,
            }),
          },
          { ALT: () => this.SUBRULE(this.call, { ARGS: [first] }) },
          {
            ALT: () => {
              const parts = [nameOf(first)];
              this.AT_LEAST_ONE(() => {
                this.CONSUME(t.Dot);
                parts.push(nameOf(this.CONSUME1(t.Name)));
              });
              return { kind: "name", parts, at };
            },
          },
        ]),
      ) ?? { kind: "name", parts: [nameOf(first)], at }
    );
  });

  private readonly call = this.RULE("call", (named: IToken): Expression => {
    const written: Argument[] = [];
    this.CONSUME(t.Open);
    const distinct = this.OPTION(() => this.CONSUME(keyword("DISTINCT"))) !== undefined;
    let star = false;
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(t.Star);
              star = true;
            },
          },
          { ALT: () => void written.push(this.SUBRULE(this.argument)) },
        ]),
    });
    this.CONSUME(t.Close);
    const over = this.OPTION1(() => this.SUBRULE(this.over)) ?? false;
    const name = named === undefined ? "" : nameOf(named).toLowerCase();
    const at = named === undefined ? { line: 1, column: 1 } : placeOf(named);
    return { kind: "call", name, star, distinct, over, arguments: written, at };
  });

  private readonly argument = this.RULE("argument", (): Argument => {
    const at = placeOf(this.LA(1));
    const name =
      this.OPTION(() => {
        const token = this.CONSUME(t.Name);
        this.CONSUME(t.Arrow);
        return nameOf(token).toLowerCase();
      }) ?? null;
    return { name, value: this.SUBRULE(this.expression), at };
  });

  /** A window function's frame: read past it, so that it is refused as such. */
  private readonly over = this.RULE("over", (): boolean => {
    this.CONSUME(keyword("OVER"));
    this.CONSUME(t.Open);
    this.OPTION(() => {
      this.CONSUME(t.Name);
      this.CONSUME(keyword("BY"));
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    });
    this.OPTION1(() => {
      this.CONSUME(keyword("ORDER"));
      this.CONSUME1(keyword("BY"));
      this.AT_LEAST_ONE_SEP1({
        SEP: t.Comma,
        DEF: () => {
          this.SUBRULE1(this.expression);
          this.OPTION2(() =>
            this.OR([{ ALT: () => this.CONSUME(keyword("ASC")) }, { ALT: () => this.CONSUME(keyword("DESC")) }]),
          );
        },
      });
    });
    this.CONSUME(t.Close);
    return true;
  });
}
