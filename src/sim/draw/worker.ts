// A thread of the large draw: gets the ring, which all threads share, and then stretch after stretch.
import { parentPort, workerData } from "node:worker_threads";
import type { DrawOrder } from "./order.ts";
import type { Ring } from "./ring.ts";
import { Runner } from "./run.ts";

export interface WorkerOrder {
  readonly order: DrawOrder;
  readonly ring: Ring;
}

const { order, ring } = workerData as WorkerOrder;
const runner = new Runner(order, ring);
const port = parentPort!;
port.on("message", (stretch: number) => port.postMessage(runner.stretch(stretch)));
