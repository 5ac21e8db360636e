// How well a sample fits a distribution: chi-square over cells of at least `least` expected hits, as the number of standard
// deviations that its p-value is from what chance gives (Wilson–Hilferty); and the distance of Kolmogorov and Smirnov.

export function chiSquareDeviations(counts: Map<number, number>, probability: (x: number) => number, reach: number) {
  let total = 0;
  for (const count of counts.values()) total += count;
  let [statistic, cells, seen, expected, covered] = [0, 0, 0, 0, 0];
  const least = 20;
  const close = () => {
    statistic += (seen - expected) ** 2 / expected;
    cells++;
    seen = expected = 0;
  };
  for (let x = -reach; x <= reach; x++) {
    seen += counts.get(x) ?? 0;
    const likely = total * probability(x);
    expected += likely;
    covered += likely;
    if (expected >= least && total - covered >= least) close();
  }
  expected += Math.max(0, total - covered);
  for (const [x, count] of counts) if (Math.abs(x) > reach) seen += count;
  close();
  const degrees = cells - 1;
  const part = 2 / (9 * degrees);
  return { degrees, deviations: (Math.cbrt(statistic / degrees) - (1 - part)) / Math.sqrt(part) };
}

/** The largest distance between the sample's distribution function and the right one, times √n: above 1.95 one time in 1,000. */
export function kolmogorovSmirnov(sample: readonly number[], upTo: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  let worst = 0;
  for (let i = 0; i < sorted.length; ) {
    const x = sorted[i]!;
    const before = i / sorted.length;
    while (i < sorted.length && sorted[i] === x) i++;
    worst = Math.max(worst, Math.abs(i / sorted.length - upTo(x)), Math.abs(before - upTo(x - 1)));
  }
  return worst * Math.sqrt(sample.length);
}

export function tally(values: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
