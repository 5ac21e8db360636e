// source → increment → sink in three processes on loopback: cells with validation, encryption and receipts, against the
// same three processes over bare node:tls (mutual TLS 1.3) without checks; and, where nats-server is installed, against the
// same three over NATS with mutual TLS. Interleaved; medians.
import { fileURLToPath } from "node:url";
import { runChild } from "./pipeline/child.ts";
import { findNatsServer } from "./pipeline/nats.ts";
import type { Figures, Load } from "./pipeline/protocol.ts";
import { runNats, runOurs, runReference } from "./pipeline/run.ts";
import { type Bench, type BenchContext, type Row, row } from "./support/rows.ts";

if (process.env.HEDGEROW_BENCH_CELL) runChild();

const repeats = 5;
const throughput: Load = { batches: 20_000, rows: 1024, perSecond: 0 };
const latency: Load = { batches: 20_000, rows: 1, perSecond: 5_000 };

export default async function bench({ root = process.cwd(), log = () => {} }: BenchContext = {}): Promise<Bench> {
  const self = fileURLToPath(import.meta.url);
  const natsServer = findNatsServer();
  if (natsServer === null)
    log("nats-server is not installed (neither on the PATH nor in /usr/sbin): no row for NATS with TLS");

  const interleaved = async (load: Load, references: readonly Reference[]): Promise<Measured> => {
    const measured: Measured = new Map();
    const runs = [{ name: ours, run: (load: Load) => runOurs(self, load) }, ...references];
    for (let i = 0; i < repeats; i++) {
      const said: string[] = [];
      for (const { name, run } of runs) {
        const figures = await run(load);
        measured.set(name, [...(measured.get(name) ?? []), figures]);
        said.push(`${name} ${describe(figures)}`);
      }
      log(`${i + 1}/${repeats} ${said.join("; ")}`);
    }
    return measured;
  };
  const tls: Reference = { name: "bare node:tls", run: (load) => runReference(root, load) };
  const nats: Reference[] =
    natsServer === null ? [] : [{ name: "NATS with TLS", run: (load) => runNats(root, natsServer, load) }];

  const batches = "64-byte records, batches of 1,024";
  const fast = await interleaved(throughput, [tls, ...nats]);
  const slow = await interleaved(latency, [tls]);
  return {
    name: "pipeline",
    rows: [
      rowOf(fast, tls, batches, "records/s", "recordsPerSecond", 0.7),
      ...nats.map((reference) => rowOf(fast, reference, batches, "records/s", "recordsPerSecond", 2)),
      rowOf(slow, tls, "one record per message at 5,000/s, p50", "µs", "p50Micros", 1.5),
      rowOf(slow, tls, "one record per message at 5,000/s, p99", "µs", "p99Micros", 2),
    ],
  };
}

const ours = "ours";
interface Reference {
  readonly name: string;
  readonly run: (load: Load) => Promise<Figures>;
}
/** The figures of every repeat, by who made them. */
type Measured = Map<string, Figures[]>;

function rowOf(
  of: Measured,
  { name: referenceName }: Reference,
  name: string,
  unit: string,
  pick: keyof Figures,
  goal: number,
): Row {
  const figuresOf = (who: string) => of.get(who)!.map((figures) => figures[pick]);
  const better = pick === "recordsPerSecond" ? "higher" : "lower";
  return row(name, unit, [figuresOf(ours), figuresOf(referenceName)], referenceName, goal, better);
}

function describe({ recordsPerSecond, p50Micros, p99Micros }: Figures): string {
  const latencies = p50Micros > 0 ? `, p50 ${p50Micros.toFixed(0)} µs, p99 ${p99Micros.toFixed(0)} µs` : "";
  return `${Math.round(recordsPerSecond).toLocaleString("en-GB")} records/s${latencies}`;
}
