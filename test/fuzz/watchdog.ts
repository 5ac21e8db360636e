// A hang cannot be caught by the thread that hangs. A second thread watches a counter; when one input takes longer than
// the bound, it says which (target and seed) and ends the process, so that the run fails instead of standing still.
import { Worker } from "node:worker_threads";

/** A hostile input is dealt with in milliseconds; a hundred times slower machines still stay below this. */
const hangAfterMs = 30_000;

const shared = new Int32Array(new SharedArrayBuffer(12 + 4 * 64));
const [beats, seedAt, lengthAt, nameAt] = [0, 1, 2, 3] as const;
let worker: Worker | undefined;
let named = "";

const source = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const { shared, hangAfterMs } = workerData;
for (;;) {
  const before = Atomics.load(shared, 0);
  if (before < 0) break;
  Atomics.wait(shared, 0, before, hangAfterMs);
  if (Atomics.load(shared, 0) !== before) continue;
  const name = String.fromCharCode(...shared.subarray(3, 3 + shared[2]));
  writeSync(2, "\\nfuzz: an input hangs: target " + name + ", input seed " + (shared[1] >>> 0) + "\\n");
  process.kill(process.pid, "SIGKILL");
}`;

export function startWatchdog(): void {
  worker = new Worker(source, { eval: true, workerData: { shared, hangAfterMs } });
  worker.unref();
}

export async function stopWatchdog(): Promise<void> {
  Atomics.store(shared, beats, -1);
  Atomics.notify(shared, beats);
  await worker?.terminate();
}

/** Called before each input. */
export function watched(target: string, inputSeed: number): void {
  if (target !== named) {
    named = target;
    const letters = [...target].slice(0, 64);
    for (const [i, letter] of letters.entries()) shared[nameAt + i] = letter.charCodeAt(0);
    shared[lengthAt] = letters.length;
  }
  shared[seedAt] = inputSeed | 0;
  Atomics.store(shared, beats, (Atomics.load(shared, beats) + 1) & 0x3fff_ffff);
}
