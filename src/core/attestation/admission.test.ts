import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crypto, makeSigner } from "../../../test/support/signers.ts";
import { accept, refuse } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";
import { type AdmissionContext, type AdmissionState, admissionStart, stepAdmission } from "./admission.ts";
import { admissionBinding, cellBinding } from "./binding.ts";
import { type Evidence, evidenceVerifiers } from "./evidence.ts";
import { type AdmissionMessage, decodeAdmissionMessage, encodeAdmissionMessage, refusalCodeOf } from "./messages.ts";
import { softwareStatement, softwareVerifier } from "./software.ts";

function member() {
  const { node, sign } = makeSigner();
  const produce = (binding: Uint8Array): Evidence => {
    const said = { provider: "software", assurance: "software", measurement: "0".repeat(64), binding } as const;
    const evidence = { ...said, measurement: said.measurement as Evidence["measurement"] };
    return { ...evidence, proof: sign(softwareStatement(node, { ...evidence })) };
  };
  return { node, produce };
}
const alice = member();
const bob = member();

/** In these tests a certificate is the node id in ASCII. */
function contextOf(side: "dialler" | "listener", self = alice, peer = bob): AdmissionContext {
  return {
    side,
    self: self.node,
    peer: peer.node,
    network: "n",
    certificate: new Uint8Array(Buffer.from(self.node)),
    nonce: new Uint8Array(32).fill(side === "dialler" ? 1 : 2),
    verifiers: evidenceVerifiers(softwareVerifier),
    crypto,
    checkCertificate: (bytes) => {
      const node = Buffer.from(bytes).toString();
      if (![alice.node, bob.node].some((known) => known === node)) return refuse("certificate-malformed");
      const facts = { node, network: "n", principal: "p", roles: [], serial: "1", notAfterMs: 1 };
      return accept(facts as unknown as MemberFacts);
    },
  };
}

/** Runs both sides to the end; `meddle` may change what is on the wire. */
function exchange(meddle: (message: AdmissionMessage, from: "dialler" | "listener") => AdmissionMessage = (it) => it) {
  const contexts = { dialler: contextOf("dialler"), listener: contextOf("listener", bob, alice) };
  const states: Record<string, AdmissionState> = { dialler: admissionStart, listener: admissionStart };
  const wire: { to: "dialler" | "listener"; message: AdmissionMessage }[] = [];
  const log: string[] = [];
  const run = (side: "dialler" | "listener", event: Parameters<typeof stepAdmission>[2]) => {
    const step = stepAdmission(contexts[side], states[side]!, event);
    states[side] = step.state;
    for (const effect of step.effects) {
      if (effect.type === "attest") {
        const prover = side === "dialler" ? alice : bob;
        run(side, { type: "attested", evidence: prover.produce(effect.binding) });
      } else {
        log.push(`${side}: ${effect.message.type}`);
        wire.push({ to: side === "dialler" ? "listener" : "dialler", message: meddle(effect.message, side) });
      }
    }
  };
  run("listener", { type: "begin" });
  run("dialler", { type: "begin" });
  for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
    const decoded = decodeAdmissionMessage(encodeAdmissionMessage(next.message));
    expect(decoded.ok).toBe(true);
    if (decoded.ok) run(next.to, { type: "message", message: decoded.value });
  }
  return { dialler: states.dialler!, listener: states.listener!, log };
}

describe("admission", () => {
  it("admits both sides in one exact order, with the assurance that was shown", () => {
    const { dialler, listener, log } = exchange();
    expect(log).toEqual([
      "dialler: hello",
      "listener: hello",
      "listener: evidence",
      "dialler: evidence",
      "listener: welcome",
    ]);
    expect(dialler).toMatchObject({ at: "admitted", facts: { node: bob.node, assurance: "software" } });
    expect(listener).toMatchObject({ at: "admitted", facts: { node: alice.node, assurance: "software" } });
  });

  it("has the dialler attest only to a listener that has proven itself", () => {
    const { log, dialler } = exchange((message, from) =>
      from === "listener" && message.type === "evidence"
        ? { type: "evidence", evidence: alice.produce(message.evidence.binding) }
        : message,
    );
    expect(log).not.toContain("dialler: evidence");
    expect(dialler).toMatchObject({ at: "refused", refusal: { code: "evidence-bad-signature", blame: bob.node } });
  });

  it("ends on both sides with the same code when either refuses", () => {
    const foreign = exchange((message) => (message.type === "hello" ? { ...message, network: "m" } : message));
    expect(foreign.listener).toMatchObject({
      at: "refused",
      by: bob.node,
      refusal: { code: "admission-wrong-network" },
    });
    expect(foreign.dialler).toMatchObject({
      at: "refused",
      by: bob.node,
      refusal: { code: "admission-wrong-network" },
    });
  });

  it("binds evidence to both nonces: a changed one is not fresh", () => {
    for (const side of ["dialler", "listener"] as const) {
      const { dialler, listener } = exchange((message, from) =>
        from === side && message.type === "hello" ? { ...message, nonce: new Uint8Array(32).fill(9) } : message,
      );
      expect([dialler, listener].map((state) => state.at === "refused" && state.refusal.code)).toEqual([
        "evidence-not-fresh",
        "evidence-not-fresh",
      ]);
    }
  });

  it("never admits and never throws, whatever messages come in whatever order", () => {
    const hello = fc.record({
      type: fc.constant("hello" as const),
      version: fc.constantFrom(1, 2),
      network: fc.constantFrom("n", "m"),
      nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      certificate: fc.constantFrom(alice.node, bob.node, "x").map((text) => new Uint8Array(Buffer.from(text))),
    });
    const evidence = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((binding) => ({ type: "evidence" as const, evidence: bob.produce(binding) }));
    const others = fc.constantFrom<AdmissionMessage>({ type: "welcome" }, { type: "refused", code: "no-such-code" });
    const message = fc.oneof(hello, evidence, others);
    fc.assert(
      fc.property(
        fc.constantFrom("dialler" as const, "listener" as const),
        fc.array(message, { maxLength: 6 }),
        (side, list) => {
          const context = contextOf(side);
          let state = stepAdmission(context, admissionStart, { type: "begin" }).state;
          for (const one of list) {
            const step = stepAdmission(context, state, { type: "message", message: one });
            state = step.state;
            const ask = step.effects.find((effect) => effect.type === "attest");
            if (ask)
              state = stepAdmission(context, state, { type: "attested", evidence: alice.produce(ask.binding) }).state;
          }
          // Nobody here can sign over the fresh binding, so nobody may get in.
          expect(state.at).not.toBe("admitted");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the decoder of admission messages", () => {
  const samples: AdmissionMessage[] = [
    { type: "hello", version: 1, network: "n", nonce: new Uint8Array(32), certificate: new Uint8Array(600) },
    { type: "evidence", evidence: alice.produce(new Uint8Array(32)) },
    { type: "welcome" },
    { type: "refused", code: "certificate-expired" },
  ];

  it("gives back what was encoded", () => {
    for (const message of samples) {
      expect(decodeAdmissionMessage(encodeAdmissionMessage(message))).toEqual({ ok: true, value: message });
    }
  });

  it("answers random and mutated bytes with a refusal or the one canonical message", () => {
    const mutated = fc
      .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(20))
      .map(([message, changes, cut]) => {
        const bytes = Uint8Array.from(encodeAdmissionMessage(message));
        for (const [at, to] of changes) bytes[at % bytes.length] = to;
        return bytes.subarray(0, bytes.length - cut);
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (bytes) => {
        const decoded = decodeAdmissionMessage(bytes);
        if (decoded.ok) expect(Buffer.compare(encodeAdmissionMessage(decoded.value), bytes)).toBe(0);
        else expect(["malformed", "too-deep", "too-large", "admission-malformed"]).toContain(decoded.code);
      }),
      { numRuns: 5_000 },
    );
  });

  it("refuses fields that are not in the protocol, and more bytes than it allows", () => {
    const extra = { type: "welcome", more: 1 } as unknown as AdmissionMessage;
    expect(decodeAdmissionMessage(encodeAdmissionMessage(extra))).toMatchObject({ code: "admission-malformed" });
    expect(decodeAdmissionMessage(new Uint8Array(33 * 1024))).toMatchObject({ code: "too-large" });
  });

  it("believes a peer's code only when it is one about admission", () => {
    expect(refusalCodeOf("certificate-expired")).toBe("certificate-expired");
    expect(refusalCodeOf("journal-damaged")).toBe("admission-refused");
    expect(refusalCodeOf("constructor")).toBe("admission-refused");
  });
});

it("keeps admission and cell bindings apart, and sensitive to every part", () => {
  const admission = {
    network: "n",
    prover: alice.node,
    verifier: bob.node,
    proverNonce: new Uint8Array(32),
    verifierNonce: new Uint8Array(32).fill(1),
  };
  const swapped = { ...admission, prover: bob.node, verifier: alice.node };
  const cell = {
    network: "n",
    node: alice.node,
    query: "q",
    plan: "p",
    vertex: "v",
    incarnation: 0,
    operator: "o",
    publicKey: new Uint8Array(32),
  } as unknown as Parameters<typeof cellBinding>[1];
  const changes = Object.keys(cell).map((key) => ({ ...cell, [key]: key === "incarnation" ? 1 : "other" }));
  const digests = [
    admissionBinding(crypto, admission),
    admissionBinding(crypto, swapped),
    ...[cell, ...changes].map((about) => cellBinding(crypto, about as typeof cell)),
  ].map((digest) => Buffer.from(digest).toString("hex"));
  expect(new Set(digests).size).toBe(digests.length);
});
