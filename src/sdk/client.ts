// The typed client of a node's local API, derived from the table in api.ts. Calls answer parsed values or throw one of
// errors.ts: NodeNotRunning, ApiRefusal, ConnectionLost; or the reason of the caller's own signal.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ZodType } from "zod";
import { sentenceOf } from "../core/base/index.ts";
import {
  answerSchema,
  apiFiles,
  type CallerAnswer,
  type CallerInput,
  placeInput,
  type RouteName,
  type RouteShape,
  type Routes,
  routeNames,
  routes,
} from "./api.ts";
import { ApiRefusal } from "./errors.ts";
import { socketPathOf } from "./folder.ts";
import { type Answer, httpTransport, type Transport } from "./transport.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Longest silence to bear before the answer; for a stream, between its items. */
  readonly idleMs?: number;
}

type Arguments<Name extends RouteName> =
  Record<string, never> extends CallerInput<Name>
    ? [input?: CallerInput<Name>, options?: CallOptions]
    : [input: CallerInput<Name>, options?: CallOptions];

/** One function per route: a promise of the answer, or the items of a stream (leaving the loop ends the stream). */
export type HedgerowClient = {
  readonly [Name in RouteName]: (
    ...call: Arguments<Name>
  ) => Routes[Name]["answer"] extends "stream"
    ? AsyncGenerator<CallerAnswer<Name>, void, undefined>
    : Promise<CallerAnswer<Name>>;
} & {
  /** Where this client calls. */
  readonly place: string;
  /** Lets go of idle connections, so that a program can end. */
  close(): void;
};

export type ConnectOptions =
  | { readonly socket: string }
  | { readonly url: string; readonly token: string }
  /** The folder of a node on this machine: its socket is found there. */
  | { readonly folder: string };

/** Longest line of a stream: a result of one batch (4 MiB) written as JSON. */
const maxLineLength = 64 * 1024 * 1024;
/** Planning, stopping and auditing wait for other nodes; each of these answers within their own shorter limits. */
const valueIdleMs = 120_000;
/** The server writes at least a blank line each 15 s. */
const streamIdleMs = 60_000;

/** Opens nothing yet: the first call does, and throws `NodeNotRunning` if nobody is there. */
export function connect(options: ConnectOptions): HedgerowClient {
  if ("socket" in options) {
    return clientOver(httpTransport({ socket: options.socket, folder: null }), options.socket);
  }
  if ("url" in options) {
    return clientOver(httpTransport({ url: options.url, token: options.token, folder: null }), options.url);
  }
  const socket = socketPathOf(options.folder);
  return clientOver(httpTransport({ socket, folder: options.folder }), socket);
}

/** The token of a node on this machine that serves loopback, for `connect({ url, token })`. */
export function tokenOf(folder: string): string {
  return readFileSync(join(folder, apiFiles.folder, apiFiles.token), "utf8").trim();
}

export function clientOver(transport: Transport, place: string): HedgerowClient {
  const calls = Object.fromEntries(
    routeNames.map((name) => {
      const route: RouteShape = routes[name];
      const call = (input: Record<string, unknown> = {}, options: CallOptions = {}) =>
        route.answer === "stream"
          ? streamOf(transport, route, input, options)
          : answerOf(transport, route, input, options);
      return [name, call];
    }),
  );
  return { ...calls, place, close: () => transport.close() } as unknown as HedgerowClient;
}

async function answerOf(
  transport: Transport,
  route: RouteShape,
  input: Record<string, unknown>,
  options: CallOptions,
): Promise<unknown> {
  const answer = await send(transport, route, input, options, valueIdleMs);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return route.answer === "text" && answer.status === 200 ? text : valueIn(text, route.output);
}

async function* streamOf(
  transport: Transport,
  route: RouteShape,
  input: Record<string, unknown>,
  options: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  const answer = await send(transport, route, input, options, streamIdleMs);
  for await (const line of linesOf(answer.chunks)) if (line !== "") yield valueIn(line, route.output);
}

function send(
  transport: Transport,
  route: RouteShape,
  input: Record<string, unknown>,
  options: CallOptions,
  idleMs: number,
): Promise<Answer> {
  const { path, rest } = placeInput(route, input);
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return transport.call({
    method: route.method,
    path: route.method === "GET" && search !== "" ? `${path}?${search}` : path,
    idleMs: options.idleMs ?? idleMs,
    ...(route.method === "POST" ? { body: JSON.stringify(rest) } : {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

function valueIn(text: string, schema: ZodType): unknown {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw notUnderstood("the answer is not JSON");
  }
  const answer = answerSchema.safeParse(raw);
  if (!answer.success) throw notUnderstood("the answer is neither a value nor a refusal");
  if (!answer.data.ok) throw new ApiRefusal(answer.data);
  const value = schema.safeParse(answer.data.value);
  if (value.success) return value.data;
  const issue = value.error.issues[0];
  throw notUnderstood(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

function notUnderstood(detail: string): ApiRefusal {
  return new ApiRefusal({ code: "api-answer", detail, sentence: sentenceOf("api-answer") });
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Pieces of a line not yet ended, joined once: adding chunk to chunk would look at a long line again and again.
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [at, piece] of lines.entries()) {
      if (at > 0) {
        yield pieces.join("");
        pieces = [];
        length = 0;
      }
      pieces.push(piece);
      length += piece.length;
      if (length > maxLineLength) throw notUnderstood(`a line of more than ${maxLineLength} characters`);
    }
  }
  if (length > 0) yield pieces.join("");
}
