// Who is turned away at the door, with which code, and that the door is all they get (PBDS §5.1; docs/protocols/admission.md).
import { randomBytes } from "node:crypto";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdmissionMessage, admissionBinding, type Evidence } from "../../src/core/attestation/index.ts";
import type { NodeId, Refusal } from "../../src/core/base/index.ts";
import { createSoftwareEvidence } from "../../src/io/enclave/index.ts";
import { certificateDer, generateNodeKey, type NodeKey, nodeCrypto } from "../../src/io/identity/index.ts";
import { createOverlay, type Overlay, OverlayRefused } from "../../src/io/overlay/index.ts";
import { type Attacker, type Line, type Script, startAttacker, verdict } from "./admission-attacker.ts";
import { type Papers, TestNetwork, until } from "./overlay-network.ts";

const dayMs = 86_400_000;
let network: TestNetwork;
let other: TestNetwork;
let attackers: Attacker[];
beforeEach(async () => {
  network = await TestNetwork.create();
  other = await TestNetwork.create("other.network");
  attackers = [];
});
afterEach(async () => {
  await Promise.all(attackers.map(({ libp2p }) => libp2p.stop()));
  await network.stop();
  await other.stop();
});

function helloOf(papers: Papers | null, change: Partial<Extract<AdmissionMessage, { type: "hello" }>> = {}) {
  const certificate = papers === null ? new Uint8Array(0) : certificateDer(papers.certificate)!;
  const nonce = new Uint8Array(randomBytes(32));
  return { type: "hello", version: 1, network: "test.network", nonce, certificate, ...change } as const;
}

/** Runs the script against a node that listens, and against a node that dials; both must refuse with the code. */
async function expectRefusal(
  script: (line: Line, side: "dialler" | "listener") => Promise<void>,
  code: string,
  key?: NodeKey,
) {
  const refusals: Refusal[] = [];
  const events: string[] = [];
  const victim = await network.start({ onRefusal: (refusal) => refusals.push(refusal), admissionTimeoutMs: 2_000 });
  victim.onPeer(({ type }) => events.push(type));

  const dialler = await startAttacker((line) => script(line, "dialler"), key && { key });
  attackers.push(dialler);
  await expect(dialler.libp2p.dial(multiaddr(victim.addresses()[0]!))).rejects.toThrow();
  await until(() => refusals.length === 1);
  expect(refusals[0]).toMatchObject({ code });

  const listener = await startAttacker((line) => script(line, "listener"), key && { key });
  attackers.push(listener);
  expect(await victim.connect(listener.addresses())).toMatchObject({ ok: false, code });
  expect(victim.peers()).toEqual([]);
  expect(events).toEqual([]);
  await until(() => dialler.done() && listener.done());
  expect([...dialler.failures, ...listener.failures]).toEqual([]);
}

/** Honest up to its own evidence; then shows what `forge` makes. */
function forging(
  papers: Papers,
  forge: (binding: Uint8Array) => Promise<Evidence>,
): (line: Line, side: string) => Promise<void> {
  return async (line, side) => {
    const own = helloOf(papers);
    const evidenceFor = (hello: AdmissionMessage | null) => {
      if (hello?.type !== "hello") throw new Error("a hello was expected");
      const binding = admissionBinding(nodeCrypto, {
        network: "test.network",
        prover: papers.key.node,
        verifier: line.victim,
        proverNonce: own.nonce,
        verifierNonce: hello.nonce,
      });
      return forge(binding);
    };
    if (side === "dialler") {
      await line.say(own);
      const evidence = await evidenceFor(await line.hear());
      await line.hear(); // the victim's evidence
      await line.say({ type: "evidence", evidence });
    } else {
      const evidence = await evidenceFor(await line.hear());
      await line.say(own);
      await line.say({ type: "evidence", evidence });
    }
    await verdict(line);
  };
}

/** Shows this certificate, proving the key that it has, and checks that it was told why it was refused. */
function showing(certificate: Uint8Array, code: string): Script {
  return async (line) => {
    await line.say(helloOf(null, { certificate }));
    expect(await verdict(line)).toBe(code);
  };
}

describe("a certificate is refused when it", () => {
  const refused = async (papers: Papers, code: string, key = papers.key) =>
    expectRefusal(showing(certificateDer(papers.certificate)!, code), code, key);

  it("is missing", () => expectRefusal(showing(new Uint8Array(0), "certificate-malformed"), "certificate-malformed"));
  it("is not a certificate", () =>
    expectRefusal(showing(randomBytes(600), "certificate-malformed"), "certificate-malformed"));
  it("was signed by another authority", async () => refused(await other.papers(), "certificate-other-authority"));
  it("was signed by an authority of the same network name", async () => {
    const impostor = await TestNetwork.create("test.network");
    await refused(await impostor.papers(), "certificate-other-authority");
    await impostor.stop();
  });
  it("has expired", async () =>
    refused(await network.papers({ notBeforeMs: Date.now() - 3 * dayMs, days: 2 }), "certificate-expired"));
  it("is not valid yet", async () =>
    refused(await network.papers({ notBeforeMs: Date.now() + dayMs }), "certificate-not-yet-valid"));
  it("belongs to another node (stolen)", async () =>
    refused(await network.papers(), "certificate-other-node", generateNodeKey()));
  it("is the authority's own", async () =>
    expectRefusal(showing(network.authority.certificate.der, "certificate-not-a-device"), "certificate-not-a-device"));
  it("was revoked", async () => {
    const papers = await network.papers();
    const refusals: Refusal[] = [];
    const options = {
      isRevoked: (node: NodeId) => node === papers.key.node,
      onRefusal: (it: Refusal) => refusals.push(it),
    };
    const victim = await network.start(options);
    const revoked = await network.start({}, papers);
    // The operator of the revoked node sees why, whoever dials.
    expect(await revoked.connect(victim.addresses())).toMatchObject({
      code: "certificate-revoked",
      blame: revoked.node,
      detail: `refused by ${victim.node}`,
    });
    expect(await victim.connect(revoked.addresses())).toMatchObject({
      code: "certificate-revoked",
      blame: revoked.node,
    });
    expect(refusals.map(({ code }) => code)).toEqual(["certificate-revoked", "certificate-revoked"]);
    expect([...victim.peers(), ...revoked.peers()]).toEqual([]);
  });
  it("was revoked: it knocks ever more seldom", async () => {
    const papers = await network.papers();
    let heard = 0;
    const victim = await network.start({
      isRevoked: (node: NodeId) => node === papers.key.node,
      onRefusal: () => heard++,
    });
    let nowMs = Date.now();
    const revoked = await network.start({ nowMs: () => nowMs }, papers);
    revoked.setAddresses(victim.node, victim.addresses());
    const knock = async () => [
      await revoked.connect(victim.addresses()),
      await revoked.send(victim.node, "audit", new Uint8Array(1)),
    ];
    for (let i = 0; i < 5; i++) {
      for (const answer of await knock())
        expect(answer).toMatchObject({ code: "certificate-revoked", blame: revoked.node });
    }
    await until(() => heard === 1);
    nowMs += 6_000;
    await knock();
    await until(() => heard === 2);
    nowMs += 6_000; // the second pause is longer
    await knock();
    await new Promise((resolve) => setTimeout(resolve, 500)); // longer than a refusal lingers
    expect(heard).toBe(2);
  });
});

describe("evidence is refused when it", () => {
  it("was made for an earlier connection (replay)", async () => {
    const papers = await network.papers();
    const evidence = createSoftwareEvidence(papers.key, "test");
    let recorded: Evidence | undefined;
    const replay = forging(papers, async (binding) => {
      recorded ??= await evidence.produce(Uint8Array.from(binding, (byte) => byte ^ 1));
      return recorded;
    });
    await expectRefusal(replay, "evidence-not-fresh", papers.key);
  });
  it("was made by another peer", async () => {
    const papers = await network.papers();
    const evidence = createSoftwareEvidence((await network.papers()).key, "test");
    await expectRefusal(
      forging(papers, (binding) => evidence.produce(binding)),
      "evidence-bad-signature",
      papers.key,
    );
  });
  it("claims hardware that its provider does not have", async () => {
    const papers = await network.papers();
    const evidence = createSoftwareEvidence(papers.key, "test");
    const forge = async (binding: Uint8Array) => ({
      ...(await evidence.produce(binding)),
      assurance: "hardware" as const,
    });
    await expectRefusal(forging(papers, forge), "evidence-overclaimed", papers.key);
  });
  it("comes from a provider that nobody verifies", async () => {
    const papers = await network.papers();
    const evidence = createSoftwareEvidence(papers.key, "test");
    const forge = async (binding: Uint8Array) => ({ ...(await evidence.produce(binding)), provider: "made-up" });
    await expectRefusal(forging(papers, forge), "evidence-unknown-provider", papers.key);
  });
});

describe("the exchange is refused when it", () => {
  const saying = (bytes: Uint8Array | AdmissionMessage, code: string): Script => {
    return async (line) => {
      await line.say(bytes);
      expect(await verdict(line)).toBe(code);
    };
  };
  it("announces a message longer than allowed", () =>
    expectRefusal(saying(Uint8Array.of(0xff, 0xff, 1, 2, 3), "admission-oversized"), "admission-oversized"));
  it("announces an empty message", () =>
    expectRefusal(saying(Uint8Array.of(0, 0), "admission-oversized"), "admission-oversized"));
  it("is not canonical CBOR", () =>
    expectRefusal(saying(Buffer.from([0, 3, 0x9f, 0x01, 0xff]), "admission-malformed"), "admission-malformed"));
  it("names another network", () =>
    expectRefusal(
      saying(helloOf(null, { network: "other.network" }), "admission-wrong-network"),
      "admission-wrong-network",
    ));
  it("speaks another version", () =>
    expectRefusal(saying(helloOf(null, { version: 2 }), "admission-other-version"), "admission-other-version"));
  it("starts with a welcome", () =>
    expectRefusal(saying({ type: "welcome" }, "admission-out-of-order"), "admission-out-of-order"));
  it("says hello twice instead of attesting", async () => {
    const papers = await network.papers();
    const script: Script = async (line) => {
      await line.say(helloOf(papers));
      await line.say(helloOf(papers));
      expect(await verdict(line)).toBe("admission-out-of-order");
    };
    await expectRefusal(script, "admission-out-of-order", papers.key);
  });
  it("is cut in the middle of a message", () =>
    expectRefusal(async (line) => {
      await line.say(Uint8Array.of(0x01, 0x00, 1, 2, 3));
      await line.hangUp();
    }, "admission-cut-short"));
  it("stalls", () =>
    expectRefusal(async (line) => {
      await line.say(Uint8Array.of(0x01, 0x00, 1, 2, 3));
      await verdict(line);
    }, "admission-timeout"));
});

describe("a node that was not admitted gets nothing but the handshake", () => {
  const protocols = [
    "/hedgerow/id/1.0.0",
    "/hedgerow/kad/1.0.0",
    "/ipfs/ping/1.0.0",
    "/hedgerow/control/1.0.0",
    "/hedgerow/edge/1.0.0",
  ];

  async function expectNothingServed(attacker: Attacker, victim: Overlay) {
    for (const protocol of protocols) {
      await expect(attacker.libp2p.dialProtocol(multiaddr(victim.addresses()[0]!), protocol)).rejects.toThrow();
    }
    expect(victim.peers()).toEqual([]);
  }

  it("when it speaks plain libp2p noise", async () => {
    const victim = await network.start();
    const attacker = await startAttacker(null, { protocol: "/noise" });
    attackers.push(attacker);
    await expectNothingServed(attacker, victim);
    expect(await victim.connect(attacker.addresses())).toMatchObject({ code: "admission-not-spoken" });
  });

  it("when it calls plain noise admission, and even holds a valid certificate's key", async () => {
    const victim = await network.start({ admissionTimeoutMs: 2_000 });
    let messages = 0;
    victim.onMessage(() => messages++);
    victim.onEdgeStream(() => messages++);
    const attacker = await startAttacker(null, { key: (await network.papers()).key });
    attackers.push(attacker);
    await expectNothingServed(attacker, victim);
    expect(messages).toBe(0);
    expect(await victim.connect(attacker.addresses())).toMatchObject({ ok: false });
    expect(victim.peers()).toEqual([]);
  });

  it("when another node than the dialled one answers", async () => {
    const [a, b, c] = [await network.start(), await network.start(), await network.start()];
    const wrong = b.addresses()[0]!.replace(b.node, c.node);
    expect(await a.connect([wrong])).toMatchObject({ code: "peer-other-identity" });
    expect(a.peers()).toEqual([]);
  });
});

describe("a connected node", () => {
  it("that is revoked loses its connection at once, and is not admitted again", async () => {
    const [a, b] = [await network.start(), await network.start()];
    expect((await a.connect(b.addresses())).ok).toBe(true);
    await until(() => b.peers().length === 1);
    a.setAddresses(b.node, b.addresses());
    a.revoke(b.node);
    expect(a.peers()).toEqual([]);
    await until(() => b.peers().length === 0);
    expect(await b.connect(a.addresses())).toMatchObject({ code: "certificate-revoked", blame: b.node });
    expect(await a.send(b.node, "audit", new Uint8Array(1))).toMatchObject({ code: "certificate-revoked" });
  });
});

describe("a node does not start", () => {
  it("with papers that its peers would refuse", async () => {
    const papers = await network.papers();
    const start = (more: object) => createOverlay(network.options(papers, more));
    await expect(start({ nowMs: () => Date.now() + 40 * dayMs })).rejects.toThrow("certificate-expired");
    await expect(start({ authority: other.authority.certificate })).rejects.toThrow("certificate-other-authority");
    await expect(start({ key: generateNodeKey() })).rejects.toThrow("certificate-other-node");
    const broken = createSoftwareEvidence(generateNodeKey(), "test");
    await expect(start({ evidence: broken })).rejects.toThrow(OverlayRefused);
  });
});
