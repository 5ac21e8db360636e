import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accept, type NodeId, refuse, type Step, stay, to } from "../../core/base/index.ts";
import {
  type Behaviour,
  type CommonEffect,
  EventQueue,
  type LinkQuality,
  type LostWrite,
  Random,
  roughLink,
  Simulation,
  simulatedCrypto,
  simulatedIdentity,
} from "./index.ts";

// A machine that counts: it passes a number on, writes what it saw, and starts again from its disk.
type Count = { readonly type: "count"; readonly value: number };
type CountEvent = { readonly type: "got"; readonly value: number } | { readonly type: "wake"; readonly tag: string };
type CountEffect = CommonEffect<Count> | { readonly type: "done" };
interface CountState {
  readonly next: NodeId;
  readonly seen: number;
}

const ids = Array.from({ length: 5 }, (_, i) => `node-${i}` as NodeId);

function counter(
  next: NodeId,
  limit: number,
  done: () => void = () => {},
): Behaviour<CountState, CountEvent, CountEffect, Count> {
  return {
    boot: (context) => {
      const seen = context.disk.read("seen")?.[0] ?? 0;
      return to({ next, seen }, { type: "wake", tag: "start", afterMs: 10 });
    },
    step: (state, event): Step<CountState, CountEffect> => {
      if (event.type === "wake")
        return to(state, { type: "send", to: state.next, message: { type: "count", value: state.seen + 1 } });
      if (event.value > limit) return to(state, { type: "done" });
      if (event.value < 0) return { ...stay<CountState, CountEffect>(state), refusal: refuse("malformed") };
      return to(
        { ...state, seen: event.value },
        { type: "persist", key: "seen", value: Uint8Array.of(event.value) },
        { type: "send", to: state.next, message: { type: "count", value: event.value + 1 } },
      );
    },
    received: (_from, message) => ({ type: "got", value: message.value }),
    woken: (tag) => ({ type: "wake", tag }),
    perform: () => done(),
  };
}

function ring(seed: number, link: LinkQuality, limit = 50): Simulation<Count> {
  const simulation = new Simulation<Count>({
    seed,
    link,
    describe: (message) => String(message.value),
    traceLines: 500,
  });
  ids.forEach((node, i) => {
    simulation.addNode(node, counter(ids[(i + 1) % ids.length]!, limit), i);
  });
  return simulation;
}

const steady: LinkQuality = { delay: { kind: "fixed", ms: 5 }, loss: 0, duplication: 0, reorder: 0 };

describe("the simulator's kernel", () => {
  it("gives the same trace for the same seed, and another for another", () => {
    const traceOf = (seed: number): string => {
      const simulation = ring(seed, roughLink);
      simulation.after(100, () => simulation.crash(ids[2]!, { loseLastWrites: 1 }));
      simulation.after(200, () => simulation.restart(ids[2]!));
      simulation.run({ forMs: 60_000 });
      return `${simulation.trace.hash()} ${simulation.trace.lines().join("\n")}`;
    };
    for (let seed = 0; seed < 20; seed++) expect(traceOf(seed)).toBe(traceOf(seed));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => traceOf(seed).slice(0, 16))).size).toBe(20);
  });

  it("ends quiet, reached, by time, by events, violated or thrown, and says which", () => {
    expect(ring(1, steady).run()).toEqual({ at: "quiet" });
    const reached = ring(1, steady);
    expect(reached.run({ until: () => reached.counts.delivered === 7 })).toEqual({ at: "reached" });
    expect(reached.counts.delivered).toBe(7);
    const timed = ring(1, steady);
    expect(timed.run({ forMs: 12 })).toEqual({ at: "time-limit" });
    expect(timed.nowMs).toBe(12);
    expect(ring(1, steady).run({ maxEvents: 20 })).toEqual({ at: "event-limit" });
    const violated = ring(1, steady);
    violated.invariant("below 10", () => ((violated.state<CountState>(ids[0]!)?.seen ?? 0) < 10 ? undefined : "ten"));
    expect(violated.run()).toEqual({ at: "violated", invariant: "below 10", detail: "ten" });
    const thrown = ring(1, steady);
    thrown.after(5, () => {
      throw new Error("mine");
    });
    expect(thrown.run()).toMatchObject({ at: "threw", node: null });
  });

  it("stops at an event limit without losing the event", () => {
    const whole = ring(3, roughLink);
    whole.run();
    const pieces = ring(3, roughLink);
    while (pieces.run({ maxEvents: 7 }).at === "event-limit");
    expect(pieces.trace.hash()).toBe(whole.trace.hash());
  });

  it("keeps a disk over a crash, forgets wakes of the earlier life, and can lose the last write", () => {
    const run = (loseLastWrites: number): number | undefined => {
      const simulation = new Simulation<Count>({ seed: 1, link: steady });
      simulation.addNode(ids[0]!, counter(ids[1]!, 200));
      simulation.addNode(
        ids[1]!,
        { ...counter(ids[0]!, 200), received: (): CountEvent => ({ type: "wake", tag: "ignored" }) },
        null,
      );
      for (const value of [3, 4]) simulation.after(value, () => simulation.inject(ids[0]!, { type: "got", value }));
      simulation.after(6, () => simulation.crash(ids[0]!, { loseLastWrites }));
      simulation.after(7, () => expect(simulation.state(ids[0]!)).toBeUndefined());
      simulation.after(20, () => simulation.restart(ids[0]!));
      simulation.after(21, () => expect(simulation.counts.sent).toBe(2)); // the wake of the first life never came
      expect(simulation.run({ forMs: 25 }).at).toBe("time-limit");
      return simulation.state<CountState>(ids[0]!)?.seen;
    };
    expect(run(0)).toBe(4);
    expect(run(1)).toBe(3);
    expect(run(9)).toBe(0);
  });

  it("crashes inside a step after exactly the effects asked for", () => {
    for (const [effects, written, sent] of [
      [0, undefined, 0],
      [1, 5, 0],
      [2, 5, 1],
    ] as const) {
      const simulation = new Simulation<Count>({ seed: 1, link: steady });
      simulation.addNode(ids[0]!, counter(ids[1]!, 200));
      simulation.addNode(ids[1]!, counter(ids[0]!, 200), null);
      simulation.after(1, () => simulation.crashDuringNextStep(ids[0]!, effects));
      simulation.after(2, () => simulation.inject(ids[0]!, { type: "got", value: 5 }));
      simulation.run({ forMs: 5 });
      expect(simulation.isUp(ids[0]!)).toBe(false);
      expect(simulation.context(ids[0]!).disk.read("seen")?.[0]).toBe(written);
      expect(simulation.counts.sent).toBe(sent);
    }
  });

  it("tells of a lost write whether the node had relied on it: sent something after it", () => {
    for (const [effects, reliedOn] of [
      [1, false],
      [2, true],
    ] as const) {
      const simulation = new Simulation<Count>({ seed: 1, link: steady });
      const lost: LostWrite[] = [];
      simulation.onLostWrite = (_, write) => lost.push(write);
      simulation.addNode(ids[0]!, counter(ids[1]!, 200));
      simulation.after(1, () => simulation.inject(ids[0]!, { type: "got", value: 4 }));
      simulation.after(2, () => simulation.crashDuringNextStep(ids[0]!, effects, { loseLastWrites: 1 }));
      simulation.after(3, () => simulation.inject(ids[0]!, { type: "got", value: 5 }));
      simulation.run({ forMs: 5 });
      expect(simulation.context(ids[0]!).disk.read("seen")).toEqual(Uint8Array.of(4));
      expect(lost).toEqual([{ key: "seen", written: Uint8Array.of(5), before: Uint8Array.of(4), reliedOn }]);
    }
  });

  it("can lose what nothing has followed yet, and keeps what it has acknowledged", () => {
    for (const [effects, left] of [
      [1, 4],
      [2, 5],
    ] as const) {
      const simulation = new Simulation<Count>({ seed: 1, link: steady });
      simulation.addNode(ids[0]!, counter(ids[1]!, 200));
      simulation.after(1, () => simulation.inject(ids[0]!, { type: "got", value: 4 }));
      simulation.after(2, () => simulation.crashDuringNextStep(ids[0]!, effects, { losePending: true }));
      simulation.after(3, () => simulation.inject(ids[0]!, { type: "got", value: 5 }));
      simulation.run({ forMs: 5 });
      expect(simulation.context(ids[0]!).disk.read("seen")).toEqual(Uint8Array.of(left));
    }
  });

  it("delivers nothing across a partition, also not what was already on its way, and everything after healing", () => {
    const simulation = ring(1, steady);
    simulation.after(0, () => simulation.partition([[ids[0]!, ids[1]!], [ids[2]!]]));
    simulation.run();
    expect(simulation.state<CountState>(ids[2]!)?.seen).toBe(0); // from 1: cut
    expect(simulation.state<CountState>(ids[3]!)?.seen).toBe(0); // from 2: cut
    expect(simulation.state<CountState>(ids[4]!)?.seen).toBeGreaterThan(0); // from 3: together in the rest
    simulation.heal();
    simulation.inject(ids[0]!, { type: "got", value: 20 });
    simulation.run();
    expect(simulation.state<CountState>(ids[2]!)?.seen).toBeGreaterThan(20);
  });

  it("loses, doubles and reorders about as often as told", () => {
    const sent = 20_000;
    const arrivals: number[] = [];
    const simulation = new Simulation<Count>({
      seed: 5,
      link: { delay: { kind: "uniform", minMs: 0, maxMs: 100 }, loss: 0.1, duplication: 0.2, reorder: 0.5 },
    });
    simulation.addNode(ids[0]!, counter(ids[1]!, 1), 1e9);
    simulation.addNode(ids[1]!, {
      ...counter(ids[0]!, 1),
      received: (_from, message): CountEvent => {
        arrivals.push(message.value);
        return { type: "got", value: -1 };
      },
    });
    for (let value = 0; value < sent; value++)
      simulation.after(1 + value, () => simulation.send(ids[0]!, ids[1]!, { type: "count", value }));
    simulation.run({ forMs: 30_000 });
    expect(simulation.counts.dropped / sent).toBeCloseTo(0.1, 1);
    expect(simulation.counts.duplicated / (sent - simulation.counts.dropped)).toBeCloseTo(0.2, 1);
    expect(simulation.counts.refusals.get("malformed")).toBe(arrivals.length);
    expect(arrivals.some((value, i) => i > 0 && value < arrivals[i - 1]!)).toBe(true);
  });

  it("keeps a link's order when told not to reorder", () => {
    const arrivals: number[] = [];
    const simulation = new Simulation<Count>({ seed: 5, link: { ...roughLink, reorder: 0 } });
    simulation.addNode(ids[0]!, counter(ids[1]!, 1), 1e9);
    simulation.addNode(ids[1]!, {
      ...counter(ids[0]!, 1),
      received: (_from, message): CountEvent => {
        arrivals.push(message.value);
        return { type: "got", value: -1 };
      },
    });
    for (let value = 0; value < 2000; value++)
      simulation.after(1 + value, () => simulation.send(ids[0]!, ids[1]!, { type: "count", value }));
    simulation.run({ forMs: 30_000 });
    expect(arrivals.length).toBeGreaterThan(1500);
    expect(arrivals.every((value, i) => i === 0 || value >= arrivals[i - 1]!)).toBe(true);
  });

  it("encodes and decodes when given the wire format, and calls our own bad encoding a mistake", () => {
    const wire = {
      encode: (message: Count) => Uint8Array.of(message.value),
      decode: (bytes: Uint8Array) => accept<Count>({ type: "count", value: bytes[0]! }),
    };
    const good = new Simulation<Count>({ seed: 1, wire });
    ids.forEach((node, i) => {
      good.addNode(node, counter(ids[(i + 1) % ids.length]!, 20));
    });
    expect(good.run().at).toBe("quiet");
    expect(good.counts.bytes).toBe(good.counts.sent);
    const bad = new Simulation<Count>({ seed: 1, wire: { ...wire, decode: () => refuse("malformed") } });
    bad.addNode(ids[0]!, counter(ids[0]!, 20));
    expect(bad.run()).toMatchObject({ at: "threw", node: ids[0] });
  });

  it("orders its queue by time, then by scheduling", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 })), (operations) => {
        const queue = new EventQueue<{ atMs: number; order: number }>();
        const plain: { atMs: number; order: number }[] = [];
        operations.forEach((atMs, order) => {
          if (atMs === null) {
            plain.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
            expect(queue.pop()).toEqual(plain.shift());
          } else {
            queue.push(atMs, { atMs, order });
            plain.push({ atMs, order });
          }
        });
        expect(queue.size).toBe(plain.length);
      }),
    );
  });

  it("has identities that are real Ed25519 keys, from the seed alone, and remembers verdicts", () => {
    const one = simulatedIdentity(new Random(7));
    expect(simulatedIdentity(new Random(7)).node).toBe(one.node);
    const crypto = simulatedCrypto();
    const message = Uint8Array.of(1, 2, 3);
    const signature = one.signer.sign(message);
    expect(crypto.verify(one.signer.publicKey, message, signature)).toBe(true);
    expect(crypto.verify(one.signer.publicKey, Uint8Array.of(1, 2, 3), signature)).toBe(true);
    expect(crypto.verify(one.signer.publicKey, Uint8Array.of(1, 2, 4), signature)).toBe(false);
    expect(crypto.verify(new Uint8Array(3), message, signature)).toBe(false);
    expect(crypto.verifications()).toBe(2);
  });
});
