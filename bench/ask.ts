// Asking people: an AVG over 1,000 owners whose pods two processes keep, every owner doing all of her own work, beside a bare fan-out
// over mutual TLS and Prio3 Sum(16) on the same two processes; and the processor time of one owner beside her asymmetric operations.
// Interleaved; medians.
import { fileURLToPath } from "node:url";
import { runHouse, type Spent } from "./ask/house.ts";
import { type Network, owners, ownersPerHouse, startNetwork } from "./ask/network.ts";
import type { BareCosts } from "./ask/operations.ts";
import { k, runRound } from "./ask/round.ts";
import { bareTlsPapers, fanOut } from "./ask/tls.ts";
import { type Bench, type BenchContext, median, row } from "./support/rows.ts";

if (process.env.HEDGEROW_BENCH_HOUSE) runHouse();

const repeats = 3;
/** Of each house; it takes as long as the rest. */
const measurements = 200;
/** What people publish of themselves takes its time on a busy machine. */
const attempts = 12;
const restMs = 5_000;
/** Her contribution, and one layer around it. */
const seals = 2;

export default async function bench({ log = () => {} }: BenchContext = {}): Promise<Bench> {
  const network = await startNetwork(fileURLToPath(import.meta.url), log);
  try {
    return await measure(network, log);
  } finally {
    await network.stop();
  }
}

async function measure(network: Network, log: (line: string) => void): Promise<Bench> {
  const { nodes, members, houses, analyst, asker } = network;
  const papers = bareTlsPapers();
  const ports = await Promise.all(houses.map((house) => house.ask<number>({ type: "listen", papers })));
  const seen = {
    ours: [] as number[],
    tls: [] as number[],
    prio3: [] as number[],
    us: [] as number[],
    bare: [] as number[],
  };
  for (let attempt = 1; (await runRound(nodes, members, analyst, asker)).owners < owners; attempt++) {
    if (attempt === attempts) throw new Error("the people do not come to an end of publishing");
    log("not everybody is found yet");
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  for (let i = 0; i <= repeats; i++) {
    const before = await network.spent();
    const { ms, planBytes, owners: counted } = await runRound(nodes, members, analyst, asker);
    if (counted !== owners) throw new Error(`${counted} of ${owners} owners were asked`);
    const after = await network.spent();
    const tls = await fanOut(papers, ports, owners);
    const begin = performance.now();
    await Promise.all(houses.map((house) => house.ask({ type: "prio3", measurements })));
    const prio3 = (1_000 * houses.length * measurements) / (performance.now() - begin);
    const costs = await Promise.all(houses.map((house) => house.ask<BareCosts>({ type: "bare" })));
    const own = spentBy(before, after);
    const bare = bareUs(own, costs);
    const ours = (1_000 * owners) / ms;
    log(
      `${i}/${repeats} owners/s ${Math.round(ours)}, TLS ${Math.round(tls)}, Prio3 ${Math.round(prio3)}; an owner ` +
        `${Math.round(own.processorUs)} µs of ${Math.round(bare)} bare: ${own.verified} verified, ${own.signed} signed, ` +
        `${seals} sealed; plan of ${planBytes} bytes${after.some(({ refusals }) => refusals.length > 0) ? `; ${JSON.stringify(after.map(({ refusals }) => refusals))}` : ""}`,
    );
    if (i === 0) continue; // warm
    if (own.verified !== 2 * k + 1 || own.signed !== 1) throw new Error("an owner did not do all of her work");
    seen.ours.push(ours);
    seen.tls.push(tls);
    seen.prio3.push(prio3);
    seen.us.push(own.processorUs);
    seen.bare.push(bare);
  }
  const operations = `${2 * k + 1} verifications, 1 signature, ${seals} X25519 agreements with fresh keys`;
  return {
    name: "ask",
    rows: [
      row(
        "AVG over 1,000 owners",
        "owners/s",
        [seen.ours, seen.tls],
        "bare mutual TLS, a connection each",
        0.7,
        "higher",
      ),
      row("the same", "owners/s", [seen.ours, seen.prio3], "Prio3 Sum(16), shard, prepare, aggregate", 4, "higher"),
      row("processor time of an owner", "µs", [seen.us, seen.bare], operations, 1.5, "lower"),
    ],
  };
}

interface OwnerSpent {
  readonly processorUs: number;
  readonly signed: number;
  readonly verified: number;
}

function spentBy(before: readonly Spent[], after: readonly Spent[]): OwnerSpent {
  const each = (of: "processorUs" | "signed" | "verified") =>
    after.reduce((sum, spent, i) => sum + spent[of] - before[i]![of], 0) / (before.length * ownersPerHouse);
  return { processorUs: each("processorUs"), signed: each("signed"), verified: each("verified") };
}

function bareUs({ signed, verified }: OwnerSpent, costs: readonly BareCosts[]): number {
  const of = (name: keyof BareCosts) => median(costs.map((cost) => cost[name]));
  return verified * of("verify") + signed * of("sign") + seals * of("agree");
}
