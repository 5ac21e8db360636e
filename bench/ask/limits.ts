// What is changed of the bounds while this process measures. Nothing in the program can change them.
import { askingLimits } from "../../src/core/asking/index.ts";

const changed = askingLimits as { -readonly [Name in keyof typeof askingLimits]: number };

/** Messages leave at once. A delay below one millisecond is none. */
export function withoutDelays(): void {
  changed.maxAnswerDelayMs = 0;
  changed.maxForwardDelayMs = 1;
  // What people publish of themselves is not measured, only waited for.
  changed.publishTurnMs = 500;
}

/** Of the finder: each owner is called by herself. */
export function oneOwnerPerCall(): void {
  changed.podsPerCall = 1;
}

/** Of a house: nothing is remembered that another owner's call showed, so that each verifies for herself. */
export function eachByHerself(): void {
  changed.maxCommissions = 0;
  changed.maxVerifiedGatherers = 0;
}
