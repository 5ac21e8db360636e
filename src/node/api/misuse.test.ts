// What strangers, web pages and broken programs may send to the local API, and what they get.
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect as connectSocket, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fakeService, queryId } from "../../../test/cli/fake-service.ts";
import { refusalSchema, tokenOf } from "../../sdk/index.ts";
import { type ApiServer, startApiServer } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "hedgerow-misuse-"));
let server: ApiServer;
let token = "";
let port = 0;
const calls: string[] = [];
const faults: unknown[] = [];

beforeAll(async () => {
  const service = fakeService();
  const counted = new Proxy(service, {
    get: (target, name: keyof typeof service) => {
      calls.push(String(name));
      return target[name];
    },
  });
  server = await startApiServer({
    service: counted,
    folder,
    loopback: { port: 0 },
    onFault: (fault) => faults.push(fault),
    limits: {
      headersTimeoutMs: 150,
      requestTimeoutMs: 300,
      timeoutCheckMs: 50,
      maxBodyBytes: 2_048,
      maxLargeBodyBytes: 8_192,
    },
  });
  token = tokenOf(folder);
  port = Number(new URL(server.url ?? "").port);
});
afterEach(() => {
  expect(faults).toEqual([]);
  calls.length = 0;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  readonly status: number;
  readonly body: unknown;
}

function send(
  path: string,
  given: { method?: string; headers?: Record<string, string>; body?: string | Buffer; loopback?: boolean } = {},
): Promise<Sent> {
  const { method = "GET", headers = {}, body, loopback = false } = given;
  return new Promise((resolve, reject) => {
    const where = loopback ? { host: "127.0.0.1", port } : { socketPath: server.socket };
    const outgoing = request({ ...where, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, body: text === "" ? null : JSON.parse(text.split("\n")[0] ?? "") });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const json = { "content-type": "application/json" };
const post = (path: string, body: string | Buffer, headers: Record<string, string> = json) =>
  send(path, { method: "POST", headers, body });

describe("on loopback", () => {
  const bearer = () => ({ authorization: `Bearer ${token}` });
  const cases: [string, () => Record<string, string>, number, string][] = [
    ["no token", () => ({}), 401, "api-token"],
    ["a wrong token", () => ({ authorization: `Bearer ${"A".repeat(43)}` }), 401, "api-token"],
    ["a token that only begins right", () => ({ authorization: `Bearer ${token.slice(0, -1)}` }), 401, "api-token"],
    ["another scheme", () => ({ authorization: `Basic ${token}` }), 401, "api-token"],
    ["a foreign host (DNS rebinding)", () => ({ ...bearer(), host: "evil.example" }), 403, "api-foreign"],
    ["the right host on a foreign port", () => ({ ...bearer(), host: "127.0.0.1:1" }), 403, "api-foreign"],
    ["a foreign origin", () => ({ ...bearer(), origin: "https://evil.example" }), 403, "api-foreign"],
    ["the null origin of a sandboxed frame", () => ({ ...bearer(), origin: "null" }), 403, "api-foreign"],
    ["a cross-site request", () => ({ ...bearer(), "sec-fetch-site": "cross-site" }), 403, "api-foreign"],
  ];
  for (const [name, headers, status, code] of cases) {
    it(`${name} is refused before anything is looked at`, async () => {
      const got = await send("/v1/status", { headers: headers(), loopback: true });
      expect(got).toMatchObject({ status, body: { ok: false, code } });
      expect(calls).toEqual([]);
    });
  }

  it("the right token from the own origin is served, and no answer allows other origins", async () => {
    const own = { ...bearer(), origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    expect(await send("/v1/status", { headers: own, loopback: true })).toMatchObject({ status: 200 });
    const headers = await new Promise<object>((resolve, reject) => {
      const preflight = request(
        { host: "127.0.0.1", port, path: "/v1/status", method: "OPTIONS", headers: { ...own }, agent: false },
        (incoming) => {
          incoming.resume();
          resolve(incoming.headers);
        },
      );
      preflight.on("error", reject).end();
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("routes", () => {
  it("an unknown one names the nearest", async () => {
    const got = await send("/v1/statsu");
    expect(got).toMatchObject({ status: 404, body: { code: "api-unknown-route", detail: "nearest: GET /v1/status" } });
    expect(await send(`/v1/${"x".repeat(4_000)}`)).toMatchObject({ status: 404 });
  });
  it("a known one with another method says which", async () => {
    expect(await send("/v1/shutdown")).toMatchObject({ status: 405, body: { code: "api-method", detail: "use POST" } });
    expect(calls).toEqual([]);
  });
  it("a browser's origin on the socket is refused", async () => {
    expect(await send("/v1/status", { headers: { origin: "http://localhost" } })).toMatchObject({ status: 403 });
  });
});

describe("input", () => {
  const cases: [string, () => Promise<Sent>, number, string, RegExp][] = [
    ["an id that is none", () => send("/v1/queries/nonsense"), 400, "api-input", /32 hexadecimal/],
    ["a parameter too many", () => send("/v1/status?verbose=1"), 400, "api-input", /verbose/],
    [
      "a parameter twice",
      () => send(`/v1/queries/${queryId}/logs?follow=true&follow=false`),
      400,
      "api-input",
      /twice/,
    ],
    ["a value not allowed", () => send(`/v1/queries/${queryId}/logs?level=loud`), 400, "api-input", /level.*debug/],
    ["the id also in the query string", () => send(`/v1/queries/${queryId}?id=1`), 400, "api-input", /path/],
    ["a broken percent code", () => send("/v1/queries/%zz"), 404, "api-unknown-route", /nearest/],
    ["a body that is not JSON", () => post("/v1/peers/connect", "{"), 400, "api-input", /not JSON/],
    ["a body that is no object", () => post("/v1/peers/connect", "[]"), 400, "api-input", /object/],
    ["a missing field", () => post("/v1/peers/connect", "{}"), 400, "api-input", /address/],
    [
      "a form",
      () => post("/v1/shutdown", "{}", { "content-type": "text/plain" }),
      400,
      "api-input",
      /application\/json/,
    ],
    ["a prototype", () => post("/v1/shutdown", '{"__proto__":{"x":1}}'), 400, "api-input", /__proto__/],
    ["a body declared too large", () => post("/v1/peers/connect", "x".repeat(4_000)), 413, "api-too-large", /2048/],
    [
      "a file that is not base64",
      () => post("/v1/queries/run", '{"fileName":"q","text":"","files":[{"path":"p","base64":"!"}]}'),
      400,
      "api-input",
      /files\[0\]\.base64/,
    ],
  ];
  for (const [name, act, status, code, detail] of cases) {
    it(`${name} is refused and named`, async () => {
      const got = await act();
      expect(got).toMatchObject({ status, body: { ok: false, code } });
      expect((got.body as { detail: string }).detail).toMatch(detail);
      expect(calls).toEqual([]);
    });
  }

  it("a body that grows beyond its bound without declaring it is refused", async () => {
    const got = await raw(
      `POST /v1/peers/connect HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1000\r\n${"x".repeat(4096)}\r\n`,
    );
    expect(got).toMatch(/^HTTP\/1\.1 413/);
    expect(got).toContain("api-too-large");
  });

  it("deep nesting neither crashes nor passes", async () => {
    const body = `{"address":${"[".repeat(900)}${"]".repeat(900)}}`;
    expect(await post("/v1/peers/connect", body)).toMatchObject({ status: 400, body: { code: "api-input" } });
  });

  it("any bytes as a body get a typed refusal", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          const got = await post("/v1/queries/run", Buffer.from(bytes));
          expect(got.status).toBe(400);
          expect(refusalSchema.safeParse(got.body).success).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect(calls).toEqual([]);
  });

  it("any path gets a typed refusal or its route", async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath({ size: "small" }), async (path) => {
        const got = await send(path === "" ? "/" : path);
        expect(got.status).toBe(404);
        expect(refusalSchema.safeParse(got.body).success).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

/** Writes bytes as they are, waits until the server closes the connection, and gives what it said. */
function raw(text: string, drip?: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectSocket(server.socket);
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("utf8");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(got));
    socket.write(text);
    drip?.(socket);
  });
}

describe("slow and broken senders", () => {
  function dripping(piece: string): (socket: Socket) => void {
    return (socket) => {
      const timer = setInterval(() => socket.writable && socket.write(piece), 20);
      socket.on("close", () => clearInterval(timer));
    };
  }
  it("headers dripped byte by byte are cut off with a typed refusal", async () => {
    const got = await raw("GET /v1/status HTTP/1.1\r\nhost: x\r\nx-slow: ", dripping("a"));
    expect(got).toMatch(/^HTTP\/1\.1 408/);
    expect(got).toContain("api-timeout");
  });
  it("a body dripped byte by byte is cut off", async () => {
    const head =
      "POST /v1/peers/connect HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    expect(await raw(head, dripping("a"))).toContain("api-timeout");
    expect(calls).toEqual([]);
  });
  it("headers too large are refused", async () => {
    expect(await raw(`GET /v1/status HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toContain("api-too-large");
  });
  it("what is not HTTP is refused", async () => {
    expect(await raw("\x16\x03\x01 hello\r\n\r\n")).toContain("api-input");
  });
  it("and the API still serves afterwards", async () => {
    expect(await send("/v1/status")).toMatchObject({ status: 200, body: { ok: true } });
  });
});
