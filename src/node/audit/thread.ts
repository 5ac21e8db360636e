// The node's side of the auditing thread (worker.ts). It starts with the first audit and ends with the last one under way, so
// that what audits hold goes with it.
import { Worker } from "node:worker_threads";
import type { NodeId } from "../../core/base/index.ts";
import type { AuditedQuery } from "../../core/cell/index.ts";
import { workerFile } from "../../io/runtime/index.ts";
import type { AnsweredLeaves } from "./examination.ts";
import { limits } from "./limits.ts";
import type { AuditAnswers, AuditMessage, AuditOrder, AuditReply, Judged } from "./worker.ts";

export interface AuditSession {
  /** Whether to read on from this giver. */
  take(giver: NodeId, envelopes: readonly Uint8Array[]): Promise<boolean>;
  /** Writes what is held to where a later audit finds it; how many receipts that is. */
  keep(): Promise<number>;
  judge(leaves: AnsweredLeaves): Promise<Judged>;
}

export interface AuditThread {
  /** `folder`: where receipts of settled queries are kept. The session ends with `work`. */
  session<T>(folder: string, query: AuditedQuery, work: (session: AuditSession) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function createAuditThread(): AuditThread {
  let current: Running | undefined;
  let sessions = 0;
  let closed = false;

  return {
    async session(folder, query, work) {
      if (closed) throw new Error("the node is shutting down");
      if (current === undefined || current.failed) current = new Running();
      const thread = current;
      const number = ++sessions;
      thread.sessions++;
      const ask = <Type extends AuditOrder["type"]>(order: Extract<AuditOrder, { type: Type }>) =>
        thread.ask(number, order) as Promise<AuditAnswers[Type]>;
      try {
        await ask<"begin">({ type: "begin", folder, query });
        return await work({
          take: (giver, envelopes) => ask<"take">({ type: "take", giver, envelopes }),
          keep: () => ask<"keep">({ type: "keep" }),
          judge: (leaves) => ask<"judge">({ type: "judge", leaves }),
        });
      } finally {
        thread.sessions--;
        if (thread.sessions === 0) {
          if (current === thread) current = undefined;
          await thread.end();
        } else await ask<"end">({ type: "end" }).catch(() => undefined); // it failed: its sessions went with it
      }
    },
    async close() {
      closed = true;
      await current?.end();
    },
  };
}

interface Pending {
  readonly resolve: (answer: AuditReply["answer"]) => void;
  readonly reject: (cause: Error) => void;
}

/** One life of the thread. */
class Running {
  sessions = 0;
  failed = false;
  readonly #worker: Promise<Worker>;
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor() {
    this.#worker = this.#start();
  }

  async ask(session: number, order: AuditOrder): Promise<AuditReply["answer"]> {
    const worker = await this.#worker;
    if (this.failed) throw new Error("the auditing thread has ended");
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      worker.postMessage({ number, session, order } satisfies AuditMessage);
    });
  }

  async end(): Promise<void> {
    const worker = await this.#worker.catch(() => undefined);
    await worker?.terminate();
  }

  async #start(): Promise<Worker> {
    const worker = new Worker(await workerFile("node/audit/worker"), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.maxHeapMb },
    });
    worker.on("message", ({ number, answer, failed }: AuditReply) => {
      const waiting = this.#pending.get(number);
      this.#pending.delete(number);
      if (failed === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(`the audit failed: ${failed}`));
    });
    worker.on("error", (cause) => this.#fail(new Error("the auditing thread failed", { cause })));
    worker.on("exit", () => this.#fail(new Error("the auditing thread ended early")));
    return worker;
  }

  #fail(cause: Error): void {
    this.failed = true;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(cause);
  }
}
