// The node's side of the thread that asks pods (worker.ts). It starts with the first question and ends when nobody was asked for a
// while, and what it holds open with it.
//
// INVARIANT 1: everybody who is asked gets an answer, whatever becomes of the thread: a pod that the thread does not come back from, or
//   that it ends in, is refused; the others who were on their way are asked by the next thread.
// INVARIANT 2: the thread is never terminated (worker.ts): it is told to end, and until it does, nothing that it says counts.
import { Worker } from "node:worker_threads";
import { type Refusal, type Result, refuse } from "../../../core/base/index.ts";
import type { Question } from "../../../core/model/index.ts";
import type { Catalogue } from "../../../core/pods/index.ts";
import { workerFile } from "../../runtime/index.ts";
import type { PodRows, PublishedConcept } from "../answer.ts";
import { limits } from "../limits.ts";
import type { PodAsk, PodMessage, PodReplies, PodReply, PodThreadData } from "./worker.ts";

export interface PodThread {
  /** The rows for a question compiled with the thread's catalogue, and what of the question's own words the pod's catalogue describes alike. */
  answer(folder: string, local: Question["local"]): Promise<Result<PodRows>>;
  /** Values of the concepts that she chose to be found by. */
  concepts(folder: string, chosen: readonly string[]): Promise<Result<readonly PublishedConcept[]>>;
  /** A pod that is no longer there: nothing of it stays open. */
  release(folder: string): void;
  close(): Promise<void>;
}

/** What a test or a benchmark may want smaller. */
export type PodThreadLimits = Pick<
  typeof limits,
  "answerWithinMs" | "answerAtOnceWithinMs" | "maxWorkAtOnce" | "maxOpenPods" | "openPodsIdleMs" | "maxAskedWaiting"
>;
type Numbers<T> = { readonly [Name in keyof T]: number };

interface Waiting {
  readonly folder: string;
  readonly ask: PodAsk;
  readonly settle: (result: Result<PodReply>) => void;
}

const watchEveryMs = 250;
const maxNumber = 2 ** 31 - 1;

export function createPodThread(
  catalogue: () => Catalogue,
  changed: Partial<Numbers<PodThreadLimits>> = {},
): PodThread {
  const bounds: Numbers<PodThreadLimits> = { ...limits, ...changed };
  const waiting: Waiting[] = [];
  let current: Life | undefined;
  let last = 0;
  let isClosed = false;
  let isHandingOn = false;
  let idle: NodeJS.Timeout | undefined;
  /** Threads that are on their way out. */
  const leaving = new Set<Promise<void>>();

  function ask(folder: string, asked: PodAsk): Promise<Result<PodReply>> {
    if (isClosed) return Promise.resolve(refuse("pod-thread", { blame: folder, detail: "the node is shutting down" }));
    if (waiting.length >= bounds.maxAskedWaiting)
      return Promise.resolve(refuse("pod-answer", { blame: folder, detail: "too many people of this node are asked" }));
    return new Promise((settle) => {
      waiting.push({ folder, ask: asked, settle });
      handOnSoon();
    });
  }

  /** Who is asked in the same moment goes in one message. */
  function handOnSoon(): void {
    if (isHandingOn) return;
    isHandingOn = true;
    queueMicrotask(() => {
      isHandingOn = false;
      handOn();
    });
  }

  function handOn(): void {
    if (waiting.length === 0 || isClosed) return;
    clearTimeout(idle);
    current ??= new Life(catalogue(), bounds, lost, settled);
    const room = limits.maxAskedAtOnce - current.atOnce;
    if (room <= 0) return;
    const next = waiting.splice(0, room).map((one) => {
      last = (last % maxNumber) + 1;
      return { ...one, number: last };
    });
    current.post(next);
  }

  function settled(life: Life): void {
    if (life !== current) return;
    handOn();
    if (life.isIdle && waiting.length === 0) {
      clearTimeout(idle);
      idle = setTimeout(retire, bounds.openPodsIdleMs);
      idle.unref();
    }
  }

  function retire(): void {
    if (current?.isIdle !== true) return;
    leave(current);
    current = undefined;
  }

  function leave(life: Life): void {
    const gone = life.leave();
    leaving.add(gone);
    void gone.then(() => leaving.delete(gone));
  }

  /** `again`: who was on the way to somebody else's end. */
  function lost(life: Life, again: readonly Waiting[]): void {
    leave(life);
    if (life === current) current = undefined;
    waiting.unshift(...again);
    if (isClosed) refuseAll();
    else handOnSoon();
  }

  function refuseAll(): void {
    for (const { folder, settle } of waiting.splice(0))
      settle(refuse("pod-thread", { blame: folder, detail: "the node is shutting down" }));
  }

  return {
    answer: (folder, local) => ask(folder, { type: "answer", local }) as Promise<Result<PodRows>>,
    concepts: (folder, chosen) =>
      ask(folder, { type: "concepts", chosen }) as Promise<Result<readonly PublishedConcept[]>>,
    release: (folder) => current?.release(folder),
    async close() {
      isClosed = true;
      clearTimeout(idle);
      current?.give("the node is shutting down");
      if (current !== undefined) leave(current);
      current = undefined;
      refuseAll();
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        timer = setTimeout(resolve, bounds.answerAtOnceWithinMs);
      });
      await Promise.race([Promise.all(leaving), patience]);
      clearTimeout(timer);
    },
  };
}

type Posted = Waiting & { readonly number: number };

/** One life of the thread. */
class Life {
  readonly #worker: Promise<Worker>;
  readonly #posted = new Map<number, Posted>();
  readonly #slow = new Set<number>();
  readonly #current = new Int32Array(new SharedArrayBuffer(8));
  readonly #lost: (life: Life, again: readonly Waiting[]) => void;
  readonly #settled: (life: Life) => void;
  /** By lane: who is asked, and since when. */
  readonly #seen = [
    { number: 0, sinceMs: 0 },
    { number: 0, sinceMs: 0 },
  ];
  readonly #patienceMs: readonly number[];
  readonly #watch: NodeJS.Timeout;
  /** Nothing that comes from it counts any more. */
  #isOver = false;
  #isGone = false;

  constructor(
    catalogue: Catalogue,
    { maxOpenPods, maxWorkAtOnce, answerWithinMs, answerAtOnceWithinMs }: Numbers<PodThreadLimits>,
    lost: (life: Life, again: readonly Waiting[]) => void,
    settled: (life: Life) => void,
  ) {
    this.#lost = lost;
    this.#settled = settled;
    this.#patienceMs = [answerAtOnceWithinMs, answerWithinMs + limits.interruptedWithinMs];
    const current = this.#current.buffer as SharedArrayBuffer;
    this.#worker = this.#start({ catalogue, maxOpenPods, maxWorkAtOnce, answerWithinMs, current });
    this.#worker.catch((cause) => this.#end(`it does not start: ${cause}`));
    this.#watch = setInterval(() => this.#look(), watchEveryMs);
    this.#watch.unref();
  }

  /** Asked one after the other: who is in the slow lane holds nobody up. */
  get atOnce(): number {
    return this.#posted.size - this.#slow.size;
  }

  get isIdle(): boolean {
    return this.#posted.size === 0;
  }

  post(orders: readonly Posted[]): void {
    for (const order of orders) this.#posted.set(order.number, order);
    const sent = orders.map(({ number, folder, ask }) => ({ number, folder, ask }));
    this.#send({ type: "orders", orders: sent });
  }

  release(folder: string): void {
    this.#send({ type: "release", folder });
  }

  /** Its pods are closed, in order. Where it is in the middle of a statement, it ends when it comes back. */
  async leave(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#watch);
    const worker = await this.#worker.catch(() => undefined);
    if (worker === undefined || this.#isGone) return;
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    worker.postMessage({ type: "end" } satisfies PodMessage);
    await gone;
  }

  /** To everybody who is asked here. */
  give(detail: string): void {
    for (const { folder, settle } of this.#posted.values()) settle(refuse("pod-thread", { blame: folder, detail }));
    this.#posted.clear();
  }

  #send(message: PodMessage): void {
    this.#worker
      .then((worker) => worker.postMessage(message))
      .catch((cause) => this.#end(`it does not take a message: ${cause}`));
  }

  async #start(workerData: PodThreadData): Promise<Worker> {
    const worker = new Worker(await workerFile("io/pod/asking/worker"), { workerData, env: {}, execArgv: [] });
    worker.on("message", (replies: PodReplies) => this.#take(replies));
    worker.on("error", (cause) => this.#end(String(cause)));
    worker.on("exit", () => {
      this.#isGone = true;
      this.#end("the thread ended");
    });
    return worker;
  }

  #take({ replies, slow }: PodReplies): void {
    if (this.#isOver) return;
    for (const number of slow) if (this.#posted.has(number)) this.#slow.add(number);
    for (const { number, result } of replies) {
      const order = this.#posted.get(number);
      this.#posted.delete(number);
      this.#slow.delete(number);
      order?.settle(result);
    }
    this.#settled(this);
  }

  /** Whether somebody is asked for too long. */
  #look(): void {
    const nowMs = performance.now();
    for (const [lane, seen] of this.#seen.entries()) {
      const number = Atomics.load(this.#current, lane);
      if (number !== seen.number) Object.assign(seen, { number, sinceMs: nowMs });
      const patienceMs = this.#patienceMs[lane]!;
      if (number === 0 || nowMs - seen.sinceMs < patienceMs) continue;
      return this.#end(`it takes longer than ${patienceMs / 1_000} seconds`, "pod-answer", [number]);
    }
  }

  /** `guilty`: the numbers of those it ends with; nobody being known, all. */
  #end(detail: string, code: Refusal["code"] = "pod-thread", guilty = this.#underWay()): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    const again: Waiting[] = [];
    for (const order of this.#posted.values()) {
      if (guilty.length > 0 && !guilty.includes(order.number)) again.push(order);
      else order.settle(refuse(code, { blame: order.folder, detail }));
    }
    this.#posted.clear();
    this.#lost(this, again);
  }

  #underWay(): number[] {
    const numbers = [...this.#current.keys()].map((lane) => Atomics.load(this.#current, lane));
    return numbers.filter((number) => this.#posted.has(number));
  }
}
