// An outlet that is a URL, against servers that do not behave.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createPorts } from "./index.ts";

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
  const ports = createPorts({ equipment: [place], print: () => {}, keep: never, kept: () => [], postTimeoutMs });
  const outlet = await ports.outlet("reports");
  if (!outlet.ok || outlet.value.kind !== "http") throw new Error("no outlet");
  return outlet.value;
}

const body = new TextEncoder().encode("{}\n");
const patient = new AbortController().signal;

it("gives up a server that takes a batch and never answers", async () => {
  const outlet = await outletTo((request: { resume(): void }) => request.resume(), 100);
  await expect(outlet.post(body, "application/x-ndjson", patient)).rejects.toThrow("no answer from the outlet reports");
});

it("takes the status for the answer: what is open for ever behind it makes nobody send the batch again", async () => {
  const outlet = await outletTo((_: unknown, response: { writeHead(status: number): { flushHeaders(): void } }) => {
    response.writeHead(200).flushHeaders();
  }, 500);
  expect(await outlet.post(body, "application/x-ndjson", patient)).toEqual({ status: 200 });
});
