// How a question is carried out in numbers: where a contribution's bytes and a group's cells lie, and the noise of each.
//
//   contribution  version, outcome, then `groupsPerOwner` entries of `entryBytes`: used or not, the group, what each aggregate takes
//   group         `cells` whole numbers, aggregate by aggregate; every person moves those of an aggregate by its sensitivity at most
import type { Aggregate, QuestionValue, ValueType } from "../model/index.ts";
import type { AveragePlan, GroupsPlan, MeasurePlan, NoiseCells } from "../privacy/index.ts";

/** One value by which people are grouped or that they name: a byte that says whether it is there (of a text: how long), and it. */
export interface KeyColumn {
  readonly column: number;
  readonly type: ValueType;
  readonly bytes: number;
}

interface Part {
  readonly aggregate: Aggregate;
  /** The first of its cells within a group's. */
  readonly from: number;
  readonly cells: number;
  /** What an entry holds for it. */
  readonly bytes: number;
}

type Of<Name extends Aggregate["function"]> = { readonly aggregate: Extract<Aggregate, { function: Name }> };

/** A value in steps of 10^(−decimals), or nothing. */
export type CountPart = Part & Of<"count" | "sum"> & { readonly kind: "measure"; readonly plan: MeasurePlan };
/** The same; its cells are the sum round the middle, and the count. */
export type AveragePart = Part & Of<"avg"> & { readonly kind: "average"; readonly plan: AveragePlan };
/** Leaves of a tree over the bounds; its cells are the levels below the root, one after the other: 2 + 4 + … + 2^depth. */
export type QuantilePart = Part &
  Of<"quantiles"> & {
    readonly kind: "quantiles";
    readonly plan: MeasurePlan;
    readonly depth: number;
    readonly bins: Bins;
  };
export type HistogramPart = Part &
  Of<"histogram"> & { readonly kind: "histogram"; readonly plan: MeasurePlan; readonly bins: Bins };

/**
 * `count` bins of equal width from `lower` up. Whole: the values are whole numbers, and each has a bin of its own. No value falls
 * beyond `last`, in which the upper bound lies.
 */
export interface Bins {
  readonly lower: number;
  readonly width: number;
  readonly count: number;
  readonly last: number;
  readonly whole: boolean;
}

/** Places in the list of candidates, each once. */
export type ListedTopPart = Part &
  Of<"top_k"> & {
    readonly kind: "listed-top";
    readonly plan: MeasurePlan;
    readonly candidates: readonly QuestionValue[];
    readonly places: ReadonlyMap<string, number>;
  };
/** Values, each once. It has no cells: what was named is kept beside them. */
export type FoundTopPart = Part &
  Of<"top_k"> & { readonly kind: "found-top"; readonly plan: GroupsPlan; readonly key: KeyColumn };
export type AggregatePart = CountPart | AveragePart | QuantilePart | HistogramPart | ListedTopPart | FoundTopPart;

export interface Layout {
  readonly keys: readonly KeyColumn[];
  readonly groups:
    | {
        readonly at: "listed";
        readonly rows: readonly (readonly QuestionValue[])[];
        readonly places: ReadonlyMap<string, number>;
      }
    | { readonly at: "found"; readonly plan: GroupsPlan };
  readonly groupsPerOwner: number;
  readonly rowsPerGroup: number;
  readonly keyBytes: number;
  readonly entryBytes: number;
  readonly cells: number;
  readonly aggregates: readonly AggregatePart[];
  readonly participation: MeasurePlan;
  readonly noiseCells: NoiseCells;
}
