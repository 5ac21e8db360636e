// Where batches go: into the database in this thread, or through a writing thread of its own.
import { Worker } from "node:worker_threads";
import { workerFile } from "../runtime/index.ts";
import type { PodDatabase } from "./database.ts";
import { limits } from "./limits.ts";
import type { WriterAnswer, WriterOrder } from "./worker.ts";
import { type Batch, Writer } from "./writer.ts";

export interface Outlet {
  write(batch: Batch): void;
  /** Resolves when it may be given more; throws what went wrong with an earlier batch. */
  ready(): Promise<void>;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

export function directOutlet(database: PodDatabase, importId: number): Outlet {
  const writer = new Writer(database, importId);
  return {
    write: (batch) => writer.write(batch),
    ready: () => new Promise((resolve) => setImmediate(resolve)),
    async close() {
      writer.commit();
    },
  };
}

export async function threadOutlet(order: WriterOrder): Promise<Outlet> {
  const worker = new Worker(await workerFile("io/pod/worker"), {
    workerData: order,
    env: {},
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 96 },
  });
  /** The characters of each batch that is not written yet, in order. */
  const underWay: number[] = [];
  let failed: Error | undefined;
  let closed = false;
  let wake: (() => void) | undefined;
  const fail = (cause: Error) => {
    failed ??= cause;
    wake?.();
  };
  worker.on("message", (answer: WriterAnswer) => {
    if (answer.closed) closed = true;
    else underWay.shift();
    if (answer.failed !== undefined) fail(new Error(`writing to the pod failed: ${answer.failed}`));
    wake?.();
  });
  worker.on("error", fail);
  worker.on("exit", () => closed || fail(new Error("the writing thread of the pod ended early")));

  async function until(met: () => boolean): Promise<void> {
    while (!met() && failed === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failed !== undefined) {
      await worker.terminate();
      throw failed;
    }
  }

  return {
    write(batch) {
      underWay.push(batch.chars);
      worker.postMessage(batch, [batch.keys.buffer as ArrayBuffer]);
    },
    ready: () =>
      until(() => underWay.length < limits.maxBatchesUnderWay && charsIn(underWay) < limits.maxCharsUnderWay),
    async close() {
      worker.postMessage(null);
      await until(() => closed);
    },
  };
}

function charsIn(batches: readonly number[]): number {
  return batches.reduce((sum, chars) => sum + chars, 0);
}
