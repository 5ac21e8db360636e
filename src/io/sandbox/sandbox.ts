// The sandbox (DESIGN §1, the middle of a cell): runs a person's own operator with no I/O, bounded memory and time.
//
// INVARIANT 1: the operator sees the columns that its manifest consumes, and no other.
// INVARIANT 2: what leaves is exactly one batch of the shape that its manifest declares, checked on a copy that nobody
//   else can write to. NaN has one bit pattern, so that the digest of an output is the same on every machine.
import type { Worker } from "node:worker_threads";
import { accept, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import {
  BatchReader,
  checkBatch,
  maxBatchBytes,
  prepareShape,
  selectBatch,
  setFloat64,
} from "../../core/batch/index.ts";
import type { OperatorManifest, Params, RecordShape, Signature } from "../../core/model/index.ts";
import type { AsyncTransform } from "../../operators/index.ts";
import type { GuestOrder, GuestReply } from "./guest.ts";
import { limits } from "./limits.ts";
import { WorkerPool } from "./pool.ts";
import { type Answer, Ring } from "./ring.ts";
import { OperatorThread, refusalOfError } from "./thread.ts";

export interface SandboxOrder {
  readonly format: "wasm" | "javascript";
  readonly body: Uint8Array;
  readonly manifest: OperatorManifest;
  /** Override the manifest's defaults. */
  readonly params: Params;
  readonly inputs: readonly RecordShape[];
  /** As inferred; the manifest says the same. */
  readonly signature?: Signature;
  /** Put the body's own error messages into refusals. They may hold data: for its author only, never in a cell. */
  readonly explain?: boolean;
}

export interface Sandbox {
  start(order: SandboxOrder): Promise<Result<AsyncTransform>>;
  /** Threads that exist, and operators among them. */
  statistics(): { threads: number; operators: number };
  close(): Promise<void>;
}

export function createSandbox(options: { warmWorkers?: number } = {}): Sandbox {
  const pool = new WorkerPool(options.warmWorkers ?? limits.warmWorkers);
  const operators = new Set<Worker>();
  return {
    async start(order) {
      const projections = projectionsOf(order);
      if (!projections.ok) return projections;
      const worker = await pool.take();
      operators.add(worker);
      worker.once("exit", () => operators.delete(worker));
      const thread = await startThread(worker, order);
      pool.refill();
      return thread.ok ? accept(transformOf(thread.value, projections.value)) : thread;
    },
    statistics: () => ({ threads: pool.threads, operators: operators.size }),
    close: () => pool.close(),
  };
}

async function startThread(worker: Worker, order: SandboxOrder): Promise<Result<OperatorThread>> {
  const { manifest, format, body } = order;
  const { memoryBytes, batchMs, outputBytes } = manifest.limits;
  const sizes = { inputBytes: maxBatchBytes, outputBytes };
  const ring = Ring.make(sizes);
  const guestOrder: GuestOrder = {
    format,
    body,
    params: { ...manifest.params, ...order.params },
    memoryBytes,
    batchMs,
    ...sizes,
    consumes: manifest.consumes,
    produces: manifest.produces,
    ring: ring.shared,
    explain: order.explain ?? false,
  };
  const refusal = await firstAnswer(worker, guestOrder);
  if (refusal !== null) {
    await worker.terminate();
    return refusal;
  }
  const deadlineMs = format === "wasm" ? batchMs : batchMs + limits.interruptGraceMs;
  return accept(new OperatorThread(worker, ring, deadlineMs, judgeOf(manifest)));
}

/** null when the body is ready. */
function firstAnswer(worker: Worker, order: GuestOrder): Promise<Refusal | null> {
  return new Promise((resolve) => {
    const settle = (refusal: Refusal | null) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      resolve(refusal);
    };
    const onMessage = (reply: GuestReply) =>
      settle(reply.type === "ready" ? null : refuse(reply.code, { detail: reply.detail }));
    const onError = (cause: unknown) => settle(refusalOfError(cause));
    const onExit = () => settle(refuse("operator-trap", { detail: "its thread ended" }));
    const timer = setTimeout(
      () => settle(refuse("operator-timeout", { detail: `not ready after ${limits.startMs} ms` })),
      limits.startMs,
    );
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(order);
  });
}

/** How each input becomes what the manifest consumes; null when it is that already. */
function projectionsOf({ manifest, inputs }: SandboxOrder): Result<((batch: Uint8Array) => Uint8Array)[]> {
  const { consumes } = manifest;
  const projections: ((batch: Uint8Array) => Uint8Array)[] = [];
  for (const [i, input] of inputs.entries()) {
    const columns = consumes.map((column) => input.findIndex((each) => each.name === column.name));
    for (const [c, index] of columns.entries()) {
      const wanted = consumes[c]!;
      const given = input[index];
      if (given?.type === wanted.type && (wanted.nullable || !given.nullable)) continue;
      const carried = given === undefined ? "nothing of that name" : `${given.type}${given.nullable ? "?" : ""}`;
      const detail = `${wanted.name} must be ${wanted.type}${wanted.nullable ? "?" : ""}; input ${i} carries ${carried}`;
      return refuse("operator-inputs", { blame: `inputs.${i}`, detail });
    }
    const same =
      input.length === consumes.length &&
      columns.every((index, c) => index === c && input[index]!.nullable === consumes[c]!.nullable);
    projections.push(
      same ? (batch) => batch : (batch) => selectBatch(new BatchReader(batch, input), consumes, columns, null),
    );
  }
  return accept(projections);
}

function transformOf(
  thread: OperatorThread,
  projections: readonly ((batch: Uint8Array) => Uint8Array)[],
): AsyncTransform {
  return {
    process: (input, batch) => thread.request("process", input, projections[input]!(batch)),
    async end() {
      const batches: Uint8Array[] = [];
      for (;;) {
        const given = await thread.request("end", 0, new Uint8Array(0));
        if (!given.ok) return given;
        if (given.value === null) return accept(batches);
        batches.push(given.value);
        if (batches.length > limits.maxEndBatches) {
          await thread.close();
          return refuse("operator-wrong-output", { detail: `more than ${limits.maxEndBatches} batches at its end` });
        }
      }
    },
    close: () => thread.close(),
  };
}

function judgeOf({
  produces,
  limits: { outputBytes },
}: OperatorManifest): (answer: Answer) => Result<Uint8Array | null> {
  const shape = prepareShape(produces);
  const floats = produces.flatMap((column, index) => (column.type === "float64" ? [index] : []));
  return ({ code, bytes }) => {
    if (code !== null) return refuse(code, { detail: new TextDecoder().decode(bytes) });
    if (bytes.length === 0) return accept(null);
    const checked = checkBatch(bytes, shape, { maxBytes: outputBytes });
    if (!checked.ok) {
      const lied = checked.code === "batch-malformed";
      return refuse(lied ? "operator-lied-about-output" : "operator-wrong-output", { detail: checked.detail ?? "" });
    }
    if (floats.length > 0) unifyNaN(new BatchReader(bytes, produces), floats);
    return accept(bytes);
  };
}

function unifyNaN(batch: BatchReader, columns: readonly number[]): void {
  for (const column of columns) {
    const values = batch.float64(column);
    for (let row = 0; row < values.length; row++) {
      if (Number.isNaN(values[row])) setFloat64(values, batch.halves(column), row, Number.NaN);
    }
  }
}
