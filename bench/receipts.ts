// What receipts cost: the pipeline of three processes with receipts against the same without. Interleaved; medians.
import { fileURLToPath } from "node:url";
import { runChild } from "./pipeline/child.ts";
import type { Load } from "./pipeline/protocol.ts";
import { runOurs } from "./pipeline/run.ts";
import { type Bench, type BenchContext, row } from "./support/rows.ts";

if (process.env.HEDGEROW_BENCH_CELL) runChild();

const repeats = 5;
const load: Load = { batches: 20_000, rows: 1024, perSecond: 0 };

export default async function bench({ log = () => {} }: BenchContext = {}): Promise<Bench> {
  const self = fileURLToPath(import.meta.url);
  const withReceipts: number[] = [];
  const without: number[] = [];
  for (let i = 0; i < repeats; i++) {
    withReceipts.push((await runOurs(self, load, true)).recordsPerSecond);
    without.push((await runOurs(self, load, false)).recordsPerSecond);
    log(
      `${i + 1}/${repeats} with ${Math.round(withReceipts[i]!)} records/s, without ${Math.round(without[i]!)} records/s`,
    );
  }
  const name = "64-byte records, batches of 1,024";
  return {
    name: "receipts",
    rows: [row(name, "records/s", [withReceipts, without], "without receipts", 0.9, "higher")],
  };
}
