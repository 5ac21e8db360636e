// One process of the benchmark's pipeline: a cell host that the parent places one vertex on. The parent speaks to it over
// the fork's channel.
import type { QueryId, VertexId } from "../../src/core/base/index.ts";
import { BatchReader } from "../../src/core/batch/index.ts";
import type { RecordShape } from "../../src/core/model/index.ts";
import { createCellHost, type Wiring } from "../../src/io/cells/index.ts";
import { nodeKeyFromSeed } from "../../src/io/identity/index.ts";
import type { BuiltinOperator, OperatorPorts } from "../../src/operators/index.ts";
import { catalogue } from "../../src/operators/index.ts";
import { Meter } from "./meter.ts";
import { pacedSource } from "./paced.ts";
import { type Job, markerOperators, type Order, type TextWiring } from "./protocol.ts";

export function runChild(): void {
  process.once("message", (job: Job) => void run(job));
}

async function run(job: Job): Promise<void> {
  const key = nodeKeyFromSeed(Uint8Array.from(Buffer.from(job.seed, "hex")));
  const operators = new Map<string, BuiltinOperator>([...catalogue(), ...measured(job)]);
  const host = await createCellHost({
    node: key.node,
    signer: key,
    assurance: "software",
    listener: { host: "127.0.0.1", port: 0 },
    operators,
    receipts: job.receipts,
    ports: () => noPorts,
  });
  host.onEvent((event) => {
    if (event.type === "failed") process.send?.({ failed: event.code, detail: event.detail });
  });
  const query = job.plan.id as QueryId;
  const vertex = job.vertex as VertexId;
  const { plan, planDigest } = job;
  const prepared = await host.prepare({ plan, planDigest, vertex, incarnation: 0, policyDigest: planDigest });
  if (!prepared.ok) throw new Error(prepared.code);
  const { publicKey, edgeAddresses } = prepared.value;
  process.on("message", async (order: Order) => {
    if (order.type === "start") {
      const started = await host.start(query, vertex, revive(order.wiring));
      process.send?.({ started: started.ok });
    }
    if (order.type === "release") host.release(query, vertex);
    if (order.type === "stop") {
      if (process.env.HEDGEROW_BENCH_VERBOSE) console.error(job.vertex, host.statistics(query), process.cpuUsage());
      await host.close();
      process.disconnect();
    }
  });
  process.send?.({
    placed: { node: key.node, incarnation: 0, publicKey: Buffer.from(publicKey).toString("hex"), edgeAddresses },
  });
}

/** Keys travel as text over the channel. */
function revive(wiring: TextWiring): Wiring {
  const key = <End extends { readonly publicKey: string }>(end: End) => ({
    ...end,
    publicKey: Buffer.from(end.publicKey, "hex"),
  });
  return { inputs: wiring.inputs.map(key), outputs: wiring.outputs.map(key) };
}

const noPorts: OperatorPorts = {
  feed: async () => ({ ok: false, code: "operator-equipment" }),
  outlet: async () => ({ ok: false, code: "operator-equipment" }),
  print: () => {},
  keep: async () => {},
  kept: () => [],
  sleep: async () => {},
  keyOf: ({ path, origin }) => `${path}.${origin}`,
  nowMicros: () => 0n,
};

/** The two ends that measure: a source that paces itself, a sink that counts. Everything between is the product's own. */
function measured(job: Job): [string, BuiltinOperator][] {
  const meter = new Meter(job.load, (figures) => process.send?.({ figures }));
  const { paced, counting } = markerOperators();
  return [
    [
      "paced-source",
      { ...paced, start: () => ({ ok: true, value: { kind: "source", source: pacedSource(job.load) } }) },
    ],
    [
      "counting-sink",
      {
        ...counting,
        start: ({ inputs }) => {
          const shape = inputs[0] as RecordShape;
          const write = (bytes: Uint8Array): void => {
            const batch = new BatchReader(bytes, shape);
            meter.batch(batch.rows, batch.int64(1)[0]!);
          };
          return { ok: true, value: { kind: "sink", sink: { write, end: async () => {}, close: async () => {} } } };
        },
      },
    ],
  ];
}
