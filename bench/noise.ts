// Noise: exact discrete Gaussian samples, beside the plain BigInt version of the same algorithm on the same source of randomness
// and beside 500,000 a second; and adding up a million contributions, clipped and bounded, beside a bare loop over typed arrays.
// Processor time of this process; interleaved; medians.
import { randomFillSync } from "node:crypto";
import { Coins, DiscreteGaussian, DiscreteLaplace, drawnVariance, ratio, Tally } from "../src/core/privacy/index.ts";
import { PlainNoise } from "../test/support/plain-noise.ts";
import { type Bench, type BenchContext, processorUs, row } from "./support/rows.ts";

const repeats = 7;
const askedPerSecond = 500_000;
const samplesEach = 400_000;
const plainEach = 20_000;
const contributions = 1_000_000;
const groups = 256;
const tallyEach = 60;

/** ε = 1, δ = 1e-6 for a count; the same for a sum in cents up to a thousand. */
const cases = [
  { name: "discrete Gaussian, a count at (1, 1e-6)", variance: drawnVariance(ratio(1_000_000, 48_712)) },
  { name: "the same, σ = 100", variance: ratio(10_000) },
  { name: "the same, a sum in cents up to 1,000 at (1, 1e-6)", variance: drawnVariance(ratio(10n ** 16n, 48_712n)) },
] as const;

export default async function bench({ log = () => {} }: BenchContext = {}): Promise<Bench> {
  const source = { fill: (into: Uint8Array) => void randomFillSync(into) };
  const coins = new Coins(source);
  const plain = new PlainNoise(source);
  const laplace = new DiscreteLaplace(ratio(100));
  const add = contributionsToAdd();
  const gaussians = cases.map(({ variance }) => ({ sampler: new DiscreteGaussian(variance), variance }));
  const ours: number[][] = cases.map(() => []);
  const theirs: number[][] = cases.map(() => []);
  const laplaces = { ours: [] as number[], plain: [] as number[] };
  const tallies = { each: [] as number[], many: [] as number[], bare: [] as number[] };
  for (let i = 0; i <= repeats; i++) {
    const line: string[] = [];
    gaussians.forEach(({ sampler, variance }, which) => {
      const fast = perSecond(samplesEach, () => sampler.sample(coins));
      const slow = perSecond(plainEach, () => plain.gaussian(variance));
      line.push(`${Math.round(fast)} of ${Math.round(slow)}`);
      if (i === 0) return; // warm
      ours[which]!.push(fast);
      theirs[which]!.push(slow);
    });
    const drawn = perSecond(samplesEach, () => laplace.sample(coins));
    const drawnPlainly = perSecond(plainEach, () => plain.laplace(ratio(100)));
    const [each, bare, many] = [add.each(), add.bare(), add.many()];
    log(
      `${i}/${repeats} samples/s ${line.join(", ")}; Laplace ${Math.round(drawn)} of ${Math.round(drawnPlainly)}; ` +
        `million contributions/s ${each.toFixed(0)}, bounded ${many.toFixed(0)} of ${bare.toFixed(0)}`,
    );
    if (i === 0) continue;
    laplaces.ours.push(drawn);
    laplaces.plain.push(drawnPlainly);
    tallies.each.push(each);
    tallies.many.push(many);
    tallies.bare.push(bare);
  }
  const bareName = "a bare typed-array loop";
  return {
    name: "noise",
    rows: [
      ...cases.flatMap(({ name }, which) => {
        const [a, b] = [ours[which]!, theirs[which]!];
        return [
          row(name, "samples/s", [a, askedPerSecond], "asked for", 1, "higher"),
          row(name, "samples/s", [a, b], "plain BigInt", 1, "higher"),
        ];
      }),
      row("discrete Laplace, scale 100", "samples/s", [laplaces.ours, laplaces.plain], "plain BigInt", 1, "higher"),
      row("a million contributions, one each", "M/s", [tallies.each, tallies.bare], bareName, 0.5, "higher"),
      row(
        "the same, four each, of which two groups and two records count",
        "M/s",
        [tallies.many, tallies.bare],
        bareName,
        0.5,
        "higher",
      ),
    ],
  };
}

/** Values within the bounds and beyond them, in 256 groups. Each answers how many millions it adds in a second. */
function contributionsToAdd(): { each(): number; many(): number; bare(): number } {
  const where = new Uint32Array(contributions);
  const values = new Float64Array(contributions);
  const whole = new Int32Array(contributions);
  const fours = Uint32Array.from({ length: contributions / 4 }, (_, i) => 4 * i + 4);
  for (let i = 0; i < contributions; i++) {
    where[i] = Math.imul(i, 0x9e3779b1) >>> 24;
    whole[i] = values[i] = (Math.imul(i, 0x85ebca6b) >>> 20) - 500;
  }
  const bounds = { lower: 0, upper: 3_000, decimals: 2 };
  const mustHold = (sums: Float64Array) => {
    if (!Number.isFinite(sums[7])) throw new Error("nothing was added");
  };
  const each = () => {
    const tally = new Tally({ ...bounds, groupsPerOwner: 1, recordsPerGroup: 1 }, groups, contributions);
    tally.addEach(where, whole);
    mustHold(tally.sums);
  };
  const many = () => {
    const tally = new Tally({ ...bounds, groupsPerOwner: 2, recordsPerGroup: 2 }, groups, contributions);
    tally.add(fours, where, values);
    mustHold(tally.sums);
  };
  const bare = () => {
    const sums = new Float64Array(groups);
    bareLoop(sums, where, values);
    mustHold(sums);
  };
  return {
    each: () => perSecond(tallyEach, each),
    many: () => perSecond(tallyEach, many),
    bare: () => perSecond(tallyEach, bare),
  };
}

function bareLoop(sums: Float64Array, where: Uint32Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) sums[where[i]!]! += values[i]!;
}

/** So many a second of processor time. */
function perSecond(times: number, work: () => unknown): number {
  return 1e6 / processorUs(work, times);
}
