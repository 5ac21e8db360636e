// The syntax tree of one statement: what was written, with the place of each part; nothing is resolved yet.
import type { Position } from "../query/index.ts";

export type LiteralKind = "integer" | "decimal" | "text" | "bool" | "null";

export interface Literal {
  readonly kind: "literal";
  readonly type: LiteralKind;
  /** The digits, or the text without its quotes. */
  readonly value: string;
  readonly at: Position;
}

/** `DATE '2025-01-31'`, `TIMESTAMP '…'`, `NUMERIC '1.5'`. */
export interface TypedLiteral {
  readonly kind: "typed";
  readonly word: string;
  readonly value: string;
  readonly at: Position;
}

export interface Name {
  readonly kind: "name";
  /** One part, or the table's and the column's. */
  readonly parts: readonly string[];
  readonly at: Position;
}

/** Everything that has operands only: `+`, `and`, `in`, `between`, `like`, `is null` … Negated forms are `not` of these. */
export interface Operation {
  readonly kind: "operation";
  readonly operator: string;
  readonly of: readonly Expression[];
  readonly at: Position;
}

export interface Argument {
  /** Of `name => value`. */
  readonly name: string | null;
  readonly value: Expression;
  readonly at: Position;
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly star: boolean;
  readonly distinct: boolean;
  readonly over: boolean;
  readonly arguments: readonly Argument[];
  readonly at: Position;
}

export interface Case {
  readonly kind: "case";
  readonly operand: Expression | null;
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression | null;
  readonly at: Position;
}

export type Expression =
  | Literal
  | TypedLiteral
  | Name
  | Operation
  | Call
  | Case
  | { readonly kind: "parameter"; readonly name: string; readonly at: Position }
  | { readonly kind: "cast"; readonly of: Expression; readonly to: string; readonly at: Position }
  | { readonly kind: "extract"; readonly part: string; readonly from: Expression; readonly at: Position }
  | { readonly kind: "interval"; readonly count: Expression; readonly part: string; readonly at: Position }
  /** `(a, b)` and `[a, b]`. */
  | { readonly kind: "list"; readonly bracket: "(" | "["; readonly items: readonly Expression[]; readonly at: Position }
  | { readonly kind: "in-select"; readonly value: Expression; readonly select: Select; readonly at: Position }
  | { readonly kind: "exists"; readonly select: Select; readonly at: Position }
  | { readonly kind: "scalar"; readonly select: Select; readonly at: Position };

export interface Option {
  readonly name: string;
  readonly value: Expression;
  readonly at: Position;
}

export interface Item {
  /** null: `*`. */
  readonly value: Expression | null;
  readonly alias: string | null;
  readonly at: Position;
}

export interface Source {
  readonly of:
    | { readonly kind: "table"; readonly parts: readonly string[] }
    | { readonly kind: "select"; readonly select: Select };
  readonly alias: string | null;
  readonly at: Position;
}

export const joinKinds = ["inner", "left", "right", "full", "cross"] as const;
export interface Join {
  readonly kind: (typeof joinKinds)[number];
  readonly source: Source;
  readonly on: Expression | null;
  readonly using: readonly string[];
  readonly at: Position;
}

export interface Order {
  readonly by: Expression;
  readonly descending: boolean;
  readonly nulls: "first" | "last" | null;
  readonly at: Position;
}

/** A part of the language that is read in order to be refused in its place, with the reason. */
export interface Foreign {
  readonly word: "having" | "qualify" | "offset" | "with" | "union" | "intersect" | "except" | "window";
  readonly at: Position;
}

export interface Select {
  readonly privacy: { readonly options: readonly Option[]; readonly at: Position } | null;
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly from: Source | null;
  readonly joins: readonly Join[];
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly Order[];
  readonly limit: Expression | null;
  readonly foreign: readonly Foreign[];
  readonly at: Position;
}
