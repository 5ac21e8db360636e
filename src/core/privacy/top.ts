// The k groups with the highest counts, in order: one is chosen, taken out, the next is chosen (peeling), each for ε of its own.
// The list costs k·ε²/8 (exponential) or k·ε²/2 (noisy-max); showing how many are in each group costs extra and is optional.
// Counts shown beside a list are drawn with fresh noise, so that being chosen does not flatter them.
import { accept, type Result, refuse } from "../base/index.ts";
import { type Cost, compose, repeated } from "./accountant.ts";
import type { Coins } from "./coins.ts";
import { coverage, type Estimate } from "./estimate.ts";
import { limits } from "./limits.ts";
import { type MeasurePlan, planMeasure, readMeasure } from "./measures.ts";
import type { Ratio } from "./ratio.ts";
import { type ChoiceMethod, type ChoicePlan, choose, planChoice, worstGap } from "./select.ts";
import { type Contribution, sensitivityOf } from "./sensitivity.ts";
import { addShare, oneNoiseCell } from "./split-noise.ts";

export interface TopPlan {
  readonly measure: "owners" | "records";
  readonly count: number;
  readonly choice: ChoicePlan;
  readonly counts?: MeasurePlan;
  readonly cost: Cost;
}

export interface TopRequest {
  readonly measure: "owners" | "records";
  readonly count: number;
  readonly method: ChoiceMethod;
  readonly bounds: Contribution;
  /** For each place of the list. */
  readonly epsilon: Ratio;
  /** ρ for the counts beside the list; without it there are none. */
  readonly rhoForCounts?: Ratio;
}

export function planTop({ measure, count, method, bounds, epsilon, rhoForCounts }: TopRequest): Result<TopPlan> {
  if (!Number.isInteger(count) || count < 1 || count > limits.maxTop) {
    return refuse("privacy-number", { detail: `a list of 1 to ${limits.maxTop}` });
  }
  const { each } = sensitivityOf(measure, bounds);
  const choice = planChoice({ method, epsilon, sensitivity: each, monotone: true });
  if (!choice.ok) return choice;
  const list = repeated(choice.value.cost, count);
  if (rhoForCounts === undefined) return accept({ measure, count, choice: choice.value, cost: list });
  // An owner is in `groupsPerOwner` of the chosen groups at most, and in no more than there are.
  const shown = { ...bounds, groupsPerOwner: Math.min(count, bounds.groupsPerOwner) };
  const counts = planMeasure(measure, shown, rhoForCounts);
  if (!counts.ok) return counts;
  return accept({ measure, count, choice: choice.value, counts: counts.value, cost: compose(list, counts.value.cost) });
}

export interface Top {
  readonly places: readonly number[];
  /** With 95 % each of the list had at most so many fewer than the best that could have stood in its place. */
  readonly withinCount: number;
  readonly counts?: readonly Estimate[];
}

/** From the exact counts of the groups; so the cell that draws the list knows them. */
export function drawTop(plan: TopPlan, counts: Float64Array, coins: Coins): Result<Top> {
  if (counts.length < plan.count || counts.length > limits.maxCandidates) {
    return refuse("privacy-groups", {
      detail: `${plan.count} of ${counts.length}; at most ${limits.maxCandidates} candidates`,
    });
  }
  let among = Uint32Array.from(counts, (_, place) => place);
  const places: number[] = [];
  for (let i = 0; i < plan.count; i++) {
    const chosen = choose(plan.choice, counts, among, coins);
    places.push(chosen);
    among = among.filter((place) => place !== chosen);
  }
  const withinCount = worstGap(plan.choice, counts.length, (1 - coverage) / plan.count);
  if (plan.counts === undefined) return accept({ places, withinCount });
  const noisy = Float64Array.from(places, (place) => counts[place]!);
  addShare(plan.counts.noise, noisy, coins);
  const read = readMeasure(plan.counts, noisy, oneNoiseCell.cells);
  return read.ok ? accept({ places, withinCount, counts: read.value }) : read;
}
