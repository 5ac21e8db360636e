// source → increment → sink in three processes on loopback: cells with validation, encryption and receipts, against the
// same three processes over bare node:tls (mutual TLS 1.3) without checks. Interleaved; medians.
import { fileURLToPath } from "node:url";
import { runChild } from "./pipeline/child.ts";
import type { Figures, Load } from "./pipeline/protocol.ts";
import { type BenchContext, median, type Row, runOurs, runReference } from "./pipeline/run.ts";

if (process.env.HEDGEROW_BENCH_CELL) runChild();

const repeats = 5;
const throughput: Load = { batches: 20_000, rows: 1024, perSecond: 0 };
const latency: Load = { batches: 20_000, rows: 1, perSecond: 5_000 };

export default async function bench({ root = process.cwd(), log = () => {} }: BenchContext = {}): Promise<{
  name: string;
  rows: Row[];
}> {
  const self = fileURLToPath(import.meta.url);
  const pairs = async (load: Load): Promise<{ ours: Figures[]; theirs: Figures[] }> => {
    const ours: Figures[] = [];
    const theirs: Figures[] = [];
    for (let i = 0; i < repeats; i++) {
      ours.push(await runOurs(self, load));
      theirs.push(await runReference(root, load));
      log(`${i + 1}/${repeats} ours ${describe(ours[i]!)}; node:tls ${describe(theirs[i]!)}`);
    }
    return { ours, theirs };
  };
  const row = (
    of: { ours: Figures[]; theirs: Figures[] },
    name: string,
    unit: string,
    pick: keyof Figures,
    goal: number,
  ): Row => {
    const ours = median(of.ours.map((figures) => figures[pick]));
    const reference = median(of.theirs.map((figures) => figures[pick]));
    const better = pick === "recordsPerSecond" ? "higher" : "lower";
    return { case: name, unit, ours, reference, referenceName: "bare node:tls", ratio: ours / reference, goal, better };
  };
  const fast = await pairs(throughput);
  const slow = await pairs(latency);
  return {
    name: "pipeline",
    rows: [
      row(fast, "64-byte records, batches of 1,024", "records/s", "recordsPerSecond", 0.7),
      row(slow, "one record per message at 5,000/s, p50", "µs", "p50Micros", 1.5),
      row(slow, "one record per message at 5,000/s, p99", "µs", "p99Micros", 2),
    ],
  };
}

function describe({ recordsPerSecond, p50Micros, p99Micros }: Figures): string {
  const latencies = p50Micros > 0 ? `, p50 ${p50Micros.toFixed(0)} µs, p99 ${p99Micros.toFixed(0)} µs` : "";
  return `${Math.round(recordsPerSecond).toLocaleString("en-GB")} records/s${latencies}`;
}
