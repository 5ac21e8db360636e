// The typed tree of what runs inside a pod: names are resolved to columns of the catalogue, functions to entries of our own
// table. Whatever is in it can be rendered; nothing else can.
import type { QuestionValue, ValueType } from "../model/index.ts";
import type { Position } from "../query/index.ts";
import type { Column } from "./catalogue.ts";

/** `null` is the type of a bare NULL. */
export type TypedType = ValueType | "null";

interface Facts {
  readonly type: TypedType;
  readonly nullable: boolean;
  readonly unit: string | null;
  readonly at: Position;
}

/** Writes the SQLite text of a call from those of its operands. */
export type Render = (of: readonly string[]) => string;

export type Typed = Facts &
  (
    | { readonly kind: "value"; readonly value: QuestionValue }
    | { readonly kind: "column"; readonly source: string; readonly name: string; readonly column: Column | null }
    | { readonly kind: "call"; readonly name: string; readonly of: readonly Typed[]; readonly render: Render }
    | { readonly kind: "in-select"; readonly value: Typed; readonly select: LocalSelect }
    | { readonly kind: "exists"; readonly select: LocalSelect }
  );

export type LocalSource =
  | { readonly kind: "table"; readonly id: string; readonly table: string }
  /** One row, whatever the owner has; the tables of one row that are used are joined to it. */
  | { readonly kind: "people"; readonly id: string; readonly tables: ReadonlySet<string> }
  | { readonly kind: "select"; readonly id: string; readonly select: LocalSelect };

export interface LocalJoin {
  readonly kind: "inner" | "left" | "cross";
  readonly source: LocalSource;
  readonly on: readonly Typed[];
}

/** A SELECT that an owner's pod runs over the owner's own rows. */
export interface LocalSelect {
  readonly distinct: boolean;
  readonly columns: readonly { readonly name: string; readonly of: Typed }[];
  readonly from: LocalSource | null;
  readonly joins: readonly LocalJoin[];
  readonly where: readonly Typed[];
  readonly groupBy: readonly Typed[];
}

/** Two expressions with the same key mean the same. */
export function keyOf(typed: Typed): string {
  return JSON.stringify(typed, (name, value) =>
    name === "at" || name === "render" || name === "column" ? undefined : value,
  );
}
