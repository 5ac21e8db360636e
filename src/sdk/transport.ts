// How a client's calls travel: HTTP over the node's Unix socket, or over loopback with its token.
import { Agent, type IncomingMessage, request } from "node:http";
import { ConnectionLost, NodeNotRunning } from "./errors.ts";

export interface Call {
  readonly method: "GET" | "POST";
  /** With its query string. */
  readonly path: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Longest silence before the answer, and between its parts. */
  readonly idleMs: number;
}

export interface Answer {
  readonly status: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Transport {
  call(call: Call): Promise<Answer>;
  close(): void;
}

export interface Place {
  readonly socket?: string;
  readonly url?: string;
  readonly token?: string;
  /** For the advice when nothing answers. */
  readonly folder: string | null;
}

const closedUnderUs = new Set(["ECONNRESET", "EPIPE"]);
const notThere = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK", "EACCES", "EHOSTUNREACH"]);

export function httpTransport(place: Place): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const where = place.socket ?? place.url ?? "";
  const target = place.url === undefined ? null : new URL(place.url);

  function attempt(call: Call, over: Agent | false): Promise<Answer | "closed-while-idle"> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { accept: "application/json" };
      if (place.token !== undefined) headers.authorization = `Bearer ${place.token}`;
      if (call.body !== undefined) {
        headers["content-type"] = "application/json";
        headers["content-length"] = Buffer.byteLength(call.body);
      }
      const outgoing = request({
        agent: over,
        method: call.method,
        path: call.path,
        headers,
        ...(target === null ? { socketPath: place.socket } : { host: target.hostname, port: target.port }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      outgoing.setTimeout(call.idleMs, () => outgoing.destroy(new Error(`silent for ${call.idleMs} ms`)));
      outgoing.once("error", (cause: NodeJS.ErrnoException) => {
        if (call.signal?.aborted) return reject(call.signal.reason);
        if (outgoing.reusedSocket && closedUnderUs.has(cause.code ?? "")) return resolve("closed-while-idle");
        if (notThere.has(cause.code ?? "")) return reject(new NodeNotRunning(where, place.folder, { cause }));
        reject(new ConnectionLost(`The node at ${where} did not answer: ${cause.message}.`, { cause }));
      });
      outgoing.once("response", (incoming) =>
        resolve({ status: incoming.statusCode ?? 0, chunks: chunksOf(incoming, where, call.signal) }),
      );
      outgoing.end(call.body);
    });
  }

  return {
    close: () => agent.destroy(),
    async call(call) {
      // A server may close an idle connection in the very moment in which we write on it. Asking again is safe for what
      // changes nothing; what changes something takes a connection of its own, so that it is never done twice.
      const first = await attempt(call, call.method === "GET" ? agent : false);
      const result = first === "closed-while-idle" ? await attempt(call, false) : first;
      if (result === "closed-while-idle") throw new ConnectionLost(`The node at ${where} closed the connection.`);
      return result;
    },
  };
}

/** The parts of an answer. One that ends before its sender ended it throws: half an answer is not an answer. */
async function* chunksOf(incoming: IncomingMessage, where: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of incoming) yield chunk as Uint8Array;
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectionLost(`The node at ${where} broke off its answer: ${message}.`, { cause });
  }
}
