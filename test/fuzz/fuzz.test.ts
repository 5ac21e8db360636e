// Every decoder and every protocol handler, given at least 100,000 hostile inputs. Two thirds of them are the same in
// each run; the seed of the rest is printed, and FUZZ_SEED=… repeats it.
import { randomInt } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/sim/kernel/index.ts";
import { fixedSeed, fuzz, type Tally } from "./target.ts";
import { admissionTargets } from "./targets/admission.ts";
import { askingTargets } from "./targets/asking.ts";
import { cacheTargets } from "./targets/caches.ts";
import { cellTargets } from "./targets/cells.ts";
import { diskTargets } from "./targets/disk.ts";
import { drawTargets, nodeUnderJunk } from "./targets/draw.ts";
import { growthUnderJunk, lifecycleTargets } from "./targets/lifecycle.ts";
import { membershipTargets, memberUnderJunk } from "./targets/membership.ts";
import { planTargets } from "./targets/plans.ts";
import { podTargets } from "./targets/pods.ts";
import { sqlTargets } from "./targets/sql.ts";
import { textTargets } from "./targets/texts.ts";
import { wireTargets } from "./targets/wire.ts";
import { wordsTargets } from "./targets/words.ts";
import { startWatchdog, stopWatchdog } from "./watchdog.ts";

const wantedInputs = 100_000;
/** What stays after everything: recorded runs, caches of verified signatures, compiled code. Not one byte per input. */
const maxHeapGrowthBytes = 96 * 1024 * 1024;

const runSeed = process.env.FUZZ_SEED === undefined ? randomInt(2 ** 31) : Number(process.env.FUZZ_SEED);
const targets = [
  ...lifecycleTargets,
  ...membershipTargets,
  ...admissionTargets,
  ...cellTargets,
  ...cacheTargets,
  ...wireTargets,
  ...drawTargets,
  ...planTargets,
  ...textTargets,
  ...podTargets,
  ...sqlTargets,
  ...wordsTargets,
  ...askingTargets,
  ...diskTargets,
];
const tallies: Tally[] = [];

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}
let heapBefore = 0;

beforeAll(() => {
  console.log(`fuzz: fixed seed ${fixedSeed}, this run's seed ${runSeed} (FUZZ_SEED=${runSeed} repeats it)`);
  startWatchdog();
  heapBefore = heapUsed();
});
afterAll(stopWatchdog);

describe("hostile input is refused with a typed code and harms nothing", () => {
  for (const target of targets) {
    it(`${target.name}: ${target.inputs} inputs`, { timeout: 120_000 }, () => {
      const tally = fuzz(target, runSeed);
      tallies.push(tally);
      if (process.env.FUZZ_TALLY !== undefined) console.log(tally);
      // A fuzzer that is always refused, or never, tests nothing.
      expect(tally.accepted).toBeGreaterThan(0);
      expect([...tally.refused.keys()]).toEqual(expect.arrayContaining([...target.reaches]));
      expect(tally.refused.size).toBeGreaterThan(0);
    });
  }
});

describe("what hostile messages leave behind is bounded", () => {
  it("10,000 of them grow neither a participant nor a coordinator without end", () => {
    const grown = growthUnderJunk(new Random(runSeed), 10_000);
    expect(grown.participant).toBeLessThan(256 * 1024);
    expect(grown.coordinator).toBeLessThan(256 * 1024);
  });

  it("10,000 of them leave a member within its bounds", () => {
    expect(memberUnderJunk(new Random(runSeed), 10_000).state.members.size).toBeGreaterThan(0);
  });

  it("10,000 of them leave a node that draws within its bounds", () => {
    expect(nodeUnderJunk(new Random(runSeed), 10_000)).toBeGreaterThan(0);
  });

  it(`at least ${wantedInputs} inputs were dealt with, and the heap is no larger for it`, () => {
    expect(tallies.length).toBe(targets.length);
    const inputs = tallies.reduce((sum, tally) => sum + tally.inputs, 0);
    console.log(`fuzz: ${inputs} hostile inputs to ${tallies.length} targets`);
    expect(inputs).toBeGreaterThanOrEqual(wantedInputs);
    expect(heapUsed() - heapBefore).toBeLessThan(maxHeapGrowthBytes);
  });
});
