// What one draw gave and cost, and the sums over many. Every quantity is a whole number and sums stay far below 2^53, so they
// are the same in whatever order threads deliver them.

export const quantities = [
  /** Actors that the attacker owns. */
  "corrupted",
  /** Witnesses of the beacon, round the trigger, and of the roster, round the setter. */
  "beaconWitnesses",
  "rosterWitnesses",
  /** Asymmetric operations of one verifier (definition 3). */
  "verification",
  /** Set-up: along the longest chain of what must wait for each other, and all together. Messages without routing. */
  "pathCrypto",
  "totalCrypto",
  "pathMessages",
  "totalMessages",
  /** Messages to ask candidates whether they are up, which the paper counts. */
  "pathAvailability",
  "totalAvailability",
  /** Look-ups in the overlay; what each costs is measured there. */
  "pathLookups",
  "totalLookups",
  /** Times the draw was moved because R3 was too sparse. */
  "relocations",
  /** 1: moved at least once. */
  "relocated",
  /** 1: no roster after as many moves as are allowed. */
  "gaveUp",
  /** 1: all witnesses of some row collude. */
  "captured",
  /** Drawn actors that some witness did not vouch for, so that others must check them (§3.5, step 8f). */
  "unvouched",
  /** Certificates of drawn actors that witnesses had to verify: all together, and the one that had most. */
  "lacking",
  "lackingMost",
] as const;
export type Quantity = (typeof quantities)[number];
export type Outcome = Record<Quantity, number>;

export function emptyOutcome(): Outcome {
  return Object.fromEntries(quantities.map((name) => [name, 0])) as Outcome;
}

export function clear(outcome: Outcome): void {
  for (const name of quantities) outcome[name] = 0;
}

export interface Spread {
  readonly average: number;
  readonly deviation: number;
  readonly max: number;
}

/** Count, then sum, squares and maximum of each quantity; then how often each number of roster witnesses was used. */
export type Sums = Float64Array;
const perQuantity = 3;
const head = 1 + perQuantity * quantities.length;
const histogramSize = 514; // limits.maxRows of core/draw, and 0

export function emptySums(): Sums {
  return new Float64Array(head + histogramSize);
}

export function add(sums: Sums, outcome: Outcome): void {
  sums[0]!++;
  let at = 1;
  for (let i = 0; i < quantities.length; i++) {
    const value = outcome[quantities[i]!];
    sums[at]! += value;
    sums[at + 1]! += value * value;
    if (value > sums[at + 2]!) sums[at + 2] = value;
    at += perQuantity;
  }
  sums[head + outcome.rosterWitnesses]!++;
}

export function merge(into: Sums, from: Sums): void {
  for (let at = 0; at < into.length; at++) {
    const isMaximum = at > 0 && at < head && (at - 1) % perQuantity === 2;
    into[at] = isMaximum ? Math.max(into[at]!, from[at]!) : into[at]! + from[at]!;
  }
}

export function spreadOf(sums: Sums, quantity: Quantity): Spread {
  const at = 1 + perQuantity * quantities.indexOf(quantity);
  const count = sums[0]!;
  const average = sums[at]! / count;
  const variance = Math.max(0, sums[at + 1]! / count - average * average);
  return { average, deviation: Math.sqrt(variance), max: sums[at + 2]! };
}

/** Share of draws whose roster had so many witnesses, at [k]. */
export function witnessShares(sums: Sums): number[] {
  const shares = [...sums.subarray(head)].map((count) => count / sums[0]!);
  while (shares.at(-1) === 0) shares.pop();
  return shares;
}
