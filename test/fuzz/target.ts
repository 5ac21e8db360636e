// What is fuzzed, and how it is judged. A target takes one random stream, makes one hostile input of it and deals with it:
// it says "accepted" or the code of the refusal; what it throws is a crash. Judged for each target: every refusal is
// typed and in the table, some inputs are accepted and some refused (else the fuzzer itself is broken), no input hangs.
import fc from "fast-check";
import { type Refusal, type RefusalCode, refusals } from "../../src/core/base/index.ts";
import { Random } from "../../src/sim/kernel/index.ts";
import { watched } from "./watchdog.ts";

export type Verdict = "accepted" | RefusalCode;

export interface Target {
  readonly name: string;
  /** How many hostile inputs it gets. */
  readonly inputs: number;
  /** Codes that must occur: the fuzzer reaches this deep. */
  readonly reaches: readonly RefusalCode[];
  readonly attempt: (random: Random) => Verdict;
}

export interface Tally {
  readonly name: string;
  inputs: number;
  accepted: number;
  readonly refused: Map<string, number>;
}

export const fixedSeed = 20_260_727;

/** A thing that answers with a Result, or with `{ ok: false }` of another kind. */
export function verdictOf(result: { readonly ok: true } | Refusal): Verdict {
  return result.ok ? "accepted" : result.code;
}

export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Two thirds of the inputs under the fixed seed, one third under this run's. Throws with the seed that replays it. */
export function fuzz(target: Target, runSeed: number): Tally {
  const tally: Tally = { name: target.name, inputs: 0, accepted: 0, refused: new Map() };
  const under = (seed: number, numRuns: number) =>
    fc.assert(
      fc.property(fc.noShrink(fc.integer({ min: 0, max: 0xffff_ffff })), (inputSeed) => {
        watched(target.name, inputSeed);
        const verdict = target.attempt(new Random(inputSeed));
        tally.inputs++;
        if (verdict === "accepted") tally.accepted++;
        else {
          check(Object.hasOwn(refusals, verdict), `refused with ${verdict}, which is in no table`);
          tally.refused.set(verdict, (tally.refused.get(verdict) ?? 0) + 1);
        }
      }),
      { seed, numRuns, endOnFailure: true },
    );
  const fixed = Math.ceil((target.inputs * 2) / 3);
  under(fixedSeed, fixed);
  under(runSeed, target.inputs - fixed);
  return tally;
}
