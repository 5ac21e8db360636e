// The server and the client that derive from one table, talking over a real socket and over loopback.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fakeService, queryId, viewAt } from "../../../test/cli/fake-service.ts";
import { accept, refuse } from "../../core/base/index.ts";
import {
  ApiRefusal,
  apiFiles,
  ConnectionLost,
  connect,
  type HedgerowClient,
  NodeNotRunning,
  type NodeService,
  routeNames,
  routes,
  socketPathOf,
  tokenOf,
} from "../../sdk/index.ts";
import { type ApiServer, type ApiServerOptions, SocketTaken, startApiServer } from "./index.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function freshFolder(prefix = "hedgerow-api-"): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function serve(
  over: Partial<NodeService> = {},
  options: Partial<ApiServerOptions> = {},
): Promise<{ server: ApiServer; client: HedgerowClient; folder: string }> {
  const folder = options.folder ?? freshFolder();
  const server = await startApiServer({ service: fakeService(over), folder, ...options });
  const client = connect({ folder });
  undo.push(
    () => server.stop(),
    () => client.close(),
  );
  return { server, client, folder };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const inputs: Record<string, object> = {
  draw: { actors: 2 },
  connect: { address: "/ip4/127.0.0.1/tcp/1" },
  importRevocation: { base64: "AAAA" },
  queryValidate: { fileName: "q.yaml", text: "hedgerow: 1" },
  queryPlan: { fileName: "q.yaml", text: "hedgerow: 1" },
  queryRun: { fileName: "q.yaml", text: "hedgerow: 1" },
};

describe("every route of the table", () => {
  for (const over of ["socket", "loopback"] as const) {
    it(`answers over ${over} what its schema says`, async () => {
      const { server, client, folder } = await serve({}, over === "loopback" ? { loopback: { port: 0 } } : {});
      const used = over === "socket" ? client : connect({ url: server.url ?? "", token: tokenOf(folder) });
      undo.push(() => used.close());
      for (const name of routeNames) {
        const input = inputs[name] ?? (routes[name].path.includes(":id") ? { id: queryId } : {});
        const call = used[name] as (input: object) => unknown;
        const answer = call(input);
        const got = routes[name].answer === "stream" ? await collect(answer as AsyncIterable<unknown>) : await answer;
        expect(got, name).toBeTruthy();
        if (Array.isArray(got)) expect(got.length, name).toBeGreaterThan(0);
      }
    });
  }
});

describe("what a service gets", () => {
  it("is parsed: defaults filled in, text of the query string read back", async () => {
    const seen: unknown[] = [];
    const { client } = await serve({
      queryResult: async (input) => {
        seen.push(input);
        return accept((async function* () {})());
      },
    });
    await collect(client.queryResult({ id: queryId }));
    await collect(client.queryResult({ id: queryId, follow: true, from: 7 }));
    expect(seen).toEqual([
      { id: queryId, follow: false, from: 0 },
      { id: queryId, follow: true, from: 7 },
    ]);
  });

  it("includes the bodies of own operators, byte for byte", async () => {
    const body = Buffer.alloc(3 * 1024 * 1024, 0xab).toString("base64");
    let got = "";
    const { client } = await serve({
      queryValidate: async ({ files }) => {
        got = files[0]?.base64 ?? "";
        return accept({ at: "valid", name: "x" });
      },
    });
    await client.queryValidate({ fileName: "q.yaml", text: "", files: [{ path: "op.wasm", base64: body }] });
    expect(got === body).toBe(true);
  });
});

describe("refusals", () => {
  it("travel with code, blame, detail and sentence", async () => {
    const { client } = await serve({
      queryStop: async ({ id }) => refuse("unknown-query", { blame: id, detail: "never heard of it" }),
    });
    const refusal = await client.queryStop({ id: queryId }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiRefusal);
    expect(refusal).toMatchObject({ code: "unknown-query", blame: queryId, detail: "never heard of it" });
    expect((refusal as ApiRefusal).sentence).toContain("hedgerow query ls");
  });

  it("end a stream that could not begin", async () => {
    const { client } = await serve();
    await expect(collect(client.queryWatch({ id: "f".repeat(32) }))).rejects.toMatchObject({ code: "unknown-query" });
  });

  it("hide what a service threw from the caller and show it to the log", async () => {
    const faults: unknown[] = [];
    const { client } = await serve(
      {
        status: async () => {
          throw new Error("the secret cause");
        },
      },
      { onFault: (fault) => faults.push(fault) },
    );
    const refusal = await client.status().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "api-internal" });
    expect(String(refusal)).not.toContain("secret");
    expect(faults).toMatchObject([{ route: "status" }]);
  });

  it("reach the reader of a stream that breaks after its first items", async () => {
    const { client } = await serve({
      queryWatch: async () =>
        accept(
          (async function* () {
            yield viewAt("running");
            throw new Error("broke");
          })(),
        ),
    });
    const phases: string[] = [];
    const reading = (async () => {
      for await (const view of client.queryWatch({ id: queryId })) phases.push(view.phase);
    })();
    await expect(reading).rejects.toMatchObject({ code: "api-internal" });
    expect(phases).toEqual(["running"]);
  });

  it("say so when an answer is not what the client expects", async () => {
    const { client } = await serve({ metrics: async () => accept("x"), health: async () => accept({} as never) });
    await expect(client.health()).rejects.toMatchObject({ code: "api-answer" });
  });
});

describe("streams", () => {
  it("go at the pace of their reader, and end with it", async () => {
    let made = 0;
    let ended = () => {};
    const closed = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { client } = await serve({
      queryLogs: async () =>
        accept(
          (async function* () {
            try {
              for (;;) {
                made++;
                yield { atMs: made, level: "info", event: "e", text: "x".repeat(64 * 1024) } as const;
              }
            } finally {
              ended();
            }
          })(),
        ),
    });
    let taken = 0;
    for await (const _ of client.queryLogs({ id: queryId, follow: true })) if (++taken === 3) break;
    await closed;
    // The sockets' own buffers hold a few MB; an unbounded stream would have made items for as long as it was allowed to.
    expect(made).toBeGreaterThanOrEqual(3);
    expect(made).toBeLessThan(1_000);
  });

  it("end for a waiting service too, when the caller gives up", async () => {
    let aborted = () => {};
    const sawAbort = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const { client } = await serve({
      queryWatch: async (_, { signal }) => {
        signal.addEventListener("abort", () => aborted());
        return accept(
          (async function* () {
            yield viewAt("running");
            await new Promise(() => {}); // a service that never notices by itself
          })(),
        );
      },
    });
    const giveUp = new AbortController();
    await expect(
      (async () => {
        for await (const _ of client.queryWatch({ id: queryId }, { signal: giveUp.signal }))
          giveUp.abort(new Error("enough"));
      })(),
    ).rejects.toThrow(/enough|abort/i);
    await sawAbort;
  });

  it("that the node's shutdown cuts off say so: their reader must not take it for the end", async () => {
    const { client, server } = await serve({
      queryWatch: async () =>
        accept(
          (async function* () {
            yield viewAt("running");
            await new Promise(() => {});
          })(),
        ),
    });
    const watching = client.queryWatch({ id: queryId });
    await watching.next();
    await server.stop();
    await expect(watching.next()).rejects.toMatchObject({ code: "api-shutdown" });
    await expect(client.status()).rejects.toBeInstanceOf(NodeNotRunning);
  });
});

describe("the socket", () => {
  it("is for its owner alone", async () => {
    const { server, folder } = await serve();
    expect(statSync(server.socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, apiFiles.folder)).mode & 0o777).toBe(0o700);
  });

  it("is refused in a folder that others can enter", async () => {
    const folder = freshFolder();
    const { mkdirSync, chmodSync } = await import("node:fs");
    mkdirSync(join(folder, apiFiles.folder));
    chmodSync(join(folder, apiFiles.folder), 0o755);
    await expect(serve({}, { folder })).rejects.toThrow(/chmod 700/);
  });

  it("gets a short name when the folder's is too long for the system", async () => {
    const folder = join(freshFolder(), "a".repeat(120), "b");
    const { server, client } = await serve({}, { folder });
    expect(Buffer.byteLength(server.socket)).toBeLessThanOrEqual(100);
    expect(server.socket).toBe(socketPathOf(folder));
    expect((await client.status()).name).toBe("desk");
  });

  it("left behind by a killed daemon is replaced, but not one that a daemon serves", async () => {
    const folder = freshFolder();
    const first = await serve({}, { folder });
    await expect(serve({}, { folder })).rejects.toBeInstanceOf(SocketTaken);
    expect((await first.client.status()).name).toBe("desk");
    await first.server.stop();
    writeFileSync(first.server.socket, "not a socket");
    await expect(serve({}, { folder })).rejects.toThrow(/not a socket/);
  });

  it("and the token are gone after a stop", async () => {
    const { server, folder, client } = await serve({}, { loopback: { port: 0 } });
    const token = join(folder, apiFiles.folder, apiFiles.token);
    expect(statSync(token).mode & 0o777).toBe(0o600);
    expect(readFileSync(token, "utf8").length).toBeGreaterThanOrEqual(43);
    await server.stop();
    expect(() => statSync(token)).toThrow();
    const error = await client.status().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NodeNotRunning);
    expect(String(error)).toContain(`hedgerow node start ${folder}`);
  });
});

it("a daemon that goes away in the middle of a call is a lost connection, not an answer", async () => {
  const { client, server } = await serve({ status: () => new Promise(() => {}) }, { limits: { drainMs: 20 } });
  const call = expect(client.status()).rejects.toBeInstanceOf(ConnectionLost);
  // The call must have reached the service before the stop; a second call that answers proves that the first was sent.
  await client.health();
  await server.stop();
  await call;
});
