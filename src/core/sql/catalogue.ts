// What a question may be about: the tables of a pod, and the concepts of its profile. The SQL front end is given it, and asks
// no more of it than stands here. All names are lower case.
import type { Attribute, Decimal, ValueType, Words } from "../model/index.ts";

export interface Column {
  readonly name: string;
  /** What policies call it. */
  readonly attribute: Attribute;
  readonly type: ValueType;
  readonly nullable: boolean;
  /** `day`, `EUR`; null: a bare number, or no number. */
  readonly unit: string | null;
  /** Every value lies between these. Aggregates without bounds of their own take them. */
  readonly range?: { readonly min: Decimal; readonly max: Decimal };
  /** The complete list of what it may hold, when that list is public: such a column groups without a threshold. */
  readonly values?: readonly string[];
}

export interface Table {
  readonly name: string;
  /** What policies call it that an owner has rows of it: counting them reads that. */
  readonly attribute: Attribute;
  /** How many rows an owner has: a table of one row also counts as columns of `people`. */
  readonly perOwner: "one" | "many";
  readonly columns: readonly Column[];
}

/** Of a profile: owners are found by it (SEP2P §5.1, use case 2). */
export interface Concept {
  readonly name: string;
  readonly attribute: Attribute;
  readonly type: "text" | "int64" | "bool";
  /** Needed where a range has one open end. */
  readonly range?: { readonly min: Decimal; readonly max: Decimal };
  readonly values?: readonly string[];
  /** Others are possible, and so unlikely that whoever asks for one is told. */
  readonly usual?: readonly string[];
}

export interface Catalogue {
  readonly tables: ReadonlyMap<string, Table>;
  readonly concepts: ReadonlyMap<string, Concept>;
  /**
   * The analyst's own words among these: they come with the question. Of a table of theirs everything is read, whatever the statement
   * names: which rows it has is decided by columns that nobody but she chose.
   */
  readonly words?: Words;
}

/** A person, as one row with everything that a pod has one row of. */
export const peopleTable = "people";

export function catalogueOf(tables: readonly Table[], concepts: readonly Concept[]): Catalogue {
  return {
    tables: new Map(tables.map((table) => [table.name, table])),
    concepts: new Map(concepts.map((concept) => [concept.name, concept])),
  };
}
