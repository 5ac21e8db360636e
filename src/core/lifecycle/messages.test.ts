import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardOf, digest, middle, plan, query, wiringFor } from "../../../test/support/lifecycle.ts";
import { fromCanonical, sameBytes, toCanonical, type VertexId } from "../base/index.ts";
import { limits } from "./limits.ts";
import { decodeMessage, encodeMessage, type Message } from "./messages.ts";

const ref = { vertex: "add" as VertexId, incarnation: 0 };
const base = { query, term: 1, command: 7 };
const reason = { code: "lease-expired" as const };
const samples: Message[] = [
  { type: "instantiate", ...base, plan, digest, cells: [ref], bodies: [{ digest, bytes: Uint8Array.of(1, 2) }] },
  { type: "body", ...base, digest, bytes: Uint8Array.of(3) },
  { type: "run", ...base, ...ref, wiring: wiringFor("add") },
  { type: "rewire", ...base, ...ref, wiring: wiringFor("add") },
  { type: "flowing", ...base },
  { type: "drain", ...base, ...ref, ended: ["source>add:0"] },
  { type: "cut", ...base, ...ref, gone: ["source>add:0", "add>print:0"] },
  { type: "discard", ...base, ...ref },
  { type: "abort", ...base, reason },
  { type: "watch", ...base, full: true },
  { type: "close", ...base },
  {
    type: "report",
    query,
    digest,
    term: 1,
    answers: 3,
    flowing: false,
    ended: false,
    closed: false,
    cells: [
      {
        ...ref,
        at: "prepared",
        confirmed: false,
        card: cardOf(middle, "add"),
        wired: [],
        acknowledged: [],
        undelivered: 0,
        superseded: false,
        broken: [],
        reason,
      },
    ],
    missing: [],
    plan,
  },
  { type: "refusal", query, term: 0, answers: 7, reason },
  { type: "withdrawn", query, digest, cells: [ref], reason },
  { type: "orphaned", query, digest, reason },
];

describe("messages of the life cycle", () => {
  it.each(samples.map((message) => [message.type, message] as const))("%s survives the wire", (_, message) => {
    const bytes = encodeMessage(message);
    expect(decodeMessage(bytes)).toEqual({ ok: true, value: message });
  });

  const without = (message: Message, key: string): unknown =>
    Object.fromEntries(Object.entries(message).filter(([k]) => k !== key));
  it("is refused when a field is missing, unknown or of the wrong kind", () => {
    for (const message of samples) {
      for (const key of Object.keys(message)) {
        if (key === "answers" && message.type === "report") continue; // the two optional fields
        if (key === "plan" && message.type === "report") continue;
        expect(decodeMessage(toCanonical(without(message, key))), `${message.type} without ${key}`).toMatchObject({
          ok: false,
          code: "malformed",
        });
        const wrong = { ...message, [key]: { not: "this" } };
        expect(decodeMessage(toCanonical(wrong)), `${message.type} wrong ${key}`).toMatchObject({ ok: false });
      }
      expect(decodeMessage(toCanonical({ ...message, extra: 1 }))).toMatchObject({ ok: false, code: "malformed" });
    }
  });

  it("bounds what a card may carry", () => {
    const report = samples.find((message) => message.type === "report")!;
    const huge = { ...cardOf(middle, "add"), evidence: new Uint8Array(limits.maxEvidenceBytes + 1) };
    const cells = "cells" in report ? [{ ...report.cells[0], card: huge }] : [];
    expect(decodeMessage(toCanonical({ ...report, cells }))).toMatchObject({ ok: false, code: "malformed" });
  });

  it("gives a typed refusal, or exactly what was said, for any mutation of a message", () => {
    const encoded = samples.map(encodeMessage);
    const mutation = fc.record({
      message: fc.nat(encoded.length - 1),
      edits: fc.array(fc.record({ at: fc.nat(4_000), byte: fc.nat(255) }), { maxLength: 4 }),
      cut: fc.option(fc.nat(4_000), { freq: 4 }),
      tail: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(mutation, ({ message, edits, cut, tail }) => {
        const bytes = [...encoded[message]!.slice(0, cut ?? undefined), ...tail];
        for (const { at, byte } of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const input = Uint8Array.from(bytes);
        const decoded = decodeMessage(input);
        if (decoded.ok) expect(sameBytes(encodeMessage(decoded.value), input)).toBe(true);
        else expect(["malformed", "too-large", "too-deep"]).toContain(decoded.code);
      }),
      { numRuns: 4_000 },
    );
  });

  it("gives a typed refusal for any bytes and any value", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeMessage(bytes).ok).toBe(false);
      }),
      { numRuns: 4_000 },
    );
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), (value) => {
        const bytes = toCanonical({ ...value, type: "report" });
        if (fromCanonical(bytes).ok) expect(decodeMessage(bytes).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
