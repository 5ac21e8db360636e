// The daemon's local API server: a Unix socket always, 127.0.0.1 with a token if asked. It parses, guards and bounds;
// what the calls do is the NodeService's affair.
//
//   request → guard (host, origin, token) → route → input (bounded, parsed) → service → answer
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { type Refusal, refuse } from "../../core/base/index.ts";
import { apiFiles, type NodeService, type RouteName, socketPathOf } from "../../sdk/index.ts";
import { answerRefusal, answerStream, answerText, answerValue, refusalLine, statusFor } from "./answer.ts";
import { type Guard, loopbackGuard, socketGuard } from "./guard.ts";
import { readInput } from "./input.ts";
import { type ApiLimits, apiLimits } from "./limits.ts";
import { matchRoute } from "./router.ts";
import { claimSocket, refuseOthersFolder } from "./socket.ts";

export interface ApiServerOptions {
  readonly service: NodeService;
  /** The node's data folder; the socket and the token live in its `api` folder. */
  readonly folder: string;
  /** Serve 127.0.0.1 as well; port 0 takes a free one. */
  readonly loopback?: { readonly port: number };
  /** What the service threw, for the log. The caller is told `api-internal` and nothing more. */
  readonly onFault?: (fault: { readonly route: RouteName; readonly cause: unknown }) => void;
  readonly limits?: Partial<ApiLimits>;
}

export interface ApiServer {
  readonly socket: string;
  /** `http://127.0.0.1:PORT`, or null when only the socket is served. */
  readonly url: string | null;
  /** Ends streams, lets calls under way finish for a moment, closes, removes the socket and the token. */
  stop(): Promise<void>;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const limits: ApiLimits = { ...apiLimits, ...options.limits };
  const shutdown = new AbortController();
  const calls = new Calls(options, limits, shutdown.signal);
  const socket = socketPathOf(options.folder);
  await mkdir(join(options.folder, apiFiles.folder), { recursive: true, mode: 0o700 });
  await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
  await refuseOthersFolder(dirname(socket));
  await claimSocket(socket);
  const servers: Server[] = [];
  const tokenFile = join(options.folder, apiFiles.folder, apiFiles.token);
  try {
    // INVARIANT 1: the folder is 0700 before the socket exists, so nobody else can reach it even before its own mode is set.
    servers.push(await listen(calls.server(socketGuard), { path: socket }));
    await chmod(socket, 0o600);
    let url: string | null = null;
    if (options.loopback !== undefined) {
      const token = randomBytes(32).toString("base64url");
      await rm(tokenFile, { force: true });
      await writeFile(tokenFile, token, { mode: 0o600 });
      const server = calls.server(loopbackGuard(token, () => (server.address() as AddressInfo).port));
      servers.push(await listen(server, { host: "127.0.0.1", port: options.loopback.port }));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }
    return { socket, url, stop: () => stopAll(servers, shutdown, limits, [socket, tokenFile]) };
  } catch (cause) {
    await stopAll(servers, shutdown, limits, [socket, tokenFile]);
    throw cause;
  }
}

class Calls {
  private readonly options: ApiServerOptions;
  private readonly limits: ApiLimits;
  private readonly shutdown: AbortSignal;
  private streams = 0;

  constructor(options: ApiServerOptions, limits: ApiLimits, shutdown: AbortSignal) {
    this.options = options;
    this.limits = limits;
    this.shutdown = shutdown;
  }

  server(guard: Guard): Server {
    const { limits } = this;
    const server = createServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        connectionsCheckingInterval: limits.timeoutCheckMs,
        keepAliveTimeout: limits.keepAliveMs,
        maxHeaderSize: limits.maxHeaderBytes,
      },
      (request, response) => void this.serve(guard, request, response),
    );
    server.maxConnections = limits.maxConnections;
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable) return void socket.destroy();
      const refusal = refusalForBrokenRequest(error.code);
      const line = refusalLine(refusal);
      const head = `HTTP/1.1 ${statusFor(refusal.code)} Refused\r\ncontent-type: application/json\r\n`;
      socket.end(`${head}content-length: ${Buffer.byteLength(line)}\r\nconnection: close\r\n\r\n${line}`);
    });
    return server;
  }

  private async serve(guard: Guard, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const allowed = guard(request);
    if (!allowed.ok) return answerRefusal(response, allowed);
    if (this.shutdown.aborted) return answerRefusal(response, refuse("api-shutdown"));
    const [path = "", search = ""] = splitOnce(request.url ?? "/", "?");
    const matched = matchRoute(request.method ?? "GET", path);
    if (!matched.ok) return answerRefusal(response, matched);
    const { name, route } = matched.value;
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.shutdown]);
    try {
      const input = await readInput(request, matched.value, new URLSearchParams(search), this.limits);
      if (!input.ok) return answerRefusal(response, input);
      if (route.answer === "stream" && this.streams >= this.limits.maxStreams) {
        return answerRefusal(response, refuse("api-busy", { detail: `${this.streams} streams are open` }));
      }
      // The table ties the name to its input and answer; that tie does not survive a lookup by a variable.
      const call = this.options.service[name] as (input: unknown, context: object) => ReturnType<NodeService["status"]>;
      const answer = await call.call(this.options.service, input.value, { signal });
      if (!answer.ok) return answerRefusal(response, answer);
      if (route.answer === "value") return answerValue(response, answer.value);
      if (route.answer === "text") return answerText(response, String(answer.value));
      await this.stream(response, answer.value as unknown as AsyncIterable<unknown>, signal);
    } catch (cause) {
      if (request.destroyed && !request.complete) return; // the caller left in the middle of its request
      this.options.onFault?.({ route: name, cause });
      answerRefusal(response, refuse("api-internal"));
    }
  }

  private async stream(response: ServerResponse, items: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
    this.streams++;
    try {
      await answerStream(response, items, signal, this.limits);
    } finally {
      this.streams--;
    }
  }
}

function refusalForBrokenRequest(code: string | undefined): Refusal {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return refuse("api-timeout");
  if (code === "HPE_HEADER_OVERFLOW") return refuse("api-too-large", { detail: "headers" });
  return refuse("api-input", { detail: "not an HTTP request" });
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function listen(server: Server, at: { path: string } | { host: string; port: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

async function stopAll(
  servers: readonly Server[],
  shutdown: AbortController,
  limits: ApiLimits,
  files: readonly string[],
): Promise<void> {
  shutdown.abort();
  await Promise.all(
    servers.map(async (server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection is idle only once its answer has gone out, so one look is not enough.
      const idle = setInterval(() => server.closeIdleConnections(), 10);
      const cut = setTimeout(() => server.closeAllConnections(), limits.drainMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
    }),
  );
  for (const file of files) await rm(file, { force: true });
}
