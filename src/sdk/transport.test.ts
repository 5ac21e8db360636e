// The client over a server that closes idle connections at the worst moment.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConnectionLost, NodeNotRunning } from "./errors.ts";
import { httpTransport } from "./transport.ts";

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-transport-"));
});
afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Answers the first request of each connection and keeps it open; closes it at the second. */
async function serve(): Promise<{ socket: string; connections: () => number; requests: () => number }> {
  const socket = join(folder, "s");
  let [connections, requests] = [0, 0];
  server = createServer((peer: Socket) => {
    connections++;
    let seen = 0;
    peer.on("error", () => {});
    peer.on("data", () => {
      requests++;
      if (seen++ > 0) peer.destroy();
      else peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
  });
  await new Promise<void>((resolve) => server!.listen(socket, resolve));
  return { socket, connections: () => connections, requests: () => requests };
}

async function ask(transport: ReturnType<typeof httpTransport>, method: "GET" | "POST"): Promise<string> {
  const answer = await transport.call({
    method,
    path: "/",
    idleMs: 5_000,
    ...(method === "POST" ? { body: "{}" } : {}),
  });
  let text = "";
  for await (const chunk of answer.chunks) text += Buffer.from(chunk).toString();
  return text;
}

test("a question on a connection that was closed while idle is asked again on a new one", async () => {
  const { socket, connections } = await serve();
  const transport = httpTransport({ socket, folder: null });
  expect(await ask(transport, "GET")).toBe("ok");
  await new Promise((resolve) => setImmediate(resolve));
  expect(await ask(transport, "GET")).toBe("ok");
  expect(connections()).toBe(2);
  transport.close();
});

test("a command never travels on a used connection, so it is never sent twice", async () => {
  const { socket, connections, requests } = await serve();
  const transport = httpTransport({ socket, folder: null });
  for (let i = 0; i < 3; i++) expect(await ask(transport, "POST")).toBe("ok");
  expect([connections(), requests()]).toEqual([3, 3]);
  transport.close();
});

test("a connection that is closed on its first request is an error, not a reason to try again", async () => {
  const socket = join(folder, "s");
  server = createServer((peer) => {
    peer.on("error", () => {});
    peer.once("data", () => peer.destroy());
  });
  await new Promise<void>((resolve) => server!.listen(socket, resolve));
  const transport = httpTransport({ socket, folder: null });
  await expect(ask(transport, "GET")).rejects.toBeInstanceOf(ConnectionLost);
  transport.close();
  const nobody = httpTransport({ socket: join(folder, "nobody"), folder: null });
  await expect(ask(nobody, "GET")).rejects.toBeInstanceOf(NodeNotRunning);
});
