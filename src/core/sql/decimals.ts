// Exact arithmetic with decimals, for bounds and sensitivities: a bound that is rounded is no bound.
import type { Decimal } from "../model/index.ts";
import { decimalOf } from "./literals.ts";

interface Scaled {
  readonly units: bigint;
  readonly places: number;
}

function scaled(decimal: Decimal): Scaled {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return { units: BigInt(whole + fraction), places: fraction.length };
}

function both(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const [left, right] = [scaled(a), scaled(b)];
  const places = Math.max(left.places, right.places);
  const lift = ({ units, places: from }: Scaled) => units * 10n ** BigInt(places - from);
  return [lift(left), lift(right), places];
}

/** A result of at most twice the digits of what came in: bounds are checked to have few. */
function text(units: bigint, places: number): Decimal {
  return decimalOf(units, places) ?? "0";
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [left, right] = both(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function absolute(a: Decimal): Decimal {
  return a.startsWith("-") ? a.slice(1) : a;
}

export function largest(a: Decimal, b: Decimal): Decimal {
  return compareDecimals(a, b) < 0 ? b : a;
}

export function times(a: Decimal, factor: number): Decimal {
  const { units, places } = scaled(a);
  return text(units * BigInt(factor), places);
}

export function squared(a: Decimal): Decimal {
  const { units, places } = scaled(a);
  return text(units * units, places * 2);
}

export function halfOfSum(a: Decimal, b: Decimal): Decimal {
  const [left, right, places] = both(a, b);
  return text((left + right) * 5n, places + 1);
}

export function halfOfDifference(low: Decimal, high: Decimal): Decimal {
  const [left, right, places] = both(low, high);
  return text((right - left) * 5n, places + 1);
}

export function placesOf(a: Decimal): number {
  return a.split(".")[1]?.length ?? 0;
}

/** Digits before and behind the point. */
export function digitsOf(a: Decimal): number {
  return a.replace(/[-.]/g, "").length;
}
