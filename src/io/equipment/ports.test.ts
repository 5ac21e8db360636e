// An outlet that is a URL, against servers that do not behave.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { QueryId, VertexId } from "../../core/base/index.ts";
import { batchOf, columns } from "../../operators/harness.ts";
import { catalogue, type OperatorPorts } from "../../operators/index.ts";
import { createPorts } from "./index.ts";

const of = { query: "aa" as QueryId, vertex: "out" as VertexId };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function outletTo(answer: Parameters<typeof createServer>[1], postTimeoutMs: number) {
  const server = createServer(answer as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const place = { name: "reports", kind: "outlet", format: "ndjson", url: `http://127.0.0.1:${port}/` } as const;
  const never = async () => {
    throw new Error("not asked");
  };
  const ports = createPorts({ of, equipment: [place], print: () => {}, keep: never, kept: () => [], postTimeoutMs });
  const outlet = await ports.outlet("reports");
  if (!outlet.ok || outlet.value.kind !== "http") throw new Error("no outlet");
  return outlet.value;
}

const headers = { "content-type": "application/x-ndjson", "idempotency-key": '"1"' };
const body = new TextEncoder().encode("{}\n");
const patient = new AbortController().signal;

it("gives up a server that takes a batch and never answers", async () => {
  const outlet = await outletTo((request: { resume(): void }) => request.resume(), 100);
  await expect(outlet.post(body, headers, patient)).rejects.toThrow("no answer from the outlet reports");
});

it("takes the status for the answer: what is open for ever behind it makes nobody send the batch again", async () => {
  const outlet = await outletTo((_: unknown, response: { writeHead(status: number): { flushHeaders(): void } }) => {
    response.writeHead(200).flushHeaders();
  }, 500);
  expect(await outlet.post(body, headers, patient)).toEqual({ status: 200 });
});

it("a receiver recognises a batch that is posted again: by another attempt, and by the cell after a crash", async () => {
  const seen: { key: string; body: string }[] = [];
  const answers = [503, 200, 200, 200, 200, 200];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ key: String(request.headers["idempotency-key"]), body });
      response.writeHead(answers.shift() ?? 500).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const place = { name: "hook", kind: "outlet", format: "ndjson", url } as const;
  const shape = columns("value: int64");
  const cellOf = (query: string, vertex: string) => {
    const named = { query: query as QueryId, vertex: vertex as VertexId };
    const ports: OperatorPorts = createPorts({
      of: named,
      equipment: [place],
      print: () => {},
      keep: async () => {},
      kept: () => [],
    });
    const signature = { consumes: [], output: null, stateless: false };
    const context = { params: { pause_ms: 1 }, inputs: [shape], signature, ports, equipment: "hook" };
    const running = catalogue().get("exit-http")!.start(context);
    if (!running.ok || running.value.kind !== "sink") throw new Error("no sink");
    return running.value.sink;
  };
  const seven = batchOf(shape, [{ value: 7n }]);
  const position = { path: 0, origin: 3 };
  await cellOf("aa", "out").write(seven, position); // answered 503 first
  await cellOf("aa", "out").write(seven, position); // the cell that comes after
  await cellOf("aa", "out").write(seven, { path: 0, origin: 4 });
  await cellOf("aa", "other").write(seven, position);
  await cellOf("bb", "out").write(seven, position);
  expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"value":7}\n']));
  const [first, again, afterCrash, ...others] = seen.map(({ key }) => key);
  expect(first).toMatch(/^"[0-9a-f]{32}"$/);
  expect([again, afterCrash]).toEqual([first, first]);
  expect(new Set([first, ...others]).size).toBe(4);
});
