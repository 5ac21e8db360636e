// The overlay between admitted nodes: messages, streams, losses and reconnections (PBDS §5.1).
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import type { Overlay } from "../../src/io/overlay/index.ts";
import { TestNetwork, until, value } from "./overlay-network.ts";

let network: TestNetwork;
beforeEach(async () => {
  network = await TestNetwork.create();
});
afterEach(() => network.stop());

function inbox(overlay: Overlay): { from: NodeId; area: string; body: Uint8Array }[] {
  const received: { from: NodeId; area: string; body: Uint8Array }[] = [];
  overlay.onMessage((from, area, body) => received.push({ from: from.node, area, body }));
  return received;
}

function collect(stream: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve(Buffer.concat(chunks)));
    stream.on("error", reject);
  });
}

describe("two admitted nodes", () => {
  it("know each other's certified facts and assurance, and exchange messages both ways", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const [atA, atB] = [inbox(a), inbox(b)];
    const facts = value(await a.connect(b.addresses()));
    expect(facts).toMatchObject({ node: b.node, network: "test.network", principal: "Test", assurance: "software" });
    await until(() => b.peers().length === 1);
    expect(b.peers()[0]).toMatchObject({ node: a.node, roles: ["transform"], assurance: "software" });
    value(await a.send(b.node, "membership", Uint8Array.of(1, 2, 3)));
    value(await b.send(a.node, "result", new Uint8Array(0)));
    await until(() => atA.length === 1 && atB.length === 1);
    expect(atB[0]).toEqual({ from: a.node, area: "membership", body: Uint8Array.of(1, 2, 3) });
    expect(atA[0]).toEqual({ from: b.node, area: "result", body: new Uint8Array(0) });
  });

  it("keep messages in order, small and large mixed", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const atB = inbox(b);
    value(await a.connect(b.addresses()));
    const sizes = Array.from({ length: 300 }, (_, i) => (i % 97 === 0 ? 1_000_000 : i % 50));
    const bodies = sizes.map((size, i) => Buffer.concat([Buffer.of(i >> 8, i & 255), randomBytes(size)]));
    for (const result of await Promise.all(bodies.map((body) => a.send(b.node, "audit", body)))) value(result);
    await until(() => atB.length === bodies.length);
    for (const [i, { body }] of atB.entries()) expect(Buffer.compare(body, bodies[i]!)).toBe(0);
  });

  it("carry a message of 6 MiB, and refuse a larger one", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const atB = inbox(b);
    value(await a.connect(b.addresses()));
    const body = new Uint8Array(randomBytes(6 * 1024 * 1024));
    value(await a.send(b.node, "lifecycle", body));
    await until(() => atB.length === 1);
    expect(Buffer.compare(atB[0]!.body, body)).toBe(0);
    expect(await a.send(b.node, "lifecycle", new Uint8Array(body.length + 1))).toMatchObject({
      code: "message-too-large",
    });
  });

  it("refuse messages beyond the bound of the queue instead of keeping them", async () => {
    const [a, b] = [await network.start(), await network.start()];
    value(await a.connect(b.addresses()));
    const body = new Uint8Array(6 * 1024 * 1024);
    const results = await Promise.all(Array.from({ length: 6 }, () => a.send(b.node, "result", body)));
    const codes = results.map((result) => (result.ok ? "ok" : result.code));
    expect(codes.filter((code) => code === "ok")).toHaveLength(2);
    expect(codes.filter((code) => code === "peer-too-slow")).toHaveLength(4);
  });

  it("dial when there is a message and an address is known", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const atB = inbox(b);
    expect(await a.send(b.node, "membership", Uint8Array.of(1))).toMatchObject({ code: "peer-unknown" });
    a.setAddresses(b.node, b.addresses());
    const sent = await Promise.all([1, 2, 3].map((n) => a.send(b.node, "membership", Uint8Array.of(n))));
    sent.forEach(value);
    await until(() => atB.length === 3);
    expect(atB.map(({ body }) => body[0])).toEqual([1, 2, 3]);
  });

  it("keep one connection when both dial at once, and lose no message", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const [atA, atB] = [inbox(a), inbox(b)];
    a.setAddresses(b.node, b.addresses());
    b.setAddresses(a.node, a.addresses());
    const downs: string[] = [];
    a.onPeer(({ type }) => downs.push(type));
    b.onPeer(({ type }) => downs.push(type));
    const bodies = Array.from({ length: 50 }, (_, i) => Uint8Array.of(i));
    const sends = bodies.flatMap((body) => [a.send(b.node, "audit", body), b.send(a.node, "audit", body)]);
    for (const result of await Promise.all(sends)) value(result);
    await until(() => atA.length === 50 && atB.length === 50);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // past the grace of a duplicate
    for (let i = 0; i < 10; i++) value(await a.send(b.node, "audit", Uint8Array.of(50 + i)));
    for (let i = 0; i < 10; i++) value(await b.send(a.node, "audit", Uint8Array.of(50 + i)));
    await until(() => atA.length === 60 && atB.length === 60);
    expect(downs).toEqual(["up", "up"]);
    expect(atB.map(({ body }) => body[0])).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });
});

it("survives being dialled twice at once by the same node, and by an address without a node id", async () => {
  const [a, b] = [await network.start(), await network.start()];
  const [atA, atB] = [inbox(a), inbox(b)];
  const bare = [b.addresses()[0]!.split("/p2p/")[0]!];
  const downs: string[] = [];
  for (const overlay of [a, b]) overlay.onPeer(({ type }) => type === "down" && downs.push(type));
  for (const result of await Promise.all([a.connect(bare), a.connect(b.addresses())]))
    expect(value(result).node).toBe(b.node);
  value(await a.connect(bare));
  value(await b.send(a.node, "audit", Uint8Array.of(1)));
  await new Promise((resolve) => setTimeout(resolve, 1_300)); // past the grace of a duplicate
  value(await a.send(b.node, "audit", Uint8Array.of(2)));
  value(await b.send(a.node, "audit", Uint8Array.of(3)));
  await until(() => atA.length === 2 && atB.length === 1);
  expect(downs).toEqual([]);
});

it("dials a known address for the node it was given for, and for no other", async () => {
  const [a, b, c] = [await network.start(), await network.start(), await network.start()];
  a.setAddresses(c.node, b.addresses()); // somebody announced a wrong address
  expect(await a.send(c.node, "audit", Uint8Array.of(1))).toMatchObject({ code: "peer-other-identity" });
  expect(a.peers()).toEqual([]);
});

describe("edge streams", () => {
  it("carry bytes both ways with back-pressure, and end one way at a time", async () => {
    const [a, b] = [await network.start(), await network.start()];
    value(await a.connect(b.addresses()));
    const sent = randomBytes(20 * 1024 * 1024);
    let atB: Duplex | undefined;
    b.onEdgeStream((from, stream) => {
      expect(from.node).toBe(a.node);
      atB = stream;
    });
    const atA = value(await a.openEdgeStream(b.node));
    const answer = collect(atA);
    atA.end(sent);
    await until(() => atB !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 300)); // nobody reads: the sender must wait, not the memory grow
    expect(atA.writableFinished).toBe(false);
    expect(Buffer.compare(await collect(atB!), sent)).toBe(0);
    await pipeline([Buffer.from("got it")], atB!, { end: true });
    expect((await answer).toString()).toBe("got it");
  });

  it("fail on both sides when the peer is lost", async () => {
    const [a, b] = [await network.start(), await network.start()];
    value(await a.connect(b.addresses()));
    let failedAtB = false;
    b.onEdgeStream((_from, stream) => {
      stream.on("error", () => {
        failedAtB = true;
      });
      stream.resume();
    });
    const atA = value(await a.openEdgeStream(b.node));
    const failedAtA = new Promise((resolve) => atA.on("error", resolve));
    atA.write("x");
    await new Promise((resolve) => setTimeout(resolve, 50));
    b.disconnect(a.node, "malformed");
    await failedAtA;
    await until(() => failedAtB);
  });
});

describe("a peer that goes", () => {
  it("is told as down once, and is reached again when it is back", async () => {
    const papers = await network.papers();
    const a = await network.start();
    const b = await network.start({}, papers);
    const events: string[] = [];
    a.onPeer(({ type }) => events.push(type));
    a.setAddresses(b.node, b.addresses());
    value(await a.connect(b.addresses()));
    const port = b.addresses()[0]!.split("/")[4]!;
    await b.stop();
    await until(() => events.length === 2);
    expect(events).toEqual(["up", "down"]);
    await network.start({ listen: [`/ip4/127.0.0.1/tcp/${port}`] }, papers);
    await until(() => events.length === 3);
    expect(events).toEqual(["up", "down", "up"]);
  });

  it("is not dialled again when nobody wants it, also not by libp2p", async () => {
    const a = await network.start({ isWanted: () => false });
    const b = await network.start();
    a.setAddresses(b.node, b.addresses());
    value(await a.connect(b.addresses()));
    await new Promise((resolve) => setTimeout(resolve, 5_500)); // Kademlia tags its closest peers every five seconds
    b.disconnect(a.node, "not-a-neighbour");
    await until(() => a.peers().length === 0);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([a.peers(), b.peers()]).toEqual([[], []]);
    value(await a.send(b.node, "audit", Uint8Array.of(1))); // but whoever has something to say may
  });

  it("is not dialled again once forgotten", async () => {
    const papers = await network.papers();
    const a = await network.start();
    const b = await network.start({}, papers);
    a.setAddresses(b.node, b.addresses());
    value(await a.connect(b.addresses()));
    a.forget(b.node);
    const address = b.addresses()[0]!;
    await b.stop();
    await until(() => a.peers().length === 0);
    await network.start({ listen: [address.split("/p2p/")[0]!] }, papers);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(a.peers()).toEqual([]);
    expect(await a.send(b.node, "audit", Uint8Array.of(1))).toMatchObject({ code: "peer-unknown" });
  });

  it("answers nothing at a closed port, and says so", async () => {
    const [a, b] = [await network.start(), await network.start()];
    const addresses = b.addresses();
    await b.stop();
    expect(await a.connect(addresses)).toMatchObject({ ok: false, code: "peer-unreachable" });
    expect(await a.connect(["nonsense"])).toMatchObject({ ok: false, code: "address-malformed" });
    expect(await a.connect(a.addresses())).toMatchObject({ ok: false, code: "address-own" });
    expect(await a.connect([])).toMatchObject({ ok: false, code: "address-malformed" });
  });
});

it("works over WebSockets and over memory too", async () => {
  const listen = [["/ip4/127.0.0.1/tcp/0/ws"], [`/memory/overlay-${process.pid}`]];
  for (const addresses of listen) {
    const b = await network.start({ listen: addresses });
    const a = await network.start({ listen: addresses[0]!.startsWith("/memory") ? [`${addresses[0]}-a`] : [] });
    const atB = inbox(b);
    value(await a.connect(b.addresses()));
    value(await a.send(b.node, "audit", Uint8Array.of(9)));
    await until(() => atB.length === 1);
  }
});
