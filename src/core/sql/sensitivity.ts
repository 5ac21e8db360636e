// How much one owner can change what is noised: from the bounds of her contribution and the number of groups that it reaches.
// Two populations are neighbours when one has an owner more.
import type { Contribution, Decimal, Sensitivity } from "../model/index.ts";
import { absolute, halfOfDifference, largest, squared, times } from "./decimals.ts";

/** Of one number per group: an owner is in at most `groups` of them and changes each by at most `lInf`. */
function perGroup(part: Sensitivity["part"], lInf: Decimal, groups: number): Sensitivity {
  return { part, l0: groups, lInf, l1: times(lInf, groups), l2Squared: times(squared(lInf), groups) };
}

export function partsOf(
  aggregate: "count" | "sum" | "avg" | "quantiles" | "histogram" | "top_k",
  contribution: Contribution,
  groups: number,
  rows: number,
  cells: number,
): Sensitivity[] {
  if (contribution.per === "group") {
    const { lower, upper } = contribution;
    if (aggregate === "avg") {
      return [perGroup("centred-sum", halfOfDifference(lower, upper), groups), perGroup("count", "1", groups)];
    }
    return [perGroup(aggregate === "count" ? "count" : "sum", largest(absolute(lower), absolute(upper)), groups)];
  }
  const touched = Math.min(rows, cells);
  // A value counts once; rows may all fall into one cell.
  if (contribution.per === "distinct") return [{ ...perGroup("counts", "1", groups * touched) }];
  const all = String(rows);
  return [
    { part: "counts", l0: groups * touched, lInf: all, l1: times(all, groups), l2Squared: times(squared(all), groups) },
  ];
}
