// The reference for `draw-simulate`: what no simulation of N draws can do without, and nothing else, on as many threads. Sort N
// 64-bit ids; look at the 512 ring neighbours of each node that draws; draw 32 out of 512 by XOR order. No adversary, no
// witnesses, no region, no cost, no relocation. The draw is as quick as we know how, so that the ratio flatters nobody. Nothing
// of it is shared with the simulator (the selection is that of src/sim/draw/lottery.ts, written again): were it, whatever
// slows ours down would slow down the reference too, and the ratio would not show it.
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const neighbours = 512;
const actors = 32;

export interface Kernel {
  readonly wallMs: number;
  readonly checksum: number;
}

interface Part {
  readonly keys: Int32Array<SharedArrayBuffer>;
  readonly nodes: number;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

export async function bareKernel(nodes: number, draws: number, workers: number): Promise<Kernel> {
  const ids = new BigUint64Array(nodes);
  const halves = new Uint32Array(ids.buffer);
  const keys = new Int32Array(new SharedArrayBuffer(4 * (nodes + neighbours)));
  fill(halves, 1);
  fill(keys, 2);
  for (let i = 0; i < keys.length; i++) keys[i]! &= 0x7fffffff;
  const startedMs = performance.now();
  ids.sort();
  const stride = Math.floor(nodes / draws);
  const parts = Array.from(
    { length: workers },
    (_, i): Part => ({
      keys,
      nodes,
      from: Math.floor((draws * i) / workers),
      to: Math.floor((draws * (i + 1)) / workers),
      stride,
    }),
  );
  const sums = await Promise.all(
    parts.map((part) => (workers === 1 ? Promise.resolve(scanAndDraw(part)) : onThread(part))),
  );
  const checksum = sums.reduce((sum, each) => (sum + each) | 0, Number(ids[nodes >>> 1]! & 0xffffn));
  return { wallMs: performance.now() - startedMs, checksum };
}

function onThread(part: Part): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { kernel: part } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function scanAndDraw({ keys, from, to, stride }: Part): number {
  let sum = 0;
  for (let draw = from; draw < to; draw++) {
    const at = draw * stride;
    let seen = 0;
    for (let i = at; i < at + neighbours; i++) seen = (seen + keys[i]!) | 0;
    sum = (sum + seen) | 0;
  }
  const kept = new Int32Array(neighbours + 1);
  // 55 of 512 stay on average: four deviations above the 32 that are needed, as in the simulator.
  const ceiling = Math.floor((55 / neighbours) * 2 ** 31);
  for (let draw = from; draw < to; draw++) {
    const at = draw * stride;
    const rnd = (Math.imul(draw, 0x9e3779b1) >>> 1) & ~1;
    let size = 0;
    for (let i = at; i < at + neighbours; i++) {
      const rank = keys[i]! ^ rnd;
      kept[size] = rank;
      size += ((rank - ceiling - 1) | 0) >>> 31;
    }
    sum = (sum + smallest(kept, size, Math.min(size, actors) - 1)) | 0;
  }
  return sum;
}

function smallest(list: Int32Array, size: number, rank: number): number {
  let low = 0;
  let high = size - 1;
  while (low < high) {
    const pivot = list[(low + high) >>> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (list[i]! < pivot) i++;
      while (list[j]! > pivot) j--;
      if (i <= j) {
        const swap = list[i]!;
        list[i++] = list[j]!;
        list[j--] = swap;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return list[rank]!;
}

/** Xorshift: random enough to sort and to draw from. */
function fill(words: Uint32Array | Int32Array, seed: number): void {
  let x = seed;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
}

const part = isMainThread ? undefined : (workerData as { readonly kernel?: Part } | null)?.kernel;
if (part !== undefined) parentPort!.postMessage(scanAndDraw(part));
