// A WebAssembly operator in its sandbox, against the same module called bare in a worker over shared memory (the caller
// sleeps on the shared memory itself, the fastest way there is). And the start of a cell, against the start of a bare
// worker with the same module. Interleaved; medians.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { allocateBatch } from "../src/core/batch/index.ts";
import { type Attribute, operatorManifestSchema, type RecordShape } from "../src/core/model/index.ts";
import { createSandbox, type Sandbox } from "../src/io/sandbox/index.ts";
import { type Bench, type BenchContext, row } from "./support/rows.ts";

const repeats = 7;
const rows = 1024;
/** Batches on their way at once, for both. */
const depth = 4;
const batches = 20_000;

const shape: RecordShape = [
  { name: "temperature" as Attribute, type: "float64", nullable: false },
  { name: "payload" as Attribute, type: "bytes", nullable: false },
];

export default async function bench({ root = process.cwd(), log = () => {} }: BenchContext = {}): Promise<Bench> {
  const body = new Uint8Array(readFileSync(`${root}/examples/operators/c/operator.wasm`));
  const script = `${root}/bench/sandbox/bare-worker.mjs`;
  const manifest = operatorManifestSchema.parse({
    name: "fahrenheit",
    body: { format: "wasm", file: "operator.wasm" },
    consumes: shape,
    produces: shape,
    limits: { memoryBytes: 128 * 65_536 },
  });
  const order = { format: "wasm", body, manifest, params: {}, inputs: [shape] } as const;
  const figures = {
    ours: [] as number[],
    bare: [] as number[],
    start: [] as number[],
    cold: [] as number[],
    bareStart: [] as number[],
  };
  const warm = createSandbox();
  const cold = createSandbox({ warmWorkers: 0 });
  const startOurs = async (sandbox: Sandbox) => {
    const startedAtMs = performance.now();
    const started = await sandbox.start(order);
    const ms = performance.now() - startedAtMs;
    if (!started.ok) throw new Error(started.detail);
    await started.value.close();
    await sleep(150);
    return ms;
  };
  await startOurs(warm);
  for (let i = 0; i < repeats; i++) {
    figures.ours.push(await throughOurs(warm, order));
    figures.bare.push(await throughBare(script, body));
    figures.start.push(await startOurs(warm));
    figures.bareStart.push(await startBare(script, body));
    figures.cold.push(await startOurs(cold));
    const at = (all: number[]) => all[i]!.toPrecision(3);
    log(
      `${i + 1}/${repeats} through ${at(figures.ours)}, bare ${at(figures.bare)}; start ${at(figures.start)}, cold ${at(figures.cold)}, bare ${at(figures.bareStart)} ms`,
    );
  }
  await warm.close();
  await cold.close();
  return {
    name: "sandbox",
    rows: [
      row(
        "64-byte records through a WebAssembly operator, batches of 1,024",
        "records/s",
        [figures.ours, figures.bare],
        "bare worker",
        0.7,
        "higher",
      ),
      row("start of a cell", "ms", [figures.start, figures.bareStart], "bare worker", 1.3, "lower"),
      row("start of a cell, no warm worker left", "ms", [figures.cold, figures.bareStart], "bare worker", 1.3, "lower"),
    ],
  };
}

function input(): Uint8Array {
  const batch = allocateBatch(shape, rows, { dataLengths: [0, 52 * rows] });
  batch.float64(0).fill(21.5);
  const offsets = batch.offsets(1);
  for (let i = 0; i <= rows; i++) offsets[i] = 52 * i;
  return batch.bytes;
}

async function throughOurs(sandbox: Sandbox, order: Parameters<Sandbox["start"]>[0]): Promise<number> {
  const started = await sandbox.start(order);
  if (!started.ok) throw new Error(started.detail);
  const batch = input();
  const drive = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const answer = await started.value.process(0, batch);
      if (!answer.ok) throw new Error(answer.detail);
    }
  };
  await Promise.all(Array.from({ length: depth }, () => drive(200)));
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: depth }, () => drive(batches / depth)));
  const seconds = (performance.now() - startedAtMs) / 1000;
  await started.value.close();
  return (batches * rows) / seconds;
}

async function throughBare(script: string, body: Uint8Array): Promise<number> {
  const batch = input();
  const slotBytes = (batch.length + 63) & ~63;
  const shared = new SharedArrayBuffer(64 + depth * slotBytes);
  const control = new Int32Array(shared, 0, 4);
  const bytes = new Uint8Array(shared, 64);
  control[3] = batch.length;
  const worker = await ready(new Worker(script, { workerData: { body, shared, slots: depth, slotBytes } }));
  let [given, taken] = [0, 0];
  let output = batch;
  const drive = (count: number) => {
    const end = taken + count;
    while (taken < end) {
      while (given < end && given - taken < depth) {
        bytes.set(batch, (given % depth) * slotBytes);
        Atomics.store(control, 0, ++given);
        Atomics.notify(control, 0);
      }
      while (Atomics.load(control, 1) === taken) Atomics.wait(control, 1, taken);
      const from = (taken++ % depth) * slotBytes;
      // The caller gets a batch of its own, as ours does: the slot is about to be used again.
      output = bytes.slice(from, from + batch.length);
    }
  };
  drive(800);
  const startedAtMs = performance.now();
  drive(batches);
  const seconds = (performance.now() - startedAtMs) / 1000;
  await worker.terminate();
  if (output.length !== batch.length) throw new Error("the bare worker gave another batch");
  return (batches * rows) / seconds;
}

async function startBare(script: string, body: Uint8Array): Promise<number> {
  const startedAtMs = performance.now();
  const shared = new SharedArrayBuffer(64);
  const worker = await ready(new Worker(script, { workerData: { body, shared, slots: depth, slotBytes: 0 } }));
  const ms = performance.now() - startedAtMs;
  await worker.terminate();
  return ms;
}

function ready(worker: Worker): Promise<Worker> {
  return new Promise((resolve, reject) => worker.once("message", () => resolve(worker)).once("error", reject));
}
