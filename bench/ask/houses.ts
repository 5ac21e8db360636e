// The processes that keep the people's pods, as the measuring process sees them.
import { type ChildProcess, fork } from "node:child_process";
import type { HouseCommand } from "./house.ts";

const deadlineMs = 300_000;
/** HEDGEROW_BENCH_PROFILE=FOLDER writes a processor profile of each process there. */
const folder = process.env.HEDGEROW_BENCH_PROFILE;
const execArgv = folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];

export class House {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (cause: Error) => void }>();
  #next = 1;

  constructor(file: string) {
    this.#process = fork(file, { env: { ...process.env, HEDGEROW_BENCH_HOUSE: "1" }, execArgv });
    this.#process.on("message", ({ number, value, failed }: { number: number; value?: never; failed?: string }) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (failed === undefined) waiting?.resolve(value as never);
      else waiting?.reject(new Error(failed));
    });
    this.#process.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("a house ended early"));
    });
  }

  ask<T>(command: HouseCommand): Promise<T> {
    const number = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${command.type} in time`)), deadlineMs);
      const settle = <A extends unknown[]>(act: (...values: A) => void) => {
        return (...values: A) => {
          clearTimeout(timer);
          act(...values);
        };
      };
      this.#waiting.set(number, { resolve: settle(resolve) as (value: never) => void, reject: settle(reject) });
      this.#process.send({ number, command });
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.send({ number: 0, command: { type: "stop" } satisfies HouseCommand });
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(timer);
  }
}
