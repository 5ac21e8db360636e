// The decoder of membership and what stands behind it, against whatever bytes there are: a typed refusal, never a crash.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NodeId, nodeIdOfPublicKey, refusals, toCanonical } from "../base/index.ts";
import {
  createMembership,
  createReader,
  decodeMessage,
  encodeMessage,
  type MembershipMessage,
  sizeOfMessage,
  step,
  type WireItem,
} from "./index.ts";
import { limits } from "./limits.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const node = bytes(32).map(nodeIdOfPublicKey);
const natural = fc.nat();
const body = fc.uint8Array({ maxLength: 200 });
const record = fc.record({ kind: fc.constant("record" as const), body, signature: bytes(64), certificate: body });
const statement = fc.record({
  kind: fc.constantFrom("suspicion" as const, "goodbye" as const, "revocation" as const),
  body,
  signature: bytes(64),
});
const conflict = fc.record({ kind: fc.constant("conflict" as const), first: record, second: record });
const item: fc.Arbitrary<WireItem> = fc.oneof(record, statement as fc.Arbitrary<WireItem>, conflict);
const message: fc.Arbitrary<MembershipMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom("probe" as const, "alive" as const), nonce: natural, digest: bytes(8) }),
  fc.record({ type: fc.constant("tell" as const), items: fc.array(item, { minLength: 1, maxLength: 5 }) }),
  fc.record({ type: fc.constant("compare" as const), buckets: bytes(8 * limits.buckets) }),
  fc.record({
    type: fc.constant("entries" as const),
    covered: bytes(limits.buckets / 8),
    entries: fc.array(fc.tuple(node, fc.constantFrom(0 as const, 1 as const), natural, bytes(8)), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant("want" as const), nodes: fc.array(node, { minLength: 1, maxLength: 5 }) }),
) as fc.Arbitrary<MembershipMessage>;

/** A member whose world believes any signature: so that the fuzzer gets past the door. */
function gullibleMember() {
  const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  };
  const publicKey = new Uint8Array(32).fill(1);
  const reader = createReader({
    network: "fuzzed",
    authority: publicKey,
    crypto: { sha256, verify: () => true },
    certifier: {
      facts: (certificate) => ({
        node: String.fromCharCode(...certificate) as NodeId,
        network: "fuzzed",
        principal: "venue",
        roles: [],
        serial: "1",
        notAfterMs: Number.MAX_SAFE_INTEGER,
      }),
    },
  });
  const self = nodeIdOfPublicKey(publicKey);
  const description = {
    name: "self",
    addresses: ["/ip4/127.0.0.1/tcp/1"],
    functions: [],
    equipment: [],
    policy: { rules: [] },
    version: "1",
  };
  const config = {
    network: "fuzzed",
    node: self,
    signer: { publicKey, sign: () => new Uint8Array(64) },
    certificate: Buffer.from(self, "latin1"),
    reader,
    self: description,
    seeds: [],
  };
  const state = createMembership({ ...config, certificate: new Uint8Array(config.certificate) }, { sha256 });
  step(state, { type: "start", nowMs: 1_000 });
  return { state, description };
}

const others = Array.from({ length: 6 }, (_, i) => nodeIdOfPublicKey(new Uint8Array(32).fill(10 + i)));

describe("membership's messages", () => {
  it("decodes what it encodes, in about the size it says", () => {
    fc.assert(
      fc.property(message, (sent) => {
        const encoded = encodeMessage(sent);
        const decoded = decodeMessage(encoded);
        expect(decoded).toEqual({ ok: true, value: sent });
        expect(sizeOfMessage(sent)).toBeGreaterThanOrEqual(encoded.length * 0.5);
        expect(sizeOfMessage(sent)).toBeLessThanOrEqual(encoded.length * 2 + 64);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses any bytes by value, with a code of the table", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
        const decoded = decodeMessage(random);
        if (!decoded.ok) expect(refusals).toHaveProperty([decoded.code]);
      }),
      { numRuns: 8_000 },
    );
  });

  it("refuses mutated, cut and lengthened messages by value", () => {
    const mutation = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(), mode: fc.nat(2) });
    fc.assert(
      fc.property(message, fc.array(mutation, { minLength: 1, maxLength: 4 }), (sent, mutations) => {
        let mutated = encodeMessage(sent);
        for (const { at, to, cut, mode } of mutations) {
          if (mode === 0) mutated[at % mutated.length] = to;
          else if (mode === 1) mutated = mutated.slice(0, 1 + (cut % mutated.length));
          else mutated = Uint8Array.from([...mutated, to]);
        }
        const decoded = decodeMessage(mutated);
        if (decoded.ok)
          expect([...encodeMessage(decoded.value)]).toEqual([...mutated]); // one value, one encoding
        else expect(refusals).toHaveProperty([decoded.code]);
      }),
      { numRuns: 8_000 },
    );
  });

  it("steps through any sequence of well-formed nonsense without a crash, bounded, its digest true", () => {
    const said = fc.oneof(
      fc
        .record({ node: fc.nat(5), sequence: fc.nat(4), name: fc.constantFrom("a", "b") })
        .map(({ node: i, sequence, name }) => ({
          kind: "record" as const,
          body: toCanonical({
            node: others[i],
            network: "fuzzed",
            sequence,
            name,
            addresses: [],
            functions: [],
            equipment: [],
            policy: { rules: [] },
            version: "",
          }),
          signature: new Uint8Array(64),
          certificate: new Uint8Array(Buffer.from(others[i]!, "latin1")),
        })),
      fc
        .record({ suspect: fc.nat(5), accuser: fc.nat(5), sequence: fc.nat(4) })
        .map(({ suspect, accuser, sequence }) => ({
          kind: "suspicion" as const,
          body: toCanonical({
            type: "suspicion",
            network: "fuzzed",
            suspect: others[suspect],
            sequence,
            accuser: others[accuser],
            atMs: 1,
          }),
          signature: new Uint8Array(64),
        })),
      fc.record({ node: fc.nat(5), sequence: fc.nat(4) }).map(({ node: i, sequence }) => ({
        kind: "goodbye" as const,
        body: toCanonical({ type: "goodbye", network: "fuzzed", node: others[i], sequence }),
        signature: new Uint8Array(64),
      })),
      fc.nat(5).map((i) => ({
        kind: "revocation" as const,
        body: toCanonical({ network: "fuzzed", node: others[i], serial: "1", reason: "", atMs: 1 }),
        signature: new Uint8Array(64),
      })),
    );
    const sensible = fc.array(said, { minLength: 1, maxLength: 4 }).map((items) => ({ type: "tell" as const, items }));
    const event = fc.record({
      from: fc.nat(5),
      afterMs: fc.nat(30_000),
      message: fc.oneof({ arbitrary: sensible, weight: 3 }, { arbitrary: message, weight: 1 }),
      wake: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { state } = gullibleMember();
        let nowMs = 1_000;
        for (const { from, afterMs, message: heard, wake } of events) {
          nowMs += afterMs;
          const taken = step(state, {
            type: "message",
            nowMs,
            from: others[from]!,
            message: heard as MembershipMessage,
          });
          if (taken.refusal !== undefined) expect(refusals).toHaveProperty([taken.refusal.code]);
          if (wake) for (const tag of ["tick", "flush"]) step(state, { type: "wake", nowMs, tag });
          expect(state.members.size).toBeLessThanOrEqual(limits.maxMembers);
          // INVARIANT 2 of view.ts.
          const buckets = new Uint32Array(2 * limits.buckets);
          for (const known of [...state.members.values(), ...state.banned.values()]) {
            buckets[2 * known.bucket]! ^= known.fingerprint[0];
            buckets[2 * known.bucket + 1]! ^= known.fingerprint[1];
          }
          expect(state.buckets).toEqual(buckets);
          for (const banned of state.banned.keys()) expect(state.members.has(banned)).toBe(false);
          for (const departed of state.departed.keys()) expect(state.members.has(departed)).toBe(false);
        }
      }),
      { numRuns: 400 },
    );
  });
});
