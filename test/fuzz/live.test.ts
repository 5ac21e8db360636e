// Live handlers: a listening overlay and a listening cell host on loopback, given hostile bytes by strangers over raw
// TCP, by strangers inside the encrypted channel, and by an admitted member on its control stream; and a whole daemon.
// Each time a healthy peer is served as before.
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { multiaddr } from "@multiformats/multiaddr";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../src/core/base/index.ts";
import { encodeHello } from "../../src/core/cell/index.ts";
import { encodeDrawMessage } from "../../src/core/draw/index.ts";
import { decodeInquiry, encodeInquiry, type Inquiry } from "../../src/core/inquiry/index.ts";
import { CellWorld } from "../../src/io/cells/world.ts";
import { controlAreas, frameHead } from "../../src/io/overlay/control-frame.ts";
import type { Overlay } from "../../src/io/overlay/index.ts";
import { startApiServer } from "../../src/node/api/index.ts";
import { startDaemon } from "../../src/node/index.ts";
import { serviceOf } from "../../src/node/service.ts";
import { Random } from "../../src/sim/kernel/index.ts";
import { type Line, startAttacker } from "../scenarios/admission-attacker.ts";
import { loopback, TestNetwork, until, value } from "../scenarios/overlay-network.ts";
import { damage } from "./damage.ts";
import { decodedAll, hostileMessage } from "./mutate.ts";
import { recordAdmission, recordAsking, recordLifecycle, recordMembership } from "./recordings.ts";
import { fixedSeed } from "./target.ts";

const runSeed = process.env.FUZZ_SEED === undefined ? randomInt(2 ** 31) : Number(process.env.FUZZ_SEED);
const random = new Random(fixedSeed ^ runSeed);

const crashes: unknown[] = [];
const note = (cause: unknown) => crashes.push(cause);
beforeAll(() => {
  console.log(`fuzz, live: this run's seed ${runSeed} (FUZZ_SEED=${runSeed} repeats it)`);
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
});
afterEach(() => expect(crashes).toEqual([]));
afterAll(() => {
  process.off("uncaughtException", note);
  process.off("unhandledRejection", note);
});

/** Writes the bytes, and hangs up when they were written or when the other side did. */
function throwAt(host: string, port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.end(bytes));
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
    setTimeout(() => socket.destroy(), 100).unref();
  });
}

/** Strangers of one address get 200 connections a second between them; here all share one, so who comes next waits. */
async function admittedAtLast(overlay: Overlay, addresses: readonly string[]): Promise<void> {
  while (!(await overlay.connect(addresses)).ok) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function inTurns(times: number, atOnce: number, one: () => Promise<void>): Promise<void> {
  for (let done = 0; done < times; done += atOnce) await Promise.all(Array.from({ length: atOnce }, one));
}

describe("an overlay node", () => {
  let network: TestNetwork;
  let victim: Overlay;
  let healthy: Overlay;
  const heard: string[] = [];
  beforeAll(async () => {
    network = await TestNetwork.create();
    victim = await network.start();
    healthy = await network.start();
    victim.onMessage((from, _, body) => {
      if (from.node === healthy.node) heard.push(Buffer.from(body).toString());
    });
    await admittedAtLast(healthy, victim.addresses());
  });
  afterAll(() => network.stop());

  async function expectService(): Promise<void> {
    const word = `still here? ${random.word()}`;
    value(await healthy.send(victim.node, "membership", Buffer.from(word)));
    await until(() => heard.includes(word));
    const newcomer = await network.start();
    await admittedAtLast(newcomer, victim.addresses());
    await newcomer.stop();
  }

  it("survives 300 hostile byte streams over raw TCP", async () => {
    const port = Number(/\/tcp\/(\d+)/.exec(victim.addresses()[0]!)![1]);
    const select = Buffer.from("\x13/multistream/1.0.0\n\x1b/hedgerow/admission/1.0.0\n", "latin1");
    const corpus = [
      select,
      Buffer.concat([select, random.bytes(200)]),
      random.bytes(64),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    ];
    await inTurns(300, 20, () => throwAt("127.0.0.1", port, damage(random, corpus)));
    await expectService();
  });

  it("survives 40 strangers who speak the encrypted channel and then lie in admission", async () => {
    const recording = recordAdmission();
    const values = decodedAll(recording.messages);
    let raw: Uint8Array = new Uint8Array();
    const script = async (line: Line) => {
      await line.say(raw).catch(() => undefined);
      await line.hangUp().catch(() => undefined);
    };
    const attacker = await startAttacker(script);
    for (let times = 0; times < 40; times++) {
      const body = hostileMessage(random, recording.messages, values).subarray(0, 40_000);
      const head = Buffer.alloc(2);
      head.writeUInt16BE(random.chance(0.8) ? Math.min(body.length, 65_535) : random.below(65_536));
      raw = Buffer.concat([head, body]);
      await attacker.libp2p.dial(multiaddr(victim.addresses()[0]!)).catch(() => undefined);
    }
    await attacker.libp2p.stop();
    await expectService();
  });

  it("survives an admitted member's 300 hostile bodies and 60 hostile control streams", async () => {
    const liar = await network.start();
    await admittedAtLast(liar, victim.addresses());
    const corpus = recordMembership();
    const values = decodedAll(corpus);
    for (let times = 0; times < 300; times++) {
      await liar.send(
        victim.node,
        random.pick(controlAreas),
        hostileMessage(random, corpus, values).subarray(0, 600_000),
      );
    }
    const frame = (area: (typeof controlAreas)[number], body: Uint8Array) =>
      Buffer.concat([frameHead(area, body.length), body]);
    const frames = controlAreas.map((area) => frame(area, random.pick(corpus)));
    for (let times = 0; times < 60; times++) {
      const edge = await liar.openEdgeStream(victim.node);
      if (!edge.ok) {
        await liar.connect(victim.addresses());
        continue;
      }
      edge.value.on("error", () => {});
      edge.value.end(damage(random, frames));
    }
    await liar.stop();
    await expectService();
  });

  it("takes addresses that are none, from records of its peers", async () => {
    for (const address of [
      "",
      "nonsense",
      "/ip4/1.2.3.4",
      "/ip4/999.1.1.1/tcp/1",
      "/dns4/\u0000/tcp/1",
      "/p2p/x",
      "/".repeat(5_000),
    ]) {
      victim.setAddresses(healthy.node, [address, ...healthy.addresses()]);
      expect(await victim.connect([address])).toMatchObject({ ok: false });
    }
    await expectService();
  });
});

describe("a daemon, whole", () => {
  let network: TestNetwork;
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-fuzz-live-"));
  afterAll(async () => {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("survives 600 hostile messages of an admitted analyst in every area, and 300 to its API's socket", async () => {
    network = await TestNetwork.create();
    const { key, certificate } = await network.papers();
    writeFileSync(join(folder, "node.crt"), certificate);
    writeFileSync(join(folder, "authority.crt"), network.authority.certificatePem);
    const seed = Buffer.from(key.seed).toString("base64");
    writeFileSync(
      join(folder, "node.yaml"),
      `hedgerow: 1\nname: victim\nfunctions: [transform]\nkey: { base64: "${seed}" }\nlisten: ["${loopback}"]\nedges: { host: 127.0.0.1, port: 0 }\nlog: { level: error, file: node.log }\n`,
    );
    const daemon = value(await startDaemon(folder));
    const server = await startApiServer({ folder, service: serviceOf(daemon, () => {}), loopback: { port: 0 } });
    const addresses = daemon.overlay.addresses();
    const liar = await network.start({}, await network.papers({ roles: ["analyst"] }));
    await admittedAtLast(liar, addresses);
    const lifecycle = recordLifecycle([1, 2]);
    const inquiry: Inquiry = {
      type: "ask",
      number: 3,
      question: { type: "receipts", query: lifecycle.messages[0]!.query },
    };
    const corpora = {
      membership: recordMembership(),
      lifecycle: lifecycle.encoded,
      audit: [encodeInquiry(inquiry), encodeInquiry({ ...inquiry, question: { type: "ping" } })],
      result: [random.bytes(100)],
      draw: [encodeDrawMessage({ type: "draw-refused", draw: "ab".repeat(32) as Digest, code: "draw-busy" })],
      asking: recordAsking(),
    };
    const values = {
      ...corpora,
      membership: decodedAll(corpora.membership),
      lifecycle: lifecycle.messages,
      audit: decodedAll(corpora.audit),
      draw: decodedAll(corpora.draw),
      asking: decodedAll(corpora.asking),
    };
    for (let times = 0; times < 600; times++) {
      const area = random.pick(controlAreas);
      const sent = await liar.send(
        daemon.overlay.node,
        area,
        hostileMessage(random, corpora[area], values[area]).subarray(0, 600_000),
      );
      if (!sent.ok) await liar.connect(addresses);
    }
    const request = Buffer.from(
      "POST /v1/queries/plan HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    );
    const { port } = new URL(server.url!);
    await inTurns(300, 20, () => throwAt("127.0.0.1", Number(port), damage(random, [request])));

    const newcomer = await network.start();
    await admittedAtLast(newcomer, addresses);
    const answered = new Promise<void>((resolve) => {
      newcomer.onMessage((_, area, body) => {
        const reply = decodeInquiry(body);
        if (area === "audit" && reply.ok && reply.value.type === "answer") resolve();
      });
    });
    value(
      await newcomer.send(
        daemon.overlay.node,
        "audit",
        encodeInquiry({ type: "ask", number: 1, question: { type: "ping" } }),
      ),
    );
    await answered;
    expect(daemon.members.records().length).toBeGreaterThan(0);
    await server.stop();
    await daemon.stop();
  });
});

describe("a cell host's listener", () => {
  let world: CellWorld;
  afterAll(() => world.close());

  it("survives 400 hostile byte streams while an edge works", async () => {
    world = new CellWorld(2);
    await world.open([
      { id: "source", operator: "source-generator", params: { batch: 5 }, on: 0 },
      { id: "sink", operator: "sink-print", inputs: ["source"], on: 1 },
    ]);
    const [address] = world.placed.get("sink")!.edgeAddresses;
    const port = Number(address!.slice(address!.lastIndexOf(":") + 1));
    const link = { query: world.planned.plan.id, edge: "source>sink:0" as never, from: 0, to: 0 };
    const hello = encodeHello({ ...link, fresh: random.bytes(32) });
    const corpus = [
      Buffer.concat([Uint8Array.of(hello.length & 255, hello.length >> 8), hello, random.bytes(32), random.bytes(32)]),
      Buffer.concat([Uint8Array.of(hello.length & 255, hello.length >> 8), hello]),
      Uint8Array.of(255, 255, 1, 2, 3),
    ];
    await world.run();
    await inTurns(400, 20, () => throwAt("127.0.0.1", port, damage(random, corpus)));
    const before = world.lines.length;
    await world.until(() => world.lines.length > before + 100);
    expect(world.codes("failed")).toEqual([]);
    expect(world.codes("frame-refused")).toEqual([]);
  });
});
