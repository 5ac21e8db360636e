// A request's input: path, then query string (GET) or JSON body (POST), parsed once with the route's schema.
import type { IncomingMessage } from "node:http";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { schemaFaults } from "../../core/model/index.ts";
import type { ApiLimits } from "./limits.ts";
import type { Matched } from "./router.ts";

export async function readInput(
  request: IncomingMessage,
  matched: Matched,
  search: URLSearchParams,
  limits: ApiLimits,
): Promise<Result<unknown>> {
  const rest = matched.route.method === "GET" ? fromSearch(search) : await fromBody(request, matched, limits);
  if (!rest.ok) return rest;
  const inPath = Object.keys(matched.params).find((name) => Object.hasOwn(rest.value, name));
  if (inPath !== undefined) return refuse("api-input", { blame: inPath, detail: `${inPath} belongs in the path only` });
  const input = { ...rest.value, ...matched.params };
  const parsed = matched.route.input.safeParse(input);
  if (parsed.success) return accept(parsed.data);
  const faults = schemaFaults(matched.route.input, input, parsed.error);
  const named = faults.slice(0, 5).map(({ message, remedy }) => `${message}. ${remedy}`);
  return refuse("api-input", { blame: faults[0]?.path || "input", detail: named.join(" ").slice(0, 500) });
}

function fromSearch(search: URLSearchParams): Result<Record<string, unknown>> {
  const names = [...search.keys()];
  if (new Set(names).size !== names.length) return refuse("api-input", { detail: "a parameter is given twice" });
  return accept(Object.fromEntries(search));
}

async function fromBody(
  request: IncomingMessage,
  matched: Matched,
  limits: ApiLimits,
): Promise<Result<Record<string, unknown>>> {
  // A form of a foreign page can send no JSON content type without asking first, and we never say yes.
  if (!/^application\/json(;|$)/.test(request.headers["content-type"] ?? "")) {
    return refuse("api-input", { blame: "content-type", detail: "content-type must be application/json" });
  }
  const bytes = await collect(request, matched.route.large === true ? limits.maxLargeBodyBytes : limits.maxBodyBytes);
  if (!bytes.ok) return bytes;
  if (bytes.value.length === 0) return accept({});
  let value: unknown;
  try {
    value = JSON.parse(bytes.value.toString("utf8"));
  } catch {
    return refuse("api-input", { blame: "body", detail: "the body is not JSON" });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return refuse("api-input", { blame: "body", detail: "the body must be a JSON object" });
  }
  return accept(value as Record<string, unknown>);
}

/** INVARIANT 1: never holds more than `maxBytes` of a request, whatever its content-length says. */
async function collect(request: IncomingMessage, maxBytes: number): Promise<Result<Buffer>> {
  const tooLarge = refuse("api-too-large", { detail: `at most ${maxBytes} bytes` });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not destroy the socket: the refusal still has to travel back on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) return tooLarge;
    chunks.push(chunk as Buffer);
  }
  return accept(Buffer.concat(chunks));
}
