// Fixed point: the decimals that a question is written in, as whole steps of 10^(−decimals), exactly.
import { accept, type Result } from "../base/index.ts";
import type { Decimal } from "../model/index.ts";
import { type Contribution, checkSums, parseContribution } from "../privacy/index.ts";
import { limits } from "./limits.ts";

const maxDecimals = 9;

export function placesOf(decimal: Decimal): number {
  return decimal.split(".")[1]?.length ?? 0;
}

/** The decimal times 10^`places`, which are at least as many as it has. */
export function unitsOf(decimal: Decimal, places: number): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}

/** Whether a decimal is `steps` / `perUnit`. */
export function isQuotient(decimal: Decimal, steps: bigint, perUnit: bigint): boolean {
  const places = placesOf(decimal);
  return unitsOf(decimal, places) * perUnit === steps * 10n ** BigInt(places);
}

interface Wanted {
  readonly lower: Decimal;
  readonly upper: Decimal;
  /** Whether values may lie between two whole numbers. */
  readonly fractions: boolean;
  readonly groupsPerOwner: number;
  readonly people: number;
}

/**
 * Bounds in steps. Values with fractions get so many decimals that rounding them vanishes beside the noise, as long as sums over
 * everybody stay exact; whole ones get no more than the bounds need.
 */
export function contributionOf({ lower, upper, fractions, groupsPerOwner, people }: Wanted): Result<Contribution> {
  const least = Math.max(placesOf(lower), placesOf(upper));
  const at = (decimals: number) =>
    parseContribution({
      lower: Number(unitsOf(lower, decimals)),
      upper: Number(unitsOf(upper, decimals)),
      ...{ decimals, groupsPerOwner, recordsPerGroup: 1 },
    });
  let chosen = at(least);
  if (!chosen.ok) return chosen;
  for (let decimals = least + 1; fractions && decimals <= maxDecimals; decimals++) {
    const finer = at(decimals);
    const enough: boolean = chosen.value.upper - chosen.value.lower >= limits.stepsOfRange;
    if (enough || !finer.ok || !checkSums(finer.value, people).ok) break;
    chosen = finer;
  }
  const exact = checkSums(chosen.value, people);
  return exact.ok ? accept(chosen.value) : exact;
}

/** A person's number in steps, moved into the bounds; null when it is none. */
export function stepsWithin(value: number | bigint, { lower, upper, decimals }: Contribution): number | null {
  if (typeof value === "bigint") {
    const steps = value * 10n ** BigInt(decimals);
    return steps <= BigInt(lower) ? lower : steps >= BigInt(upper) ? upper : Number(steps);
  }
  if (Number.isNaN(value)) return null;
  return Math.min(upper, Math.max(lower, Math.round(value * 10 ** decimals)));
}
