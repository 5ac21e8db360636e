// Noise that one cell adds, or that several drawn cells add in shares, so that no processor knows the noise-free value.
//
// With n cells, t of which may collude (they know their own shares and take them off again) and f of which may vanish before
// they have added theirs, m = n − t − f shares are certain to stand. Each cell draws a discrete Gaussian of variance V/m, so
// that whoever remains suffices; what the others add on top is the price, reported as `excess` = n/m.
//
// A sum of discrete Gaussians is not quite one. Kairouz, Liu, Steinke ("The Distributed Discrete Gaussian Mechanism", 2021,
// Proposition 14) bound what that costs: m shares of variance s² give ½ε²-zCDP with
//   ε = min{ √(Δ²/(m·s²) + ½·τ·d),  Δ/(√m·s) + τ·√d },   τ = 10 · Σ_{k=1}^{m−1} e^(−2π²s²·k/(k+1)),   s ≥ ½
// where Δ is the L2 sensitivity and d the number of groups in which one owner counts. For s² ≥ 4 it is below 1e-16.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import type { Cost } from "./accountant.ts";
import type { Coins } from "./coins.ts";
import { DiscreteGaussian, drawnVariance, isGaussianVariance } from "./gaussian.ts";
import { limits } from "./limits.ts";
import { atMost, isZero, over, plus, type Ratio, ratio, ratioOf, roundUp, times, toNumber, zero } from "./ratio.ts";
import type { Sensitivity } from "./sensitivity.ts";

export interface NoiseCells {
  readonly cells: number;
  readonly colluding: number;
  readonly vanishing: number;
}

/** One cell adds all the noise, and knows the value without it. */
export const oneNoiseCell: NoiseCells = { cells: 1, colluding: 0, vanishing: 0 };

/** What a roster of so many gets when nobody says otherwise: shares from three processors on, a third of them given up. */
export function defaultNoiseCells(roster: number): NoiseCells {
  if (roster < 3) return oneNoiseCell;
  const third = Math.floor((roster - 1) / 3);
  // One cell is always assumed curious: it must not profit from knowing its own share.
  return { cells: roster, colluding: Math.max(1, third), vanishing: third };
}

export interface GaussianNoise {
  readonly cells: NoiseCells;
  /** Of each share. */
  readonly shareVariance: Ratio;
  /** So many shares must have been added before anything is released. */
  readonly sharesNeeded: number;
  /** Shares drawn for each that the claim needs. */
  readonly excess: number;
  readonly cost: Cost;
}

/** Noise for one measure over all groups, at no more than ρ. */
export function planNoise(
  sensitivity: Sensitivity,
  rho: Ratio,
  cells: NoiseCells = oneNoiseCell,
): Result<GaussianNoise> {
  const standing = cells.cells - cells.colluding - cells.vanishing;
  const whole = [cells.cells, cells.colluding, cells.vanishing].every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || standing < 1 || cells.cells > limits.maxNoiseCells) {
    return refuse("privacy-number", { detail: "cells that add noise: more than may collude and vanish together" });
  }
  if (isZero(rho) || !atMost(rho, ratio(limits.maxRho)))
    return refuse("privacy-number", { detail: "ρ above 0, at most 1000" });
  // ρ = L2²/2V, so V = L2²/2ρ, exactly.
  const needed = over(ratio(sensitivity.l2Squared), times(rho, ratio(2n * BigInt(standing))));
  let share = drawnVariance(needed);
  if (standing > 1 && atMost(share, ratio(1, 4))) share = ratio(1, 4); // the proposition asks for s ≥ ½
  let spent = costOfShares(share, standing, sensitivity);
  while (!atMost(spent, rho)) {
    share = drawnVariance(times(share, ratio(17, 16)));
    spent = costOfShares(share, standing, sensitivity);
  }
  if (!isGaussianVariance(share))
    return refuse("privacy-scale", { detail: "the noise is too wide to be drawn exactly" });
  return accept({
    cells,
    shareVariance: share,
    sharesNeeded: cells.cells - cells.vanishing,
    excess: cells.cells / standing,
    cost: { rho: spent, delta: zero },
  });
}

/** What is spent when only so many shares of this variance are unknown to the adversary. Rounded up. */
export function costOfShares(share: Ratio, standing: number, sensitivity: Sensitivity): Ratio {
  const ideal = over(ratio(sensitivity.l2Squared), times(share, ratio(2 * standing)));
  if (standing === 1) return ideal;
  const tau = tauOf(toNumber(share), standing);
  if (tau === 0) return ideal; // below 10^(−323)
  const groups = sensitivity.groups;
  const added = plus(ideal, upwards((tau * groups) / 4));
  const distance = Math.sqrt(2 * toNumber(ideal)) + tau * Math.sqrt(groups);
  const joined = upwards((distance * distance) / 2);
  return atMost(added, joined) ? added : joined;
}

/** How far a sum of so many shares is from one discrete Gaussian: no probability differs by more than a factor e^τ. */
export function tauOf(shareVariance: number, shares: number): number {
  let tau = 0;
  for (let k = 1; k < shares; k++) tau += 10 * Math.exp((-2 * Math.PI * Math.PI * shareVariance * k) / (k + 1));
  return tau;
}

function upwards(value: number): Ratio {
  return roundUp(ratioOf(value * (1 + 1e-9)), 40);
}

export function totalVariance(noise: GaussianNoise, shares: number): number {
  return toNumber(noise.shareVariance) * shares;
}

/** Adds one cell's share to each of its (exact or already noisy) totals. */
export function addShare(noise: GaussianNoise, totals: Float64Array, coins: Coins): void {
  const sampler = new DiscreteGaussian(noise.shareVariance);
  for (let i = 0; i < totals.length; i++) {
    totals[i] = totals[i]! + sampler.sample(coins);
    assert(Number.isSafeInteger(totals[i]), "checkSums left room for the noise");
  }
}

/** Whether enough cells have added their share; otherwise the result would protect less than was paid for. */
export function checkShares(noise: GaussianNoise, shares: number): Result<void> {
  if (shares >= noise.sharesNeeded) return accept(undefined);
  return refuse("privacy-shares-missing", { detail: `${shares} of ${noise.sharesNeeded} needed shares` });
}
