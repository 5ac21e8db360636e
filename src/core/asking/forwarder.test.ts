import { describe, expect, it } from "vitest";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedIdentity } from "../../sim/kernel/index.ts";
import type { NodeId, QueryId, VertexId } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import { Forwarder } from "./forwarder.ts";
import { limits } from "./limits.ts";
import { type AskMessage, encodeAsk, encodeLayer } from "./messages.ts";
import { choosePath, wrap } from "./paths.ts";
import { nothing, uses } from "./sealing.ts";

const random = new Random(9);
const coins = new Coins({ fill: (into) => into.set(random.bytes(into.length)) });
const { sealer, keyPair } = countedSealing(random);
const nodes = Array.from({ length: 20 }, () => {
  const keys = keyPair();
  const { node } = simulatedIdentity(random.fork());
  return {
    node,
    sealingKey: keys.publicKey,
    forwarder: new Forwarder(keys.opener, coins, { count: () => 40, has: () => true }),
  };
});
const [me, gatherer, finder] = nodes.map(({ node }) => node) as [NodeId, NodeId, NodeId];
const deliver: AskMessage = {
  type: "deliver",
  query: "ab".repeat(16) as QueryId,
  cell: "gather-1" as VertexId,
  sealed: random.bytes(50),
};

describe("a path", () => {
  it("is of different nodes, never the sender's, nor whose who could put things together", () => {
    for (let i = 0; i < 300; i++) {
      const path = choosePath(nodes, { length: 3, self: me, avoid: [gatherer, finder] }, coins).map(({ node }) => node);
      expect(new Set(path).size).toBe(3);
      for (const node of [me, gatherer, finder]) expect(path).not.toContain(node);
    }
  });

  it("takes others the second time, while there are others", () => {
    const few = nodes.slice(0, 5);
    const tried = new Set([few[3]!.node]);
    for (let i = 0; i < 50; i++)
      expect(choosePath(few, { length: 1, self: me, avoid: [gatherer, finder], tried }, coins)).toEqual([few[4]]);
    const all = new Set([few[3]!.node, few[4]!.node]);
    expect(choosePath(few, { length: 1, self: me, avoid: [gatherer, finder], tried: all }, coins)).toHaveLength(1);
  });

  it("takes who is to be avoided only where there is nobody else, and itself never", () => {
    const two = nodes.slice(0, 2);
    expect(choosePath(two, { length: 2, self: me, avoid: [gatherer] }, coins)).toEqual([two[1]]);
    const three = nodes.slice(0, 3);
    expect(choosePath(three, { length: 2, self: me, avoid: [gatherer] }, coins)).toEqual([three[2]]);
    expect(choosePath([nodes[0]!], { length: 1, self: me, avoid: [] }, coins)).toEqual([]);
    expect(wrap(sealer, [], gatherer, deliver)).toMatchObject({ ok: false, code: "ask-no-forwarder" });
  });
});

describe("a forwarder", () => {
  it("opens its own layer, and what it passes on is for the next alone", () => {
    const path = [nodes[5]!, nodes[6]!, nodes[7]!];
    const wrapped = wrap(sealer, path, gatherer, deliver);
    if (!wrapped.ok) throw new Error(wrapped.code);
    let { to, message } = wrapped.value;
    for (const { node, forwarder } of path) {
      expect(to).toBe(node);
      if (message.type !== "forward") throw new Error(message.type);
      expect(nodes[8]!.forwarder.take(me, message.sealed, 0)).toMatchObject({ code: "sealed-unreadable" });
      const passing = forwarder.take(me, message.sealed, 0);
      if (!passing.ok) throw new Error(passing.code);
      expect(passing.value.afterMs).toBeLessThan(limits.maxForwardDelayMs);
      ({ to, message } = passing.value);
    }
    expect({ to, message }).toEqual({ to: gatherer, message: deliver });
  });

  it("says nothing in its own name", () => {
    const bodies: AskMessage[] = [
      { type: "lookup", number: 1, plan: nothing, keys: [random.bytes(32)], from: 0 },
      { type: "called", number: 1 },
      { type: "come-ask", query: "ab".repeat(16) as QueryId, cell: "gather-1" as VertexId, number: 1, from: 0 },
    ];
    const { sealingKey, forwarder } = nodes[9]!;
    for (const body of bodies) {
      const sealed = sealer.seal(sealingKey, uses.layer, nothing, encodeLayer({ to: finder, body: encodeAsk(body) }));
      if (!sealed.ok) throw new Error(sealed.code);
      expect(forwarder.take(me, sealed.value, 0), body.type).toMatchObject({ code: "ask-not-forwarded" });
    }
    const junk = sealer.seal(sealingKey, uses.layer, nothing, random.bytes(40));
    expect(junk.ok && forwarder.take(me, junk.value, 0)).toMatchObject({ ok: false });
  });

  it("delays by chance, so that order tells nothing", () => {
    const { sealingKey, forwarder } = nodes[10]!;
    const delays = Array.from({ length: 200 }, () => {
      const layer = encodeLayer({ to: gatherer, body: encodeAsk(deliver) });
      const sealed = sealer.seal(sealingKey, uses.layer, nothing, layer);
      const passing = sealed.ok && forwarder.take(me, sealed.value, 0);
      return passing !== false && passing.ok ? passing.value.afterMs : -1;
    });
    expect(new Set(delays).size).toBeGreaterThan(100);
    expect(Math.max(...delays)).toBeGreaterThan(limits.maxForwardDelayMs / 2);
  });

  it("lets a flood fill its own quota only, and takes it again in the next window", () => {
    const { sealingKey, forwarder } = nodes[11]!;
    const sealed = sealer.seal(
      sealingKey,
      uses.layer,
      nothing,
      encodeLayer({ to: gatherer, body: encodeAsk(deliver) }),
    );
    if (!sealed.ok) throw new Error(sealed.code);
    const taken = (from: NodeId, nowMs: number) => forwarder.take(from, sealed.value, nowMs);
    for (let i = 0; i < limits.forwardsPerWindow; i++) taken(finder, 0);
    expect(taken(finder, 1)).toMatchObject({ code: "ask-flood" });
    expect(taken(me, 1)).toMatchObject({ ok: true });
    expect(taken(finder, limits.quotaWindowMs)).toMatchObject({ ok: true });
  });

  it("holds so much and no more, until some has left", () => {
    const { sealingKey, forwarder } = nodes[12]!;
    const sealed = sealer.seal(
      sealingKey,
      uses.layer,
      nothing,
      encodeLayer({ to: gatherer, body: encodeAsk(deliver) }),
    );
    if (!sealed.ok) throw new Error(sealed.code);
    const senders = nodes.map(({ node }) => node);
    // Some of them leave at once.
    for (let i = 0; i < limits.maxHeld + 50; i++) forwarder.take(senders[i % senders.length]!, sealed.value, 0);
    expect(forwarder.take(me, sealed.value, 0)).toMatchObject({ code: "ask-busy" });
    expect(forwarder.take(me, sealed.value, limits.maxForwardDelayMs)).toMatchObject({ ok: true });
  });
});
