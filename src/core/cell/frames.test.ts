import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EdgeId, QueryId, VertexId } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import {
  decodeChallenge,
  decodeHello,
  EdgeReceiver,
  EdgeSender,
  encodeChallenge,
  encodeHello,
  type FrameHeader,
  frameHeaderBytes,
  pathsOf,
  readFrameHeader,
  writeFrameHeader,
} from "./index.ts";

const data = (sequence: number, origin: number, path = 0): FrameHeader => ({
  type: "data",
  bodyBytes: 16,
  sequence,
  origin,
  path,
});

describe("frame headers", () => {
  const header = fc.record({
    type: fc.constantFrom("data" as const, "end" as const, "ack" as const, "reset" as const),
    bodyBytes: fc.integer({ min: 16, max: 4 * 1024 * 1024 }),
    sequence: fc.maxSafeNat(),
    origin: fc.maxSafeNat(),
    path: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  });
  it("come back as they were written", () => {
    fc.assert(
      fc.property(header, fc.nat(8), (written, at) => {
        const bytes = new Uint8Array(at + frameHeaderBytes);
        writeFrameHeader(bytes.subarray(at), written);
        expect(readFrameHeader(bytes, at)).toEqual({ ok: true, value: written });
      }),
    );
  });
  it("that are garbage are refused, never thrown at", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: frameHeaderBytes, maxLength: frameHeaderBytes }), (bytes) => {
        const read = readFrameHeader(bytes);
        if (read.ok) {
          const again = new Uint8Array(frameHeaderBytes);
          writeFrameHeader(again, read.value);
          expect(again).toEqual(bytes);
        } else expect(["frame-malformed", "frame-too-large"]).toContain(read.code);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("hellos", () => {
  const hello = fc.record({
    query: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString("hex") as QueryId),
    edge: fc.constantFrom("a>b:0" as EdgeId, "source-1>sink:15" as EdgeId),
    from: fc.integer({ min: 0, max: 8191 }),
    to: fc.integer({ min: 0, max: 8191 }),
    fresh: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  });
  it("come back as they were written, and are refused when cut or lengthened", () => {
    fc.assert(
      fc.property(hello, fc.nat(), (said, cut) => {
        const bytes = encodeHello(said);
        expect(decodeHello(bytes)).toEqual({ ok: true, value: said });
        expect(decodeHello(bytes.subarray(0, cut % bytes.length)).ok).toBe(false);
        expect(decodeHello(Uint8Array.of(...bytes, 0)).ok).toBe(false);
      }),
    );
  });
  it("that are garbage are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeHello(bytes)).toMatchObject({ ok: false, code: "edge-handshake" });
      }),
      { numRuns: 2_000 },
    );
  });
  it("challenges come back as they were written", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        (fresh, expected, reverse) => {
          expect(decodeChallenge(encodeChallenge({ fresh, expected, reverse }))).toEqual({
            ok: true,
            value: { fresh, expected, reverse },
          });
        },
      ),
    );
  });
});

describe("the receiving end refuses", () => {
  const fresh = () => {
    const receiver = new EdgeReceiver(0, 2);
    for (let i = 0; i < 3; i++) expect(receiver.take(data(i, i)).ok).toBe(true);
    return receiver;
  };
  const vectors: [string, FrameHeader, string][] = [
    ["a frame again", data(2, 2), "frame-replayed"],
    ["a frame too early", data(4, 4), "frame-out-of-order"],
    ["a batch again under a new number", data(3, 2), "frame-replayed"],
    ["an older batch under a new number", data(3, 0), "frame-replayed"],
    ["a path that the plan has not", data(3, 3, 2), "frame-malformed"],
  ];
  for (const [what, header, code] of vectors) {
    it(`${what}: ${code}`, () => {
      const receiver = fresh();
      expect(receiver.take(header)).toMatchObject({ ok: false, code });
      expect(receiver.expected).toBe(3);
      expect(receiver.take(data(3, 3)).ok).toBe(true); // and goes on where it was
    });
  }
  it("a batch after the end: frame-after-end", () => {
    const receiver = fresh();
    receiver.take({ ...data(3, 0), type: "end" });
    expect(receiver.take(data(4, 4))).toMatchObject({ ok: false, code: "frame-after-end" });
  });
  it("an older incarnation: incarnation-outdated", () => {
    const receiver = new EdgeReceiver(3, 1);
    expect(receiver.relink(2)).toMatchObject({ ok: false, code: "incarnation-outdated" });
    expect(receiver.relink(3)).toMatchObject({ ok: false, code: "incarnation-outdated" });
  });
});

it("a repeat after a re-placement is acknowledged only when the first one is", () => {
  const receiver = new EdgeReceiver(0, 1);
  receiver.take(data(0, 0));
  receiver.relink(1);
  expect(receiver.take(data(0, 0))).toMatchObject({ ok: true, value: { what: "repeat" } });
  expect(receiver.acknowledged).toBe(0);
  receiver.discharge(0, 0);
  expect(receiver.acknowledged).toBe(1);
});

it("what was durable before the cell is acknowledged and not processed again", () => {
  const receiver = new EdgeReceiver(0, 2, [{ path: 0, origin: 1 }]);
  expect(receiver.take(data(0, 0))).toMatchObject({ value: { what: "repeat" } });
  expect(receiver.take(data(1, 1))).toMatchObject({ value: { what: "repeat" } });
  expect(receiver.acknowledged).toBe(2);
  expect(receiver.take(data(2, 0, 1))).toMatchObject({ value: { what: "process" } });
  expect(receiver.take(data(3, 2))).toMatchObject({ value: { what: "process" } });
  expect(receiver.acknowledged).toBe(2);
});

describe("the sending end refuses", () => {
  const sender = () => {
    const made = new EdgeSender<null>();
    for (let output = 0; output < 4; output++) {
      made.push({ type: "data", path: 0, origin: output, output, bytes: 64, sealed: null });
    }
    made.acknowledge(2);
    return made;
  };
  it("acknowledgements of what was never sent, or taken back", () => {
    expect(sender().acknowledge(5)).toMatchObject({ ok: false, code: "acknowledgement-out-of-range" });
    expect(sender().acknowledge(1)).toMatchObject({ ok: false, code: "acknowledgement-out-of-range" });
  });
  it("to resume where nothing is kept any more", () => {
    expect(sender().resume(1)).toMatchObject({ ok: false, code: "edge-state-lost" });
    expect(sender().resume(5)).toMatchObject({ ok: false, code: "edge-state-lost" });
    expect(sender().resume(3)).toMatchObject({ ok: true, value: [{ output: 3 }] });
  });
});

it("a plan with more paths than can be told apart is refused", () => {
  const stage = (i: number) => [
    { id: `a${i}`, operator: { kind: "transform" }, stateless: true, inputs: [i === 0 ? "source" : `m${i - 1}`] },
    { id: `m${i}`, operator: { kind: "transform" }, stateless: true, inputs: [`a${i}`, `a${i}`] },
  ];
  const source = { id: "source", operator: { kind: "source" }, stateless: false, inputs: [] };
  const plan = { vertices: [source, ...Array.from({ length: 14 }, (_, i) => stage(i)).flat()] } as unknown as Plan;
  expect(pathsOf(plan)).toMatchObject({ ok: false, code: "plan-too-entangled", blame: "m12>a13:0" as VertexId });
});
