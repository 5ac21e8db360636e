// From the error that somebody can live with to the ε that buys it: half the width of the 95 % interval is what "error" means.
// The smallest ρ that is enough is searched with the very plans that would be run, so that what is promised is what is drawn.
import { accept, type Result, refuse } from "../base/index.ts";
import { type Cost, reportEpsilon } from "./accountant.ts";
import { limits } from "./limits.ts";
import { planAverage, planMeasure, readAverage, readMeasure } from "./measures.ts";
import { type Ratio, ratioOf } from "./ratio.ts";
import type { Contribution } from "./sensitivity.ts";
import type { NoiseCells } from "./split-noise.ts";

export interface Solved {
  readonly rho: Ratio;
  readonly epsilon: number;
  readonly delta: Ratio;
  readonly cost: Cost;
  /** What the interval will really be: whole numbers of noise cannot be had in every width. */
  readonly error: number;
}

export type Asked =
  | { readonly measure: "owners" | "records" | "sum"; readonly bounds: Contribution; readonly cells?: NoiseCells }
  | {
      readonly measure: "average";
      readonly bounds: Contribution;
      readonly cells?: NoiseCells;
      /** An average's error depends on how many it is taken over, and on where it lies; the worst is assumed: at a bound. */
      readonly expectedCount: number;
    };

export function solveForError(asked: Asked, error: number, delta: Ratio): Result<Solved> {
  if (!(error > 0)) return refuse("privacy-number", { detail: "an error above 0" });
  let [low, high] = [Math.log(1e-12), Math.log(limits.maxRho)];
  const enough = errorAt(asked, ratioOf(Math.exp(high)));
  if (enough === undefined || enough.error > error) return refuse("privacy-error");
  let found = enough;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    const tried = errorAt(asked, ratioOf(Math.exp(middle)));
    if (tried !== undefined && tried.error <= error) {
      high = middle;
      found = tried;
    } else low = middle;
  }
  const epsilon = reportEpsilon(found.cost, delta);
  return epsilon.ok ? accept({ ...found, delta, epsilon: epsilon.value }) : epsilon;
}

interface Tried {
  readonly rho: Ratio;
  readonly cost: Cost;
  readonly error: number;
}

/** Undefined where the noise would be too wide to draw. */
function errorAt(asked: Asked, rho: Ratio): Tried | undefined {
  const shares = asked.cells?.cells ?? 1;
  if (asked.measure === "average") {
    const plan = planAverage(asked.bounds, rho, asked.cells);
    if (!plan.ok) return undefined;
    const { lower, upper } = asked.bounds;
    const atUpper = Float64Array.of(asked.expectedCount * (upper - lower));
    const read = readAverage(plan.value, atUpper, Float64Array.of(asked.expectedCount), shares);
    if (!read.ok) return undefined;
    const { value, interval } = read.value[0]!;
    return { rho, cost: plan.value.cost, error: Math.max(interval.high - value, value - interval.low) };
  }
  const plan = planMeasure(asked.measure, asked.bounds, rho, asked.cells);
  if (!plan.ok) return undefined;
  const read = readMeasure(plan.value, Float64Array.of(2 ** 45), shares);
  if (!read.ok) return undefined;
  const { low, high } = read.value[0]!.interval;
  return { rho, cost: plan.value.cost, error: (high - low) / 2 };
}
