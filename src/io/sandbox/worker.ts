// The thread of one operator. Idle until its order comes; then it starts the body and serves the ring until it is ended.
// It never goes back to its event loop: it sleeps on the ring, and an endless loop in a body ends with the thread.
import { parentPort } from "node:worker_threads";
import { type Guest, GuestFault, type GuestOrder, type GuestReply } from "./guest.ts";
import { limits } from "./limits.ts";
import { asleep, bellWanted, completed, type GuestFaultCode, Ring, submitted } from "./ring.ts";
import { startWebAssembly } from "./webassembly.ts";

const port = parentPort!;
port.once("message", (order: GuestOrder) => void run(order));

async function run(order: GuestOrder): Promise<void> {
  let guest: Guest;
  try {
    guest = await start(order);
  } catch (cause) {
    const { code, detail } = faultOf(cause);
    port.postMessage({ type: "refused", code, detail } satisfies GuestReply);
    return;
  }
  port.postMessage({ type: "ready" } satisfies GuestReply);
  serve(guest, new Ring(order.ring, order));
}

async function start(order: GuestOrder): Promise<Guest> {
  if (order.format === "wasm") return startWebAssembly(order);
  // Loaded when needed: QuickJS is half a megabyte that a WebAssembly body does not want.
  const { startJavaScript } = await import("./javascript.ts");
  return startJavaScript(order);
}

function serve(guest: Guest, ring: Ring): void {
  const { control } = ring;
  for (let sequence = 0; ; sequence = (sequence + 1) | 0) {
    awaitRequest(control, sequence);
    const request = ring.request(sequence);
    if (request.operation === "close") return;
    let fault: GuestFaultCode | null = null;
    let length = 0;
    try {
      length =
        request.operation === "end"
          ? guest.end(request.output)
          : guest.process(request.input, request.bytes, request.output);
    } catch (cause) {
      const { code, detail } = faultOf(cause);
      fault = code;
      const text = new TextEncoder().encode(detail).subarray(0, limits.maxDetailBytes);
      request.output.set(text);
      length = text.length;
    }
    ring.answer(sequence, fault, length);
    Atomics.store(control, completed, (sequence + 1) | 0);
    if (Atomics.exchange(control, bellWanted, 0) === 1) port.postMessage(null);
  }
}

/** Looks again for a moment before it sleeps: to be woken takes longer than most batches. */
function awaitRequest(control: Int32Array, sequence: number): void {
  for (let looks = 0; looks < limits.looksBeforeSleep; looks++) {
    if (Atomics.load(control, submitted) !== sequence) return;
  }
  Atomics.store(control, asleep, 1);
  while (Atomics.load(control, submitted) === sequence) Atomics.wait(control, submitted, sequence);
  Atomics.store(control, asleep, 0);
}

function faultOf(cause: unknown): { code: GuestFaultCode; detail: string } {
  if (cause instanceof GuestFault) return { code: cause.code, detail: cause.message };
  // Only our own code can get here: said as it is, it is a defect to report.
  return {
    code: "operator-threw",
    detail: `the sandbox itself failed: ${cause instanceof Error ? cause.message : "unknown"}`,
  };
}
