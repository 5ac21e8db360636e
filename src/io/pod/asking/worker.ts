// The thread that asks pods: opening, statements, rows. One person after the other; a statement that may take long computes beside
// that, in a lane of its own (interruptible.ts).
//
// INVARIANT 1: it ends by itself. Nobody terminates it, nor bounds its heap: libsql ends the whole process when it comes back into a
//   thread that is being terminated.
import { parentPort, workerData } from "node:worker_threads";
import { accept, assert, type Result, refuse } from "../../../core/base/index.ts";
import type { Question } from "../../../core/model/index.ts";
import type { Catalogue } from "../../../core/pods/index.ts";
import {
  answerAtOnce,
  conceptsFrom,
  type PodAnswer,
  type PodRows,
  type PublishedConcept,
  podRows,
  prepareAnswer,
} from "../answer.ts";
import { OwnCatalogues } from "../own-catalogue.ts";
import { answerInterruptibly } from "./interruptible.ts";
import { OpenPods } from "./open-pods.ts";

export interface PodThreadData {
  readonly catalogue: Catalogue;
  readonly maxOpenPods: number;
  readonly maxWorkAtOnce: number;
  readonly answerWithinMs: number;
  /** Who is asked at this moment, by the number of the order; 0: nobody. The first is who is asked at once, the second the slow lane. */
  readonly current: SharedArrayBuffer;
}
export type PodAsk =
  | { readonly type: "answer"; readonly local: Question["local"] }
  | { readonly type: "concepts"; readonly chosen: readonly string[] };
export interface PodOrder {
  /** Positive, of 31 bits. */
  readonly number: number;
  readonly folder: string;
  readonly ask: PodAsk;
}
export type PodMessage =
  | { readonly type: "orders"; readonly orders: readonly PodOrder[] }
  | { readonly type: "release"; readonly folder: string }
  /** To whoever has not been asked yet, nothing is answered any more. */
  | { readonly type: "end" };
export interface PodReplies {
  readonly replies: readonly { readonly number: number; readonly result: Result<PodReply> }[];
  /** Orders that went to the slow lane: they hold nobody up. */
  readonly slow: readonly number[];
}
export type PodReply = PodRows | readonly PublishedConcept[];

/** Replies leave together, but none waits for long. */
const repliesAtOnce = 16;
const repliesWithinMs = 5;

const port = parentPort;
assert(port !== null, "runs as a thread");
const data = workerData as PodThreadData;
const current = new Int32Array(data.current);
const pods = new OpenPods(data.maxOpenPods);
const catalogues = new OwnCatalogues(data.catalogue, data.maxOpenPods);
const orders: PodOrder[] = [];
let replies: PodReplies["replies"][number][] = [];
let slow: number[] = [];
let repliedMs = performance.now();
let isRunning = false;
const ending = new AbortController();
let slowLane: Promise<void> = Promise.resolve();

function reply(number: number, result: Result<PodReply>): void {
  replies.push({ number, result });
}

function flush(): void {
  repliedMs = performance.now();
  if (replies.length === 0 && slow.length === 0) return;
  port!.postMessage({ replies, slow } satisfies PodReplies);
  [replies, slow] = [[], []];
}

/** null: it is answered in the slow lane. */
async function perform(order: PodOrder): Promise<Result<PodReply> | null> {
  try {
    return await ask(order);
  } catch (cause) {
    return refuse("pod-answer", { detail: String(cause) });
  }
}

async function ask({ number, folder, ask }: PodOrder): Promise<Result<PodReply> | null> {
  let isTroubled = false;
  const used = await pods.use(folder, ({ key, database, tables }): Result<PodReply> | null => {
    if (ask.type === "concepts") return accept(conceptsFrom(database, ask.chosen, data.catalogue, tables));
    const catalogue = catalogues.of(folder, ask.local);
    if (!catalogue.ok) return catalogue;
    const resultOf = ({ rows, trouble }: PodAnswer): Result<PodReply> => {
      isTroubled = trouble !== null;
      return trouble ?? accept(podRows(rows, ask.local, catalogue.value, tables));
    };
    const prepared = prepareAnswer(database, ask.local, catalogue.value, tables);
    if ("trouble" in prepared) return resultOf(prepared);
    if (prepared.work <= data.maxWorkAtOnce) return resultOf(answerAtOnce(database, prepared, Date.now));
    slow.push(number);
    slowLane = slowLane.then(async () => {
      Atomics.store(current, 1, number);
      reply(number, resultOf(await answerInterruptibly(folder, key, prepared, data.answerWithinMs, ending.signal)));
      Atomics.store(current, 1, 0);
      flush();
    });
    return null;
  });
  if (!used.ok) return used;
  // It may have been left in the middle.
  if (isTroubled) pods.release(folder);
  return used.value;
}

async function run(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  for (let order = orders.shift(); order !== undefined; order = orders.shift()) {
    Atomics.store(current, 0, order.number);
    const result = await perform(order);
    if (result !== null) reply(order.number, result);
    Atomics.store(current, 0, 0);
    if (replies.length < repliesAtOnce && performance.now() - repliedMs < repliesWithinMs) continue;
    flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  flush();
  isRunning = false;
  if (ending.signal.aborted) await end();
}

async function end(): Promise<void> {
  await slowLane;
  pods.close();
  port!.close();
}

port.on("message", (message: PodMessage) => {
  if (message.type === "orders") {
    orders.push(...message.orders);
    void run();
  } else if (message.type === "release") pods.release(message.folder);
  else {
    ending.abort();
    orders.length = 0;
    void run();
  }
});
