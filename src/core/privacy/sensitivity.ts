// How far one owner can move a result: derived from what the plan bounds, never typed in. Neighbouring populations differ by one
// owner who is there or not, with all her records.
//   each       what she can change in one group, in steps of the measure's fixed point
//   groups     how many groups she can be in
//   L1 = each·groups      L2² = each²·groups
import { z } from "zod";
import { accept, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";

const fixedPoint = z.number().int().min(-limits.maxSum).max(limits.maxSum);

/** What one owner may contribute. Bounds are whole numbers of 10^(−decimals): 12.34 € with two decimals is 1234. */
export const contributionSchema = z
  .strictObject({
    lower: fixedPoint,
    upper: fixedPoint,
    decimals: z.number().int().min(0).max(9),
    groupsPerOwner: z.number().int().min(1).max(limits.maxGroupsPerOwner),
    recordsPerGroup: z.number().int().min(1).max(limits.maxRecordsPerGroup),
  })
  .refine(({ lower, upper }) => lower < upper, { message: "lower must be below upper" });
export type Contribution = z.output<typeof contributionSchema>;

export function parseContribution(value: unknown): Result<Contribution> {
  const parsed = contributionSchema.safeParse(value);
  if (parsed.success) return accept(parsed.data);
  const { path, message } = parsed.error.issues[0]!;
  return refuse("privacy-bounds", { detail: path.length === 0 ? message : `${path.join(".")}: ${message}` });
}

/**
 * owners: people in the group. records: what they contributed. sum: Σ v. centred: Σ (2v − lower − upper), which an average
 * uses: round the middle of the bounds an owner moves it by upper − lower only, in half steps, however far both are from 0.
 */
export type Measure = "owners" | "records" | "sum" | "centred";

export interface Sensitivity {
  readonly each: bigint;
  readonly groups: number;
  readonly l1: bigint;
  readonly l2Squared: bigint;
}

export function sensitivityOf(measure: Measure, bounds: Contribution): Sensitivity {
  const each = eachOf(measure, bounds);
  const groups = bounds.groupsPerOwner;
  return { each, groups, l1: each * BigInt(groups), l2Squared: each * each * BigInt(groups) };
}

function eachOf(measure: Measure, { lower, upper, recordsPerGroup }: Contribution): bigint {
  const records = BigInt(recordsPerGroup);
  switch (measure) {
    case "owners":
      return 1n;
    case "records":
      return records;
    case "sum":
      return records * BigInt(Math.max(Math.abs(lower), Math.abs(upper)));
    case "centred":
      return records * (BigInt(upper) - BigInt(lower));
  }
}

/** Whether sums over so many owners stay exact: they must not come near 2^53. */
export function checkSums(bounds: Contribution, owners: number): Result<void> {
  const most = [eachOf("sum", bounds), eachOf("centred", bounds)].reduce((a, b) => (a > b ? a : b));
  if (owners > limits.maxOwners || most * BigInt(Math.ceil(owners)) > BigInt(limits.maxSum)) {
    return refuse("privacy-scale", { detail: `bounds of ${most} steps for each of ${owners} owners` });
  }
  return accept(undefined);
}
