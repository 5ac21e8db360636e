// Posts records to an HTTP outlet of the node as NDJSON, one request per batch. Answers 2xx deliver the batch; 408, 429,
// 5xx and no answer are tried again, with growing pauses and a bound; anything else fails at once.
//
// INVARIANT 1: a batch is posted under one key, however often: in another attempt, and by a cell that comes after a crash.
//   Nobody here can know whether what was not answered arrived; the receiver can, by the key.
import { z } from "zod";
import { accept, refuse } from "../core/base/index.ts";
import type { RecordShape } from "../core/model/index.ts";
import { OperatorFault, type OperatorPorts, type Outlet, type RunningSink } from "./contract.ts";
import { defineOperator, orFault } from "./define.ts";
import { recordsToText } from "./formats/index.ts";
import { limits } from "./limits.ts";

const paramsSchema = z.strictObject({
  attempts: z.number().int().min(1).max(limits.maxPostAttempts).default(5),
  /** Pause after the first failure; it doubles after each. */
  pause_ms: z.number().int().min(1).max(limits.maxPostPauseMs).default(200),
});

export const exitHttp = defineOperator({
  name: "exit-http",
  version: 1,
  kind: "sink",
  summary: "Posts records as NDJSON to an address that the node's owner offers as an outlet.",
  inputs: { min: 1, max: 1 },
  needs: "outlet",
  params: paramsSchema,
  // What was written cannot be unwritten: a replaced sink would write again what was not acknowledged yet.
  infer: () => accept({ output: null, stateless: false }),
  start(params, { inputs: [shape], equipment, ports }) {
    if (equipment === undefined) return refuse("operator-equipment", { detail: "the vertex names no equipment" });
    return accept({ kind: "sink", sink: post(params, ports, equipment, shape!) });
  },
});

type HttpOutlet = Extract<Outlet, { kind: "http" }>;

async function open(ports: OperatorPorts, name: string): Promise<HttpOutlet> {
  const outlet = orFault(await ports.outlet(name));
  if (outlet.kind === "http") return outlet;
  await outlet.close();
  throw new OperatorFault(refuse("operator-equipment", { blame: name, detail: "this outlet is not an HTTP address" }));
}

function post(
  params: z.output<typeof paramsSchema>,
  ports: OperatorPorts,
  name: string,
  shape: RecordShape,
): RunningSink {
  const closing = new AbortController();
  let opened: Promise<HttpOutlet> | null = null;
  const fail = (detail: string) => new OperatorFault(refuse("operator-equipment", { blame: name, detail }));
  return {
    async write(batch, position) {
      opened ??= open(ports, name);
      const outlet = await opened;
      const body = new TextEncoder().encode(recordsToText("ndjson", batch, shape));
      // A string of structured fields (RFC 8941), as the header's draft at the IETF wants it.
      const headers = { "content-type": "application/x-ndjson", "idempotency-key": `"${ports.keyOf(position)}"` };
      let last = "no answer";
      for (let attempt = 1; attempt <= params.attempts; attempt++) {
        if (attempt > 1) await ports.sleep(pauseMs(params.pause_ms, attempt), closing.signal);
        if (closing.signal.aborted) throw fail("closed before it was delivered");
        const status = await outlet.post(body, headers, closing.signal).then(
          (answer) => answer.status,
          () => 0,
        );
        if (status >= 200 && status < 300) return;
        if (status !== 0) last = `status ${status}`;
        if (status !== 0 && status !== 408 && status !== 429 && status < 500)
          throw fail(`the address answered ${last}`);
      }
      throw fail(`${params.attempts} attempts failed, the last with ${last}`);
    },
    async end() {},
    async close() {
      closing.abort();
      await (await opened?.catch(() => null))?.close();
    },
  };
}

function pauseMs(first: number, attempt: number): number {
  return Math.min(limits.maxPostPauseMs, first * 2 ** (attempt - 2));
}
