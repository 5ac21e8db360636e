// Threads for operators. A few stand ready with their code loaded, so that a cell starts at once. A thread serves one
// operator and ends with it: nothing of one person's operator is left for the next.
import { Worker } from "node:worker_threads";
import { workerFile } from "../runtime/index.ts";
import { limits } from "./limits.ts";

export class WorkerPool {
  readonly #warm: number;
  readonly #idle: Promise<Worker>[] = [];
  readonly #living = new Set<Worker>();
  #closed = false;

  constructor(warm: number) {
    this.#warm = warm;
    this.refill();
  }

  /** Threads that exist: ready ones and those that run an operator. */
  get threads(): number {
    return this.#living.size;
  }

  take(): Promise<Worker> {
    return this.#idle.shift() ?? this.#spawn();
  }

  /** Called when a start is over, so that the new thread does not slow it down. */
  refill(): void {
    while (!this.#closed && this.#idle.length < this.#warm) {
      const worker = this.#spawn();
      worker.catch(() => {});
      this.#idle.push(worker);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#idle.splice(0));
    await Promise.all([...this.#living].map((worker) => worker.terminate()));
  }

  async #spawn(): Promise<Worker> {
    const file = await workerFile("io/sandbox/worker");
    const worker = new Worker(file, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.workerHeapMb, maxYoungGenerationSizeMb: limits.workerYoungMb },
    });
    worker.unref();
    this.#living.add(worker);
    worker.once("exit", () => this.#living.delete(worker));
    return worker;
  }
}
