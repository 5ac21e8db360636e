// For the sandbox scenarios: starts bodies in one sandbox, and tells whether its other operators go on.
import { afterAll, beforeAll, expect } from "vitest";
import type { Result } from "../../src/core/base/index.ts";
import { operatorManifestSchema, type Params, type RecordShape } from "../../src/core/model/index.ts";
import { createSandbox, type Sandbox } from "../../src/io/sandbox/index.ts";
import { batchOf, columns, rowsOf } from "../../src/operators/harness.ts";
import type { AsyncTransform } from "../../src/operators/index.ts";
import { wasmModule } from "./wasm-module.ts";

export const values = columns("value: int64");

export interface Trial {
  readonly body: Uint8Array | string;
  readonly consumes?: RecordShape;
  readonly produces?: RecordShape;
  readonly inputs?: readonly RecordShape[];
  readonly params?: Params;
  readonly limits?: { memoryBytes?: number; batchMs?: number; outputBytes?: number };
  readonly explain?: boolean;
}

export interface Bench {
  start(trial: Trial): Promise<Result<AsyncTransform>>;
  /** `code: detail` of the first refusal, at the start or over one batch of one record; "accepted" if there is none. */
  outcome(trial: Trial, row?: Record<string, unknown>): Promise<string>;
  sandbox(): Sandbox;
}

/** One sandbox for a file. In it an operator runs all the while; after each trial it must still answer. */
export function sandboxBench(): Bench {
  let sandbox: Sandbox;
  let neighbour: AsyncTransform;
  const start = (trial: Trial) => {
    const format = typeof trial.body === "string" ? ("javascript" as const) : ("wasm" as const);
    const consumes = trial.consumes ?? values;
    const produces = trial.produces ?? consumes;
    const params = trial.params ?? {};
    const manifest = operatorManifestSchema.parse({
      name: "trial",
      body: { format, file: "body" },
      consumes,
      produces,
      params,
      limits: trial.limits ?? {},
    });
    const body = typeof trial.body === "string" ? new TextEncoder().encode(trial.body) : trial.body;
    return sandbox.start({
      format,
      body,
      manifest,
      params: {},
      inputs: trial.inputs ?? [consumes],
      explain: trial.explain ?? false,
    });
  };
  beforeAll(async () => {
    sandbox = createSandbox();
    neighbour = must(await start({ body: wasmModule() }));
  });
  afterAll(async () => {
    await sandbox.close();
    expect(sandbox.statistics()).toEqual({ threads: 0, operators: 0 });
  });
  return {
    start,
    sandbox: () => sandbox,
    async outcome(trial, row = { value: 10n }) {
      const refusal = await firstRefusal(trial, row, start);
      const answer = must(await neighbour.process(0, batchOf(values, [{ value: 1n }])));
      expect(rowsOf(values, answer!)).toEqual([{ value: 1n }]);
      // Only the neighbour's thread is left; ended threads leave the count when they are gone.
      await expect.poll(() => sandbox.statistics().operators, { timeout: 10_000 }).toBe(1);
      return refusal;
    },
  };
}

async function firstRefusal(trial: Trial, row: Record<string, unknown>, start: Bench["start"]): Promise<string> {
  const started = await start(trial);
  if (!started.ok) return `${started.code}: ${started.detail}`;
  const batch = batchOf(trial.consumes ?? values, [row]);
  const answer = await started.value.process(0, batch);
  if (!answer.ok) {
    // Dead from now on, with the same refusal.
    expect(await started.value.process(0, batch)).toEqual(answer);
    expect(await started.value.end()).toEqual(answer);
  }
  await started.value.close();
  return answer.ok ? "accepted" : `${answer.code}: ${answer.detail}`;
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}
