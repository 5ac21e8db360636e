// All stretches of a run, on so many threads. With one, this thread does the work itself, and pauses between stretches so that
// a terminal can be painted and Ctrl-C heard.
import { Worker } from "node:worker_threads";
import { workerFile } from "../../io/runtime/index.ts";
import type { DrawOrder } from "./order.ts";
import type { Sums } from "./outcome.ts";
import type { Ring } from "./ring.ts";
import { Runner, stretchesOf } from "./run.ts";
import type { WorkerOrder } from "./worker.ts";

export interface Watch {
  /** Aborted: stop and throw its reason. */
  readonly signal?: AbortSignal;
  /** Called now and then with the draws done so far. */
  readonly onProgress?: (done: number) => void;
}

export async function runStretches(order: DrawOrder, ring: Ring, workers: number, watch: Watch): Promise<Sums[]> {
  const { count, length } = stretchesOf(order);
  const results = new Array<Sums>(count);
  let done = 0;
  const finish = (stretch: number, sums: Sums): void => {
    results[stretch] = sums;
    done++;
    watch.onProgress?.(Math.min(order.setters, done * length));
  };
  if (workers <= 1 || count === 1) {
    const runner = new Runner(order, ring);
    for (let stretch = 0; stretch < count; stretch++) {
      await new Promise((resolve) => setImmediate(resolve));
      watch.signal?.throwIfAborted();
      finish(stretch, runner.stretch(stretch));
    }
    return results;
  }
  const file = await workerFile("sim/draw/worker");
  let next = 0;
  const threads = Array.from({ length: Math.min(workers, count) }, () => {
    const workerData: WorkerOrder = { order, ring };
    return new Worker(file, { workerData, env: {}, execArgv: [] });
  });
  try {
    await Promise.all(
      threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            let mine = next++;
            thread.on("error", reject);
            thread.on("exit", (code) => reject(new Error(`a thread of the draw ended with ${code}`)));
            watch.signal?.addEventListener("abort", () => reject(watch.signal!.reason), { once: true });
            thread.on("message", (sums: Sums) => {
              finish(mine, sums);
              if (next >= count) return resolve();
              mine = next++;
              thread.postMessage(mine);
            });
            thread.postMessage(mine);
          }),
      ),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return results;
}
