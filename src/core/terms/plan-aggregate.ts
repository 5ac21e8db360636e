// One aggregate: its bounds in steps, where it lies in a contribution and in a group's cells, and its noise.
import { accept, type Result, refuse } from "../base/index.ts";
import type { Aggregate, ValueType } from "../model/index.ts";
import { type NoiseCells, planAverage, planGroups, planMeasure, type Ratio } from "../privacy/index.ts";
import { keyColumn, keyText, listedValue } from "./keys.ts";
import type { AggregatePart, Bins } from "./layout.ts";
import { limits } from "./limits.ts";
import { checkParts, rowsBounds, touchedCells } from "./sensitivities.ts";
import { contributionOf, placesOf, unitsOf } from "./steps.ts";

export interface Budget {
  readonly groupsPerOwner: number;
  readonly rows: number;
  readonly people: number;
  readonly rho: Ratio;
  readonly delta: Ratio;
  readonly cells: NoiseCells;
  readonly from: number;
  /** Cells that a tree may have. */
  readonly treeCells: number;
}

export function planAggregate(aggregate: Aggregate, type: ValueType, budget: Budget): Result<AggregatePart> {
  switch (aggregate.function) {
    case "count":
    case "sum":
    case "avg":
      return planNumber(aggregate, type, budget);
    case "quantiles":
    case "histogram":
      return planBins(aggregate, type, budget);
    case "top_k":
      return planTopK(aggregate, type, budget);
  }
}

type Of<Name extends Aggregate["function"]> = Extract<Aggregate, { function: Name }>;
const unfit = (detail: string) => refuse("terms-unfit", { detail });
const combines = { count: "count", sum: "sum", avg: "mean" } as const;

function planNumber(
  aggregate: Of<"count"> | Of<"sum"> | Of<"avg">,
  type: ValueType,
  { groupsPerOwner, rows, people, rho, cells, from }: Budget,
): Result<AggregatePart> {
  const { contribution } = aggregate;
  const combine = combines[aggregate.function];
  if (contribution.per !== "group" || contribution.combine !== combine) return unfit(`${aggregate.function} by rows`);
  const { lower, upper } = contribution;
  const fractions = combine === "mean" || (combine === "sum" && type === "float64");
  const bounds = contributionOf({ lower, upper, fractions, groupsPerOwner, people });
  if (!bounds.ok) return bounds;
  const agrees = checkParts(aggregate, groupsPerOwner, rows, bounds.value);
  if (!agrees.ok) return agrees;
  const bytes = 9;
  if (aggregate.function === "avg") {
    const plan = planAverage(bounds.value, rho, cells);
    return plan.ok ? accept({ kind: "average", aggregate, from, cells: 2, bytes, plan: plan.value }) : plan;
  }
  const plan = planMeasure("sum", bounds.value, rho, cells);
  return plan.ok ? accept({ kind: "measure", aggregate, from, cells: 1, bytes, plan: plan.value }) : plan;
}

function planBins(
  aggregate: Of<"quantiles"> | Of<"histogram">,
  type: ValueType,
  { groupsPerOwner, rows, rho, cells, from, treeCells }: Budget,
): Result<AggregatePart> {
  const { contribution } = aggregate;
  if (contribution.per !== "row") return unfit(`${aggregate.function} by groups`);
  const agrees = checkParts(aggregate, groupsPerOwner, rows, null);
  if (!agrees.ok) return agrees;
  const [lower, upper] = [Number(contribution.lower), Number(contribution.upper)];
  if (!(lower < upper)) return unfit("bounds that cross");
  const bytes = rows * 2;
  if (aggregate.function === "histogram") {
    const bins = {
      lower,
      width: (upper - lower) / aggregate.bins,
      count: aggregate.bins,
      last: aggregate.bins - 1,
      whole: false,
    };
    const plan = planMeasure("records", rowsBounds(groupsPerOwner, rows), rho, cells);
    if (!plan.ok) return plan;
    return accept({ kind: "histogram", aggregate, from, cells: bins.count, bytes, plan: plan.value, bins });
  }
  const most = Math.min(limits.maxTreeDepth, Math.floor(Math.log2(treeCells + 2)) - 1);
  const bins = leavesOf(contribution, type, most);
  if (most < limits.minTreeDepth)
    return refuse("terms-too-large", { detail: "no room for the tree behind a quantile" });
  const depth = Math.log2(bins.count);
  // A row counts once on each level, and all rows may take the same way down: as if each level were a group of its own.
  const plan = planMeasure("records", rowsBounds(groupsPerOwner * depth, rows), rho, cells);
  if (!plan.ok) return plan;
  const nodes = 2 ** (depth + 1) - 2;
  return accept({ kind: "quantiles", aggregate, from, cells: nodes, bytes, plan: plan.value, depth, bins });
}

/** 2^depth leaves over the bounds; as few as there are values, when these are whole numbers. */
function leavesOf({ lower, upper }: { lower: string; upper: string }, type: ValueType, mostDepth: number): Bins {
  const least = Number(lower);
  if (type === "int64" && placesOf(lower) + placesOf(upper) === 0) {
    const values = unitsOf(upper, 0) - unitsOf(lower, 0) + 1n;
    if (values <= 2n ** BigInt(Math.max(0, mostDepth))) {
      const count = 2 ** Math.ceil(Math.log2(Number(values)));
      return { lower: least, width: 1, count, last: Number(values) - 1, whole: true };
    }
  }
  const count = 2 ** Math.max(1, mostDepth);
  return { lower: least, width: (Number(upper) - least) / count, count, last: count - 1, whole: false };
}

function planTopK(
  aggregate: Of<"top_k">,
  type: ValueType,
  { groupsPerOwner, rows, rho, delta, cells, from }: Budget,
): Result<AggregatePart> {
  if (aggregate.contribution.per !== "distinct") return unfit("TOP_K by groups");
  const agrees = checkParts(aggregate, groupsPerOwner, rows, null);
  if (!agrees.ok) return agrees;
  const touched = touchedCells(aggregate, rows);
  const bounds = rowsBounds(groupsPerOwner * touched, 1);
  const { candidates } = aggregate;
  if (candidates === null) {
    const key = keyColumn(aggregate.column!, type);
    const plan = planGroups(bounds, rho, delta);
    if (!plan.ok) return plan;
    return accept({ kind: "found-top", aggregate, from, cells: 0, bytes: touched * key.bytes, plan: plan.value, key });
  }
  if (candidates.some((one) => one.type !== type || one.value === null)) return unfit("a candidate of another type");
  const places = new Map(candidates.map((candidate, place) => [keyText([listedValue(candidate)]), place]));
  if (places.size < candidates.length) return unfit("a candidate that is listed twice");
  const plan = planMeasure("owners", bounds, rho, cells);
  if (!plan.ok) return plan;
  const where = { from, cells: candidates.length, bytes: touched * 2 };
  return accept({ kind: "listed-top", aggregate, ...where, plan: plan.value, candidates, places });
}
