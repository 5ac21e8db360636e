// The large draw against its bare kernel, in one run, on as many threads: every node once as setter, 32 actors, cache 512. From
// ten thousand nodes to ten million, so that the growth shows; and a hundred million with a million setters.
import { availableParallelism } from "node:os";
import { type DrawOrder, simulateDraw } from "../src/sim/index.ts";
import { bareKernel } from "./draw-simulate/kernel.ts";

interface Row {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly better: "lower";
}

interface Options {
  readonly log?: (line: string) => void;
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

export default async function bench(options: Options = {}): Promise<{ name: string; rows: Row[] }> {
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
    const [mine, bare] = [median(ours), median(reference)];
    rows.push({
      case: `${nodes.toLocaleString("en-GB")} nodes, ${setters.toLocaleString("en-GB")} draws, ${threads} threads`,
      unit: "s",
      ours: mine,
      reference: bare,
      referenceName: "sort, scan and draw only",
      ratio: mine / bare,
      goal: 3,
      better: "lower",
    });
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
  return {
    case: `${nodes.toLocaleString("en-GB")} nodes, peak memory of the whole process`,
    unit: "GiB",
    ours,
    reference: gibibytes,
    referenceName: "allowed",
    ratio: ours / gibibytes,
    goal: 1,
    better: "lower",
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
