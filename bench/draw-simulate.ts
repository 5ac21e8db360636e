// The large draw against its bare kernel, in one run, on as many threads: every node once as setter, 32 actors, cache 512. From
// ten thousand nodes to ten million, so that the growth shows; and a hundred million with a million setters.
import { availableParallelism } from "node:os";
import { type DrawOrder, simulateDraw } from "../src/sim/index.ts";
import { bareKernel } from "./draw-simulate/kernel.ts";
import { type Bench, type BenchContext, type Row, row } from "./support/rows.ts";

interface Options extends BenchContext {
  /** The largest network of all. */
  readonly most?: number;
}

const sizes = [
  { nodes: 10_000, repeats: 9 },
  { nodes: 100_000, repeats: 5 },
  { nodes: 1_000_000, repeats: 3 },
  { nodes: 10_000_000, repeats: 3 },
  { nodes: 100_000_000, repeats: 1 },
];
const mostDraws = 10_000_000;
const sampledDraws = 1_000_000;
const gibibytes = 2;
const tooFewForThreads = 32_768;

export default async function bench(options: Options = {}): Promise<Bench> {
  const { log = () => {}, most = Number(process.env.HEDGEROW_BENCH_NODES ?? 100_000_000) } = options;
  const workers = availableParallelism();
  const rows: Row[] = [];
  for (const { nodes, repeats } of sizes.filter((size) => size.nodes <= most)) {
    const setters = nodes <= mostDraws ? nodes : sampledDraws;
    const threads = setters <= tooFewForThreads ? 1 : workers; // as the simulator does
    const [ours, reference]: [number[], number[]] = [[], []];
    for (let repeat = 0; repeat < repeats; repeat++) {
      ours.push(await timed(() => simulateDraw(orderFor(nodes, setters), { workers })));
      // Ours first: the most memory so far is ours, as the kernels before were smaller.
      if (nodes === mostDraws && repeat === 0) rows.push(memoryRow(nodes));
      reference.push((await bareKernel(nodes, setters, threads)).wallMs / 1_000);
      log(
        `${nodes.toLocaleString("en-GB")} nodes: ours ${seconds(ours.at(-1)!)}, kernel ${seconds(reference.at(-1)!)}`,
      );
    }
    const name = `${nodes.toLocaleString("en-GB")} nodes, ${setters.toLocaleString("en-GB")} draws, ${threads} threads`;
    rows.push(row(name, "s", [ours, reference], "sort, scan and draw only", 3, "lower"));
  }
  return { name: "draw-simulate", rows };
}

function orderFor(nodes: number, setters: number): DrawOrder {
  const others = {
    actors: 32,
    cache: 512,
    alpha: 1e-6,
    strategy: "sep2p",
    overlay: "chord",
    seed: 1,
    tries: 1,
  } as const;
  return { nodes, colluding: nodes / 100, setters, ...others };
}

function memoryRow(nodes: number): Row {
  const ours = process.resourceUsage().maxRSS / 2 ** 20;
  const name = `${nodes.toLocaleString("en-GB")} nodes, peak memory of the whole process`;
  return row(name, "GiB", [ours, gibibytes], "allowed", 1, "lower");
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
