// What a figure is made of, and the run of one configuration.
import { type DrawOrder, type DrawReport, simulateDraw } from "../../src/sim/index.ts";
import type { Chart } from "./svg.ts";

export interface Claim {
  /** Where the paper says it. */
  readonly section: string;
  /** In our words. */
  readonly claim: string;
  /** Our numbers. */
  readonly ours: string;
  readonly holds: boolean;
  /** Why not, or what has to be known beside it. */
  readonly remark?: string;
}

export interface Figure {
  /** File name: `figure-3`. */
  readonly name: string;
  readonly chart: Chart;
  readonly claims: readonly Claim[];
}

export interface Maker {
  run(change: Partial<DrawOrder>): Promise<DrawReport>;
}

/** The paper's defaults (table 3, §4.3), with the cache that it recommends. */
export const reference: DrawOrder = {
  nodes: 100_000,
  colluding: 1_000,
  actors: 32,
  cache: 512,
  alpha: 1e-6,
  strategy: "sep2p",
  overlay: "chord",
  seed: 1,
  setters: 100_000,
  tries: 1,
};

export function makerOn(workers: number, log: (line: string) => void): Maker {
  const known = new Map<string, Promise<DrawReport>>();
  return {
    run(change) {
      const order = { ...reference, ...change };
      const key = JSON.stringify(order);
      const before = known.get(key);
      if (before !== undefined) return before;
      log(`  ${JSON.stringify(change)}`);
      const report = simulateDraw(order, { workers });
      known.set(key, report);
      return report;
    },
  };
}

export const percents = [0.001, 0.01, 0.1, 1, 10] as const;
export const colludingAt = (nodes: number, percent: number) => Math.round((nodes * percent) / 100);
export const round = (value: number, digits = 2) => Number(value.toFixed(digits));
