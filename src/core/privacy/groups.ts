// Groups that the plan does not name: which keys exist is itself data. A key found among the contributions is shown only if its
// number of owners, with noise, reaches a threshold: the mechanism is ρ-zCDP but for a failure of probability δ, in which a
// group shows though only one owner is in it (Korolova et al. 2009; for Gaussian noise, Desfontaines et al. 2022).
//
// KNOWN HOLE: the cell that compares with the threshold sees every key, those that it hides included. Keys that must not be
// seen by a processor are listed by the plan, or coarsened by the owner.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import type { Cost } from "./accountant.ts";
import { limits } from "./limits.ts";
import { type Ratio, toNumber } from "./ratio.ts";
import { type Contribution, sensitivityOf } from "./sensitivity.ts";
import { checkShares, type GaussianNoise, type NoiseCells, planNoise, tauOf } from "./split-noise.ts";
import { groupThreshold } from "./tails.ts";

export interface GroupsPlan {
  readonly noise: GaussianNoise;
  readonly threshold: number;
  readonly cost: Cost;
}

export function planGroups(bounds: Contribution, rho: Ratio, delta: Ratio, cells?: NoiseCells): Result<GroupsPlan> {
  const d = toNumber(delta);
  if (!(d >= limits.minDelta && d <= limits.maxDelta)) {
    return refuse("privacy-number", { detail: `δ from ${limits.minDelta} to ${limits.maxDelta}` });
  }
  const noise = planNoise(sensitivityOf("owners", bounds), rho, cells);
  if (!noise.ok) return noise;
  // Whatever number of shares stands behind a result, a lone owner passes with probability δ at most: with few shares the noise
  // that reaches the threshold is rarer, so all of them decide.
  const shares = noise.value.cells.cells;
  const share = toNumber(noise.value.shareVariance);
  const threshold = groupThreshold(share * shares, bounds.groupsPerOwner, d * Math.exp(-tauOf(share, shares)));
  return accept({ noise: noise.value, threshold, cost: { rho: noise.value.cost.rho, delta } });
}

/** Of the groups found, those that may be shown, by their place in `noisyOwners`. */
export function shownGroups(plan: GroupsPlan, noisyOwners: Float64Array, shares: number): Result<number[]> {
  assert(noisyOwners.length <= limits.maxGroups, "as many groups as a result may have");
  const enough = checkShares(plan.noise, shares);
  if (!enough.ok) return enough;
  const shown: number[] = [];
  for (let i = 0; i < noisyOwners.length; i++) if (noisyOwners[i]! >= plan.threshold) shown.push(i);
  return accept(shown);
}
