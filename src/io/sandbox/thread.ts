// The host's side of one operator's thread: hands requests in, takes answers out in order, and ends the thread when it
// fails, lies or takes too long.
//
//   running ── refusal, deadline, the thread ends ──▶ dead (every call, waiting or later, gets that refusal)
//   running ── close ──▶ dead (operator-closed)
//
// INVARIANT 1: answers are judged in the order of their requests; after the first refusal nothing more is accepted.
// INVARIANT 2: a dead thread is terminated. Nothing of it is used again.
import type { Worker } from "node:worker_threads";
import { type Refusal, type RefusalCode, type Result, refuse } from "../../core/base/index.ts";
import { limits } from "./limits.ts";
import { type Answer, asleep, bellWanted, completed, type Operation, type Ring, submitted } from "./ring.ts";

interface Request {
  readonly operation: Operation;
  readonly input: number;
  readonly batch: Uint8Array;
  readonly resolve: (result: Result<Uint8Array | null>) => void;
}

export class OperatorThread {
  readonly #worker: Worker;
  readonly #ring: Ring;
  readonly #deadlineMs: number;
  readonly #judge: (answer: Answer) => Result<Uint8Array | null>;
  readonly #waiting: Request[] = [];
  readonly #given: Request[] = [];
  #next = 0;
  #seen = 0;
  #timer: NodeJS.Timeout | null = null;
  #progressAtMs = 0;
  #dead: Refusal | null = null;

  /** The worker has answered `ready`. `judge` says what an answer is worth. */
  constructor(worker: Worker, ring: Ring, deadlineMs: number, judge: (answer: Answer) => Result<Uint8Array | null>) {
    this.#worker = worker;
    this.#ring = ring;
    this.#deadlineMs = deadlineMs;
    this.#judge = judge;
    worker.on("message", () => this.#drain());
    worker.on("error", (cause) => this.#fail(refusalOfError(cause)));
    worker.on("exit", () => this.#fail(refuse("operator-trap", { detail: "its thread ended" })));
  }

  request(operation: Operation, input: number, batch: Uint8Array): Promise<Result<Uint8Array | null>> {
    if (this.#dead !== null) return Promise.resolve(this.#dead);
    if (this.#waiting.length === limits.maxQueued) {
      return Promise.resolve(refuse("operator-timeout", { detail: `${limits.maxQueued} batches wait for it` }));
    }
    return new Promise((resolve) => {
      this.#waiting.push({ operation, input, batch, resolve });
      this.#submit();
    });
  }

  async close(): Promise<void> {
    this.#fail(refuse("operator-closed"));
    await this.#worker.terminate();
  }

  #submit(): void {
    const { control } = this.#ring;
    const idle = this.#given.length === 0;
    while (this.#waiting.length > 0 && this.#given.length < limits.slots) {
      const request = this.#waiting.shift()!;
      this.#ring.write(this.#next, request.operation, request.input, request.batch);
      this.#next = (this.#next + 1) | 0;
      this.#given.push(request);
      Atomics.store(control, submitted, this.#next);
    }
    if (Atomics.load(control, asleep) === 1) Atomics.notify(control, submitted);
    if (this.#given.length === 0) return;
    if (idle) this.#watch();
    Atomics.store(control, bellWanted, 1);
    // The thread may have answered before it could see that the bell is wanted.
    if (Atomics.load(control, completed) !== this.#seen) queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    if (this.#dead !== null) return;
    const done = Atomics.load(this.#ring.control, completed);
    if (done === this.#seen) return;
    this.#progressAtMs = performance.now();
    while (this.#seen !== done) {
      const request = this.#given.shift()!;
      const judged = this.#judge(this.#ring.take(this.#seen));
      this.#seen = (this.#seen + 1) | 0;
      request.resolve(judged);
      if (!judged.ok) {
        this.#fail(judged);
        return;
      }
    }
    this.#submit();
    if (this.#given.length === 0) this.#timer?.unref();
  }

  /** One timer for many batches: it looks, when it fires, at how long ago something was answered. */
  #watch(): void {
    this.#progressAtMs = performance.now();
    if (this.#timer === null) this.#timer = setTimeout(() => this.#look(), this.#deadlineMs);
    else this.#timer.ref();
  }

  #look(): void {
    this.#timer = null;
    this.#drain();
    if (this.#dead !== null || this.#given.length === 0) return;
    const leftMs = this.#progressAtMs + this.#deadlineMs - performance.now();
    if (leftMs <= 0)
      this.#fail(refuse("operator-timeout", { detail: `longer than ${this.#deadlineMs} ms over one batch` }));
    else this.#timer = setTimeout(() => this.#look(), Math.ceil(leftMs));
  }

  #fail(refusal: Refusal): void {
    if (this.#dead !== null) return;
    this.#dead = refusal;
    if (this.#timer !== null) clearTimeout(this.#timer);
    void this.#worker.terminate();
    for (const request of [...this.#given.splice(0), ...this.#waiting.splice(0)]) request.resolve(refusal);
  }
}

export function refusalOfError(cause: unknown): Refusal {
  const { code } = cause as { code?: string };
  const kind: RefusalCode = code === "ERR_WORKER_OUT_OF_MEMORY" ? "operator-out-of-memory" : "operator-trap";
  return refuse(kind, { detail: code ?? "its thread failed" });
}
