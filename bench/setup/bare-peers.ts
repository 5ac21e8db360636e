// Processes with bare js-libp2p nodes: one that asks, and others that answer.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

type Order =
  | { readonly type: "dial"; readonly addresses: readonly string[] }
  | { readonly type: "ask"; readonly rounds: number; readonly streams: "one per request" | "kept" }
  | { readonly type: "hang-up" };

const deadlineMs = 30_000;

export class BarePeers {
  readonly #processes: readonly ChildProcess[];
  readonly #addresses: readonly string[];

  static async start(root: string, answering: number): Promise<BarePeers> {
    const file = join(root, "bench/reference/libp2p-peer.mjs");
    const processes = Array.from({ length: 1 + answering }, () => fork(file, { execArgv: [] }));
    const ready = await Promise.all(processes.map((process) => next<{ address: string }>(process)));
    return new BarePeers(
      processes,
      ready.map(({ address }) => address),
    );
  }

  private constructor(processes: readonly ChildProcess[], addresses: readonly string[]) {
    this.#processes = processes;
    this.#addresses = addresses;
  }

  /** The first dials all others, one after the other. Milliseconds. */
  dial(): Promise<number> {
    return this.#order({ type: "dial", addresses: this.#addresses.slice(1) });
  }
  ask(rounds: number, streams: "one per request" | "kept"): Promise<number> {
    return this.#order({ type: "ask", rounds, streams });
  }
  async hangUp(): Promise<void> {
    await this.#order({ type: "hang-up" });
  }
  stop(): void {
    for (const process of this.#processes) if (process.connected) process.disconnect();
  }

  async #order(order: Order): Promise<number> {
    const answer = next<{ ms: number }>(this.#processes[0]!);
    this.#processes[0]!.send(order);
    return (await answer).ms;
  }
}

function next<T>(process: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("a bare node ended, or did not answer in time"));
    const timer = setTimeout(fail, deadlineMs);
    process.once("exit", fail);
    process.once("message", (message) => {
      clearTimeout(timer);
      process.off("exit", fail);
      resolve(message as T);
    });
  });
}
