// What every benchmark answers: rows of one figure of ours beside a reference. scripts/bench.mjs prints them.

export interface Row {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly better: "higher" | "lower";
}

export interface Bench {
  readonly name: string;
  readonly rows: Row[];
}

export interface BenchContext {
  readonly root?: string;
  readonly log?: (line: string) => void;
}

/** One figure, or those of all repeats: then their medians. */
type Figure = number | readonly number[];

export function row(
  name: string,
  unit: string,
  [ours, reference]: readonly [Figure, Figure],
  referenceName: string,
  goal: number,
  better: Row["better"],
): Row {
  const [a, b] = [figure(ours), figure(reference)];
  return { case: name, unit, ours: a, reference: b, referenceName, ratio: a / b, goal, better };
}

function figure(of: Figure): number {
  return typeof of === "number" ? of : median(of);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Processor time of this process for one go of so many. */
export function processorUs(work: () => unknown, times: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
