// The grammar of a statement, GoogleSQL's query syntax with its differential privacy clause. It reads more than is allowed:
// what a person may expect from SQL but cannot have here is recognised, so that it is refused with its reason and in its place.
// Expressions are in grammar-expression.ts. The rules build the tree as they go; with faults in the text, the tree is dropped.
import type { IToken } from "chevrotain";
import type { Expression, Foreign, Item, Join, Option, Order, Select, Source } from "./ast.ts";
import { ExpressionGrammar, nameOf, placeOf, wordOf } from "./grammar-expression.ts";
import * as t from "./tokens.ts";
import { keyword } from "./tokens.ts";

export class SqlGrammar extends ExpressionGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  readonly statement = this.RULE("statement", (): Select => {
    const ctes: Foreign[] = [];
    this.OPTION(() => {
      const at = placeOf(this.CONSUME(keyword("WITH")));
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.namedSelect) });
      ctes.push({ word: "with", at });
    });
    const select = this.SUBRULE(this.select);
    this.OPTION1(() => this.CONSUME(t.Semicolon));
    return ctes.length === 0 ? select : { ...select, foreign: ctes.concat(select.foreign) };
  });

  private readonly namedSelect = this.RULE("namedSelect", () => {
    this.CONSUME(t.Name);
    this.CONSUME(keyword("AS"));
    this.CONSUME(t.Open);
    this.SUBRULE(this.select);
    this.CONSUME(t.Close);
  });

  override readonly select = this.RULE("select", (): Select => {
    const at = placeOf(this.CONSUME(keyword("SELECT")));
    const privacy = this.OPTION(() => this.SUBRULE(this.privacy)) ?? null;
    const distinct =
      this.OPTION1(() =>
        this.OR([
          { ALT: () => this.CONSUME(keyword("DISTINCT")) !== undefined },
          { ALT: () => this.CONSUME(keyword("ALL")) === undefined },
        ]),
      ) ?? false;
    const items: Item[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.item)) });
    const joins: Join[] = [];
    const from =
      this.OPTION2(() => {
        this.CONSUME(keyword("FROM"));
        const source = this.SUBRULE(this.source);
        this.MANY(() => joins.push(this.SUBRULE(this.join)));
        return source;
      }) ?? null;
    const where =
      this.OPTION3(() => {
        this.CONSUME(keyword("WHERE"));
        return this.SUBRULE(this.expression);
      }) ?? null;
    const groupBy = this.OPTION4(() => this.SUBRULE(this.groupBy)) ?? [];
    const foreign: Foreign[] = [];
    this.MANY1(() => foreign.push(this.SUBRULE(this.filterAfter)));
    this.MANY2(() => foreign.push(this.SUBRULE(this.combined)));
    const orderBy = this.OPTION5(() => this.SUBRULE(this.orderBy)) ?? [];
    const limit =
      this.OPTION6(() => {
        this.CONSUME(keyword("LIMIT"));
        const count = this.SUBRULE1(this.primary);
        this.OPTION7(() => {
          foreign.push({ word: "offset", at: placeOf(this.CONSUME(keyword("OFFSET"))) });
          this.SUBRULE2(this.primary);
        });
        return count;
      }) ?? null;
    return { privacy, distinct, items, from, joins, where, groupBy, orderBy, limit, foreign, at };
  });

  private readonly privacy = this.RULE("privacy", () => {
    const at = placeOf(this.CONSUME(keyword("WITH")));
    this.CONSUME(keyword("DIFFERENTIAL_PRIVACY"));
    const options: Option[] = [];
    this.OPTION(() => {
      this.CONSUME(keyword("OPTIONS"));
      this.CONSUME(t.Open);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => options.push(this.SUBRULE(this.privacyOption)) });
      this.CONSUME(t.Close);
    });
    return { options, at };
  });

  private readonly privacyOption = this.RULE("privacyOption", (): Option => {
    const name = this.CONSUME(t.Name);
    this.OR([{ ALT: () => this.CONSUME(t.Comparison) }, { ALT: () => this.CONSUME(t.Arrow) }]);
    const value = this.SUBRULE(this.expression);
    return { name: nameOf(name).toLowerCase(), value, at: placeOf(name) };
  });

  private readonly item = this.RULE(
    "item",
    (): Item =>
      this.OR([
        { ALT: () => ({ value: null, alias: null, at: placeOf(this.CONSUME(t.Star)) }) },
        {
          ALT: () => {
            const at = placeOf(this.LA(1));
            const value = this.SUBRULE(this.expression);
            const alias = this.OPTION(() => this.SUBRULE(this.alias)) ?? null;
            return { value, alias, at };
          },
        },
      ]),
  );

  private readonly alias = this.RULE("alias", (): string => {
    this.OPTION(() => this.CONSUME(keyword("AS")));
    return nameOf(this.CONSUME(t.Name));
  });

  private readonly source = this.RULE("source", (): Source => {
    const at = placeOf(this.LA(1));
    const of = this.OR<Source["of"]>([
      {
        ALT: () => {
          this.CONSUME(t.Open);
          const select = this.SUBRULE(this.select);
          this.CONSUME(t.Close);
          return { kind: "select", select };
        },
      },
      {
        ALT: () => {
          const parts: string[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Dot, DEF: () => parts.push(nameOf(this.CONSUME(t.Name))) });
          return { kind: "table", parts };
        },
      },
    ]);
    const alias = this.OPTION(() => this.SUBRULE(this.alias)) ?? null;
    return { of, alias, at };
  });

  private readonly join = this.RULE("join", (): Join => {
    const first = this.LA(1);
    const kind = this.OR<Join["kind"]>([
      {
        ALT: () => {
          this.CONSUME(t.Comma);
          return "cross";
        },
      },
      {
        ALT: () => {
          const word = this.OPTION(() => this.SUBRULE(this.joinWord)) ?? "inner";
          this.CONSUME(keyword("JOIN"));
          return word;
        },
      },
    ]);
    const source = this.SUBRULE(this.source);
    const using: string[] = [];
    const on =
      this.OPTION1(() =>
        this.OR1<Expression | null>([
          {
            ALT: () => {
              this.CONSUME(keyword("ON"));
              return this.SUBRULE(this.expression);
            },
          },
          {
            ALT: () => {
              this.CONSUME(keyword("USING"));
              this.CONSUME(t.Open);
              this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => using.push(nameOf(this.CONSUME(t.Name))) });
              this.CONSUME(t.Close);
              return null;
            },
          },
        ]),
      ) ?? null;
    return { kind, source, on, using, at: placeOf(first) };
  });

  private readonly joinWord = this.RULE("joinWord", (): Join["kind"] => {
    const word = this.OR<IToken>([
      { ALT: () => this.CONSUME(keyword("INNER")) },
      { ALT: () => this.CONSUME(keyword("CROSS")) },
      { ALT: () => this.SUBRULE(this.outerWord) },
    ]);
    return wordOf(word) as Join["kind"];
  });

  private readonly outerWord = this.RULE("outerWord", (): IToken => {
    const word = this.OR([
      { ALT: () => this.CONSUME(keyword("LEFT")) },
      { ALT: () => this.CONSUME(keyword("RIGHT")) },
      { ALT: () => this.CONSUME(keyword("FULL")) },
    ]);
    this.OPTION(() => this.CONSUME(keyword("OUTER")));
    return word;
  });

  private readonly groupBy = this.RULE("groupBy", (): Expression[] => {
    this.CONSUME(keyword("GROUP"));
    this.CONSUME(keyword("BY"));
    const keys: Expression[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => keys.push(this.SUBRULE(this.expression)) });
    return keys;
  });

  private readonly filterAfter = this.RULE("filterAfter", (): Foreign => {
    const word = this.OR([
      { ALT: () => this.CONSUME(keyword("HAVING")) },
      { ALT: () => this.CONSUME(keyword("QUALIFY")) },
    ]);
    this.SUBRULE(this.expression);
    return { word: wordOf(word) as Foreign["word"], at: placeOf(word) };
  });

  private readonly combined = this.RULE("combined", (): Foreign => {
    const word = this.OR([
      { ALT: () => this.CONSUME(keyword("UNION")) },
      { ALT: () => this.CONSUME(keyword("INTERSECT")) },
      { ALT: () => this.CONSUME(keyword("EXCEPT")) },
    ]);
    this.OPTION(() =>
      this.OR1([{ ALT: () => this.CONSUME(keyword("ALL")) }, { ALT: () => this.CONSUME(keyword("DISTINCT")) }]),
    );
    this.SUBRULE(this.select);
    return { word: wordOf(word) as Foreign["word"], at: placeOf(word) };
  });

  private readonly orderBy = this.RULE("orderBy", (): Order[] => {
    this.CONSUME(keyword("ORDER"));
    this.CONSUME(keyword("BY"));
    const orders: Order[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => orders.push(this.SUBRULE(this.order)) });
    return orders;
  });

  private readonly order = this.RULE("order", (): Order => {
    const at = placeOf(this.LA(1));
    const by = this.SUBRULE(this.expression);
    const descending =
      this.OPTION(() =>
        this.OR([
          { ALT: () => this.CONSUME(keyword("DESC")) !== undefined },
          { ALT: () => this.CONSUME(keyword("ASC")) === undefined },
        ]),
      ) ?? false;
    const nulls =
      this.OPTION1(() => {
        this.CONSUME(keyword("NULLS"));
        return this.OR1<"first" | "last">([
          { ALT: () => (this.CONSUME(keyword("FIRST")) === undefined ? "last" : "first") },
          { ALT: () => (this.CONSUME(keyword("LAST")) === undefined ? "first" : "last") },
        ]);
      }) ?? null;
    return { by, descending, nulls, at };
  });
}
