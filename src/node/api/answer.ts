// Answers: one JSON line for a value, NDJSON for a stream, bare text for metrics; a refusal looks the same everywhere.
// Streams go at the pace of their reader: the next item is asked for only once the last one has been taken.
import type { ServerResponse } from "node:http";
import { type Refusal, type RefusalCode, sentenceOf } from "../../core/base/index.ts";
import type { ApiLimits } from "./limits.ts";

const statusOf: Partial<Record<RefusalCode, number>> = {
  "api-input": 400,
  "api-token": 401,
  "api-foreign": 403,
  "api-unknown-route": 404,
  "unknown-query": 404,
  "api-method": 405,
  "api-timeout": 408,
  "api-too-large": 413,
  "api-internal": 500,
  "api-busy": 503,
  "api-shutdown": 503,
};
/** The request was understood, and the node says no. */
const refusedStatus = 409;

export function refusalLine(refusal: Refusal): string {
  const { ok, code, blame, detail } = refusal;
  return `${JSON.stringify({ ok, code, blame, detail, sentence: sentenceOf(code) })}\n`;
}

export function statusFor(code: RefusalCode): number {
  return statusOf[code] ?? refusedStatus;
}

export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const line = refusalLine(refusal);
  // What is left of the request is not worth reading: its sender is told to open another connection.
  if (!response.req.complete) response.setHeader("connection", "close");
  if (refusal.code === "api-token") response.setHeader("www-authenticate", "Bearer");
  respond(response, statusFor(refusal.code), "application/json", line);
}

export function answerValue(response: ServerResponse, value: unknown): void {
  respond(response, 200, "application/json", `${JSON.stringify({ ok: true, value })}\n`);
}

export function answerText(response: ServerResponse, text: string): void {
  respond(response, 200, "text/plain; version=0.0.4; charset=utf-8", text);
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, headers(type, { "content-length": Buffer.byteLength(body) })).end(body);
}

function headers(type: string, more: Record<string, string | number> = {}): Record<string, string | number> {
  return { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff", ...more };
}

/**
 * Sends items until they run out, the reader goes away (`signal`), or the reader stalls. Never throws for the reader's
 * faults; what the service throws comes out, after the reader was told.
 */
export async function answerStream(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
  limits: ApiLimits,
): Promise<void> {
  response.writeHead(200, headers("application/x-ndjson"));
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write("\n");
  }, limits.streamHeartbeatMs);
  const gone = whenAborted(signal);
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), gone.promise]);
      if (next?.done === true) break;
      if (next === null) {
        // Either nobody reads any more, or the node goes down: then the reader must not take this for the end.
        if (!response.destroyed) response.write(refusalLine({ ok: false, code: "api-shutdown" }));
        break;
      }
      const taken = response.write(`${JSON.stringify({ ok: true, value: next.value })}\n`);
      if (!taken && !(await drained(response, signal, limits.streamStallMs))) break;
    }
  } catch (cause) {
    response.write(refusalLine({ ok: false, code: "api-internal" }));
    throw cause;
  } finally {
    clearInterval(heartbeat);
    gone.forget();
    // Not awaited: a generator that still waits for its next item would hold us until that comes.
    void Promise.resolve(iterator.return?.()).catch(() => {});
    response.end();
  }
}

function whenAborted(signal: AbortSignal): { promise: Promise<null>; forget: () => void } {
  let forget = () => {};
  const promise = new Promise<null>((resolve) => {
    if (signal.aborted) return resolve(null);
    const listener = () => resolve(null);
    signal.addEventListener("abort", listener, { once: true });
    forget = () => signal.removeEventListener("abort", listener);
  });
  return { promise, forget: () => forget() };
}

function drained(response: ServerResponse, signal: AbortSignal, stallMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (fine: boolean) => {
      clearTimeout(stalled);
      response.off("drain", onDrain);
      signal.removeEventListener("abort", onAbort);
      if (!fine) response.destroy();
      resolve(fine);
    };
    const onDrain = () => settle(true);
    const onAbort = () => settle(false);
    const stalled = setTimeout(onAbort, stallMs);
    response.once("drain", onDrain);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) settle(false);
  });
}
